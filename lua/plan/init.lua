-- Stage 3: settings and facts to one plain table that says everything that will be written and run.

local document = require "document"
local homeserver = require "plan.homeserver"
local listeners = require "plan.listeners"
local order = require "processes.order"
local output = require "plan.output"
local tables = require "tables"

local plan = {}

---@class Plan
---@field server_name string
---@field url string where this machine reaches the homeserver
---@field paths table<string, string>
---@field services table<string, table> what SERVICE_FIELDS says, on_failure, one_shot, keep_trying
---@field listens {address: string, port: integer, service: string, variable?: string}[] variable: sets the port
---@field sockets table<string, string>
---@field directories table[] {base, path, mode, uid, gid}
---@field reaches table[] {path, uid, gid, service, write?}
---@field output table what core.output.configure takes

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

local function wrong_type(context, key, wanted)
  local lines = context.info and context.info.lines or {}
  local value = context.homeserver[key]
  local line = type(value) == "table" and (lines[value] or value.line)
  return {
    where = context.paths.homeserver .. (line and ":" .. line or ""), what = ("%s must be %s"):format(key, wanted),
    hint = "mend the file; synlua never changes it",
  }
end

-- Kinds of the options that synlua itself reads.
local READ = {
  server_name = {"string", "a name"}, listeners = {"seq", "a list"}, database = {"map", "a mapping"},
  log_config = {"string", "a path"},
}

local function check_document(context, problems)
  if document.kind(context.homeserver) ~= "map" then
    problems[#problems + 1] = {where = context.paths.homeserver .. ":1", what = "must be a mapping of options",
      hint = "mend the file; synlua never changes it"}
    return
  end
  local plain = document.plain(context.homeserver)
  for key, wanted in tables.sorted(READ) do
    local kind = document.kind(context.homeserver[key])
    if kind == "scalar" then kind = type(plain[key]) end
    if kind ~= wanted[1] and kind ~= "nil" then problems[#problems + 1] = wrong_type(context, key, wanted[2]) end
  end
  if plain.server_name == nil and not context.settings.SYNAPSE_SERVER_NAME then
    problems[#problems + 1] = {where = context.paths.homeserver, what = "has no server_name",
      hint = "add it, or set SYNAPSE_SERVER_NAME"}
  end
end

local function check_differences(context, problems, warnings)
  local settings = context.settings
  local name = document.plain(context.homeserver).server_name
  if name and settings.SYNAPSE_SERVER_NAME and settings.SYNAPSE_SERVER_NAME ~= name then
    problems[#problems + 1] = {where = "SYNAPSE_SERVER_NAME",
      what = ("is %s, but %s says %s"):format(settings.SYNAPSE_SERVER_NAME, context.paths.homeserver, name),
      hint = "a server's name never changes; set the variable to that name, or unset it"}
  end
  local port = context.divided.port
  if port and settings.sources.SYNAPSE_HTTP_PORT and port ~= settings.SYNAPSE_HTTP_PORT then
    warnings[#warnings + 1] = {where = "SYNAPSE_HTTP_PORT",
      what = ("is not used: the client listener of %s says %d"):format(context.paths.homeserver, port)}
  end
end

local function users_of(settings, host)
  if host.uid ~= 0 then
    local self = {uid = host.uid, gid = host.gid}
    return {synapse = self, nginx = self, own = self}
  end
  local www = host.users["www-data"]
  return {
    synapse = {uid = settings.UID, gid = settings.GID, drop = true}, own = {uid = 0, gid = 0},
    nginx = www and {uid = www.uid, gid = www.gid, drop = true},
  }
end

local function make_context(settings, input)
  local given = input.homeserver
  local context = {
    settings = settings, host = input.host, paths = paths_of(settings), homeserver = given and given.document,
    info = given and given.info, appservices = input.appservices, keys = input.keys,
    users = users_of(settings, input.host),
    sockets = {main_public = settings.SYNLUA_RUNTIME_DIR .. "/sockets/main_public.sock"},
  }
  return context
end

-- What a service's file says and the supervisor reads, as it is.
local SERVICE_FIELDS = {
  "process", "ready", "after", "needs", "milestone", "give_up_after", "spacing_ms", "heavy", "sockets", "phases",
  "causes",
}

local POLICIES = {exit = true, degrade = true, ["keep-trying"] = true}

local function add_process(made, name, part, owner)
  assert(POLICIES[part.on_failure or "exit"], ("services/%s.lua: on_failure must be exit, degrade or keep-trying")
    :format(owner))
  assert(not made.services[name], ("services/%s.lua: there is a service %s already"):format(owner, name))
  local planned = {on_failure = part.on_failure or "exit", one_shot = part.ready.exit}
  for _, field in ipairs(SERVICE_FIELDS) do planned[field] = part[field] end
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
  if port == context.port and port ~= context.settings.SYNAPSE_HTTP_PORT then
    problems[#problems + 1] = {where = "SYNLUA_METRICS_PORT", hint = "choose another port",
      what = "is the port of the client listener of " .. context.paths.homeserver}
  end
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
  if context.homeserver then check_document(context, problems) end
  if #problems > 0 then return nil, problems, warnings, context end
  context.divided = listeners.divide(context.homeserver)
  context.port = context.divided.port or settings.SYNAPSE_HTTP_PORT
  if context.homeserver then check_differences(context, problems, warnings) end
  context.server_name = context.homeserver and document.plain(context.homeserver).server_name
    or settings.SYNAPSE_SERVER_NAME
  if not context.server_name then return nil, problems, warnings, context end
  context.merged, context.overlay, context.origins = homeserver.merge(context)
  context.options = document.plain(context.merged)
  local made = {
    server_name = context.server_name, paths = context.paths, sockets = context.sockets, services = {}, listens = {},
    directories = {}, reaches = {},
  }
  for name in tables.sorted(catalog) do add_service(context, made, name, problems) end
  local faults = order.check(made.services)
  for _, problem in ipairs(faults) do problems[#problems + 1] = problem end
  listen_for_metrics(context, made, problems)
  if #faults == 0 then
    for name, stage in pairs(order.stages(made.services)) do made.services[name].process.stage = stage end
  end
  made.url, made.output = context.url, output.plan(context)
  return made, problems, warnings, context
end

return plan
