-- Stage 3: settings and facts to one plain table that says everything that will be written and run.

local document = require "document"
local homeserver = require "plan.homeserver"
local listeners = require "plan.listeners"
local order = require "processes.order"
local tables = require "tables"

local plan = {}

---@class Plan
---@field server_name string
---@field url string where this machine reaches the homeserver
---@field paths table<string, string>
---@field services table<string, table> name -> {process, ready, after, on_failure}
---@field listens {address: string, port: integer, service: string}[]
---@field sockets table<string, string>
---@field directories table[] {base, path, mode, uid, gid}
---@field reaches table[] {path, uid, gid, service, write?}
---@field documents table<string, any>
---@field secrets table[] files to be made once

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

local function add_service(context, made, name, problems)
  local service = context.catalog[name]
  local part, problem = service.plan(context)
  if not part then
    problems[#problems + 1] = problem
    return
  end
  made.services[name] = {process = part.process, ready = part.ready, after = part.after, needs = part.needs,
    milestone = part.milestone, on_failure = part.on_failure or "exit", give_up_after = part.give_up_after,
    sockets = part.sockets}
  part.process.name = name
  for _, list in ipairs {"listens", "directories", "reaches"} do
    for _, item in ipairs(part[list] or {}) do
      item.service = name
      made[list][#made[list] + 1] = item
    end
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
  for _, problem in ipairs(order.check(made.services)) do problems[#problems + 1] = problem end
  made.url = context.url
  return made, problems, warnings, context
end

return plan
