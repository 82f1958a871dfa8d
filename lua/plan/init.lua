-- Stage 3: settings and facts to one plain table that says everything that will be written and run.

local appservices = require "plan.appservices"
local budget = require "plan.budget"
local topology = require "plan.topology"
local differences = require "plan.differences"
local document = require "document"
local given = require "plan.given"
local homeserver = require "plan.homeserver"
local kinds = require "settings.kinds"
local known = require "plan.known"
local layers = require "plan.layers"
local listeners = require "plan.listeners"
local mas = require "plan.mas"
local order = require "processes.order"
local output = require "plan.output"
local ownership = require "plan.ownership"
local secrets = require "plan.secrets"
local signing = require "plan.signing"
local tables = require "tables"
local upgrade = require "upgrade"
local well_known = require "plan.well_known"

local plan = {}

---@class Plan
---@field server_name string
---@field url string where this machine reaches the homeserver
---@field paths table<string, string>
---@field services table<string, table> what SERVICE_FIELDS says, on_failure, one_shot, keep_trying
---@field instances Instance[] Synapse's processes, main first
---@field routes Routes which of them serves which request
---@field budget Budget
---@field database "sqlite"|"builtin"|"outside"
---@field redis "none"|"file"|"outside"|"builtin"
---@field listens {address: string, port: integer, service: string, variable?: string}[] variable: sets the port
---@field sockets table<string, string>
---@field directories table[] {base, path, mode, uid, gid}
---@field reaches table[] {path, uid, gid, service, write?}
---@field output table what core.output.configure takes
---@field ownership table of ownership.plan
---@field secrets SecretSource[]
---@field signing? table of signing.check

local function paths_of(settings)
  local runtime = settings.SYNLUA_RUNTIME_DIR
  return {
    runtime = runtime, config = settings.SYNAPSE_CONFIG_DIR, data = settings.SYNAPSE_DATA_DIR,
    homeserver = settings.SYNAPSE_CONFIG_PATH,
    overlay = runtime .. "/synapse/main.yaml",
    log_config = settings.SYNAPSE_LOG_CONFIG or runtime .. "/synapse/main.log.config",
    nginx = runtime .. "/nginx/nginx.conf", notify = runtime .. "/notify.sock",
  }
end

-- Each service has a user of its own where we may choose; otherwise all are we.
local function users_of(settings, host)
  local made = {own = {uid = host.uid, gid = host.gid}}
  for name, account in pairs {nginx = "www-data", redis = "redis", postgres = "postgres"} do
    local user = host.users[account]
    if host.uid ~= 0 then
      made[name] = made.own
    elseif user then
      made[name] = {uid = user.uid, gid = user.gid, drop = true}
    end
  end
  made.synapse = host.uid == 0 and {uid = settings.UID, gid = settings.GID, drop = true} or made.own
  return made
end

-- A key without a path lies beside the last file that plain Synapse reads.
local function add_layers(context, input)
  local plain
  context.layers, plain = layers.of(input)
  context.plain_files = plain
  context.file = layers.shallow(context.layers, plain)
  context.homeserver = layers.merged(context.layers, plain)
  if plain > 0 then context.keys_directory = context.layers[plain].name:match "^(.*)/" end
end

-- What the admin says, as far as it is what it should be.
local function read_layers(context, input, problems, warnings)
  given.shape(input, problems)
  if #problems > 0 then return end
  add_layers(context, input)
  if not context.homeserver then return end
  given.check(context, problems)
  known.check(context, warnings)
end

local function make_context(settings, input)
  return {
    settings = settings, host = input.host, paths = paths_of(settings), log_config = input.log_config,
    cwd = input.cwd or settings.SYNAPSE_DATA_DIR, known = input.known, synapse = input.synapse,
    migrates = input.migrates,
    well_known = input.well_known, appservices = input.appservices or {}, keys = input.keys, store = input.store,
    users = users_of(settings, input.host),
    memory = settings.SYNLUA_MEMORY and kinds.bytes(settings.SYNLUA_MEMORY) or input.host.memory,
  }
end

-- What a service's file says and the supervisor reads, as it is.
local SERVICE_FIELDS = {
  "process", "ready", "after", "fronts", "needs", "milestone", "prefers", "give_up_after", "spacing_ms", "heavy",
  "sockets", "phases", "causes", "leftovers", "passes_status",
  "start_limit_ms", "start_work_ms", "alive", "quiet",
}

-- ms for which something that runs to its end may do nothing, where its file does not say otherwise (false: for ever).
local ONE_SHOT_LIMIT = 3600000

local POLICIES = {exit = true, degrade = true, ["keep-trying"] = true}

local function add_process(made, name, part, owner)
  assert(POLICIES[part.on_failure or "exit"], ("services/%s.lua: on_failure must be exit, degrade or keep-trying")
    :format(owner))
  assert(not made.services[name], ("services/%s.lua: there is a service %s already"):format(owner, name))
  if part.ready == "started" then part.ready = {started = true} end
  local planned = {on_failure = part.on_failure or "exit", one_shot = part.ready.exit}
  for _, field in ipairs(SERVICE_FIELDS) do planned[field] = part[field] end
  if planned.one_shot and planned.start_limit_ms == nil then planned.start_limit_ms = ONE_SHOT_LIMIT end
  planned.keep_trying = planned.on_failure == "keep-trying"
  planned.process.name = name
  made.services[name] = planned
  for _, list in ipairs {"listens", "directories", "reaches"} do
    for _, item in ipairs(part[list] or {}) do
      item.service = name
      made[list][#made[list] + 1] = item
    end
  end
end

-- One file plans one process, or several by name (as all workers), or none.
local function add_service(context, made, name, problems)
  local parts, problem = context.catalog[name].plan(context)
  if problem then problems[#problems + 1] = problem end
  if not parts then return end
  if parts.process then parts = {[name] = parts} end
  for part_name, part in tables.sorted(parts) do add_process(made, part_name, part, name) end
end

-- Ours, beside those of the services.
local function listen_for_metrics(context, made, problems)
  local port = context.settings.SYNLUA_METRICS_PORT
  if not port then return end
  made.listens[#made.listens + 1] = {address = "127.0.0.1", port = port, service = "synlua",
    variable = "SYNLUA_METRICS_PORT"}
  local taken = port == context.port and port ~= context.settings.SYNAPSE_HTTP_PORT
  for _, other in ipairs(context.divided.ports) do taken = taken or port == other end
  for _, kept in ipairs(context.divided.kept) do
    local plain = document.plain(kept)
    taken = taken or type(plain) == "table" and port == plain.port
  end
  if taken then
    problems[#problems + 1] = {where = "SYNLUA_METRICS_PORT", hint = "choose another port",
      what = "is the port of a listener of " .. context.paths.homeserver}
  end
end

local function check_upgrade(context, problems, warnings)
  local problem, notes = upgrade.check(context.store.synapse, context.synapse)
  problems[#problems + 1] = problem
  table.move(notes, 1, #notes, #warnings + 1, warnings)
end

-- Base directories first, whichever service asks for them.
local function bases_first(directories)
  local list, below = {}, {}
  for _, item in ipairs(directories) do
    local to = item.path == "" and list or below
    to[#to + 1] = item
  end
  return table.move(below, 1, #below, #list + 1, list)
end

-- Who this server is to others, and whose its files are.
local function add_identity(context, made, problems)
  for _, problem in ipairs(appservices.check(context.appservices, context.users.own.uid)) do
    problems[#problems + 1] = problem
  end
  made.secrets, made.signing = secrets.list(context), signing.check(context, problems)
  made.ownership = ownership.plan(context)
end

--- Everything from settings and input; a plan is only complete when there are no problems.
---@param settings Settings
---@param input Input
---@param catalog table<string, table> services by name
---@return Plan|nil, Problem[] problems, Problem[] warnings, table context
function plan.make(settings, input, catalog)
  local problems, warnings = {}, {}
  local context = make_context(settings, input)
  context.catalog = catalog
  read_layers(context, input, problems, warnings)
  if #problems > 0 then return nil, problems, warnings, context end
  context.divided = listeners.divide(context.homeserver)
  context.port = context.divided.port or settings.SYNAPSE_HTTP_PORT
  if context.homeserver then
    differences.check(context, problems, warnings)
    listeners.check(context, layers.place(context.layers, "listeners"), problems, warnings)
  end
  context.server_name = context.homeserver and document.plain(context.homeserver).server_name
    or settings.SYNAPSE_SERVER_NAME
  if not context.server_name then return nil, problems, warnings, context end
  check_upgrade(context, problems, warnings)
  topology.add(context, input, problems, warnings)
  context.merged, context.overlay, context.origins = homeserver.merge(context)
  context.options = document.plain(context.merged)
  context.budget = budget.of(context)
  mas.check(context, problems, warnings)
  well_known.add(context, problems, warnings)
  local made = {
    server_name = context.server_name, paths = context.paths, sockets = tables.copy(context.sockets), services = {},
    instances = context.instances, routes = context.routes, budget = context.budget,
    database = context.database.kind, redis = context.redis.kind, listens = {}, directories = {}, reaches = {},
  }
  for name in tables.sorted(catalog) do add_service(context, made, name, problems) end
  made.directories = bases_first(made.directories)
  local faults = order.check(made.services)
  for _, problem in ipairs(faults) do problems[#problems + 1] = problem end
  listen_for_metrics(context, made, problems)
  if #faults == 0 then
    for name, stage in pairs(order.stages(made.services)) do made.services[name].process.stage = stage end
  end
  made.url, made.output = context.url, output.plan(context)
  add_identity(context, made, problems)
  return made, problems, warnings, context
end

return plan
