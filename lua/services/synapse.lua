-- Synapse: its main process and its workers.

local appservices = require "plan.homeserver.appservices"
local database = require "plan.database.choice"
local document = require "lib.document"
local listener = require "plan.listeners.synapse"
local log_copy = require "plan.process.log_config"
local mas = require "plan.identity.mas"
local readings = require "plan.homeserver.named_files"
local relative = require "input.relative_paths"
local secrets = require "plan.identity.secrets"
local synapse_process = require "plan.process.synapse"
local tables = require "lib.tables"

local synapse = {api = 1}

local function directories(context)
  local paths, user = context.paths, context.users.synapse
  local function own(base, more)
    local made = {base = base, path = "", mode = 488, uid = user.uid, gid = user.gid} -- 0750
    for key, value in pairs(more or {}) do made[key] = value end
    return made
  end
  local media = tostring(context.options.media_store_path)
  -- PostgreSQL's user has to get to its cluster: 0751.
  local postgres = context.database.kind == "builtin" and context.users.postgres
  local mode = postgres and postgres.drop and 489 or nil
  local config = paths.homeserver:match "^(.*)/"
  local adopt = ({[true] = "any", [false] = "none"})[context.settings.SYNLUA_CHOWN] or "root"
  local list = {own(paths.data, {adopt = adopt, mode = mode})}
  if config ~= paths.data then list[2] = own(config) end
  if media:sub(1, 1) == "/" then list[#list + 1] = own(media) end -- a relative one is Synapse's to make
  list[#list + 1] = own(paths.runtime, {path = "synapse", uid = context.users.own.uid})
  -- Set-group-id: sockets made here belong to nginx's group, and nobody else may enter.
  list[#list + 1] = own(paths.runtime, {path = "sockets", mode = 1512, gid = (context.users.nginx or user).gid})
  -- What only Synapse's own processes enter.
  list[#list + 1] = own(paths.runtime, {path = "private", mode = 448})
  list[#list + 1] = own(paths.runtime, {path = "workers", uid = context.users.own.uid})
  return list
end

-- Built-in services, and the check of an outside one, come before any of Synapse's processes.
local function needs(context)
  local list = {}
  if context.redis.kind == "builtin" then list[1] = "redis" end
  if context.database.kind == "builtin" then list[#list + 1] = "postgres_setup" end
  if database.is_asked(context) then list[#list + 1] = "database_check" end
  return #list > 0 and list or nil
end

local function main(context)
  local settings, paths, user = context.settings, context.paths, context.users.synapse
  local files = synapse_process.files(context)
  local part = synapse_process.make(context, context.instances[1], "synapse.app.homeserver", files)
  part.needs, part.directories = needs(context), directories(context)
  part.reaches = {
    {path = settings.SYNLUA_SYNAPSE_PYTHON, uid = user.uid, gid = user.gid, program = true, package = "synapse",
      hint = "install Synapse, or name the Python that has it in SYNLUA_SYNAPSE_PYTHON"},
    {path = paths.data, uid = user.uid, gid = user.gid, directory = true},
    {path = paths.runtime, uid = user.uid, gid = user.gid, directory = true},
  }
  for at = 1, context.plain_files do
    part.reaches[#part.reaches + 1] = {path = context.layers[at].name, uid = user.uid, gid = user.gid, read = true}
  end
  local log = context.homeserver and context.options.log_config
  if type(log) == "string" and log ~= paths.log_config then
    part.reaches[#part.reaches + 1] = {path = relative.absolute(log, context.cwd), uid = user.uid, gid = user.gid,
      exists = true, read = true, hint = "log_config must name a file that Synapse can read; or take log_config out"}
  end
  for _, path in ipairs(readings.named(context)) do
    part.reaches[#part.reaches + 1] = {path = path, uid = user.uid, gid = user.gid, read = true}
  end
  for _, reach in ipairs(appservices.reaches(context.appservices, user)) do part.reaches[#part.reaches + 1] = reach end
  return part
end

-- Main prepares the schema, so workers wait until it was ready once; later they go on without it.
local function worker(context, instance)
  local own = ("%s/workers/%s.yaml"):format(context.paths.runtime, instance.name)
  local files = synapse_process.files(context, own)
  local part = synapse_process.make(context, instance, "synapse.app.generic_worker", files)
  part.needs, part.milestone = needs(context), {"synapse"}
  return part
end

---@param context table
---@return table<string, table>
function synapse.plan(context)
  local parts = {synapse = main(context)}
  for at = 2, #context.instances do
    local instance = context.instances[at]
    parts[instance.service] = worker(context, instance)
  end
  return parts
end

-- What the admin's own says about files is not for several processes; ours says nothing of any.
local function own_log_config(context)
  return context.log_config ~= nil or context.settings.SYNAPSE_LOG_CONFIG ~= nil
end

local function worker_log_config(context, instance)
  if own_log_config(context) then return ("%s/workers/%s.log.config"):format(context.paths.runtime, instance.name) end
  return context.options.log_config
end

---@param instance Instance
local function worker_config(context, instance)
  local made = {
    worker_app = "synapse.app.generic_worker", worker_name = instance.name,
    worker_listeners = document.seq(listener.of(instance)), worker_log_config = worker_log_config(context, instance),
  }
  for _, name in ipairs(instance.types) do
    local own = context.types[name].own
    for key, value in tables.sorted(own and own(instance.name) or {}) do made[key] = value end
  end
  return made
end

local function log_config(context)
  local settings = context.settings
  local loggers = {}
  -- Statements carry users' data.
  if not settings.SYNAPSE_LOG_SENSITIVE then loggers["synapse.storage.SQL"] = {level = "INFO"} end
  if settings.SYNAPSE_LOG_TESTING then
    loggers["synapse.visibility.filtered_event_debug"] = {level = "DEBUG"}
    loggers["synapse.storage.prepare_database"] = {level = "WARNING"}
  end
  return {
    version = 1, disable_existing_loggers = false,
    formatters = {precise = {
      format = "%(asctime)s - %(name)s - %(lineno)d - %(levelname)s - %(request)s - %(message)s",
    }},
    handlers = {console = {class = "logging.StreamHandler", formatter = "precise", stream = "ext://sys.stdout"}},
    loggers = document.map(loggers),
    root = {level = settings.SYNAPSE_LOG_LEVEL, handlers = {"console"}},
  }
end

---@param context table
---@param make table see files
---@return table[]
function synapse.files(context, make)
  local paths, user, own = context.paths, context.users.synapse, context.users.own
  local log_base, log_path = paths.runtime, "synapse/main.log.config"
  local named = context.settings.SYNAPSE_LOG_CONFIG -- the admin's own once it is there
  if named then log_base, log_path = named:match "^(.*)/([^/]+)$" end
  local head = "# Written by synlua at each start from the environment and " .. paths.homeserver .. ". Do not edit.\n"
  local list = {
    {base = paths.runtime, path = "synapse/main.yaml", mode = 416, uid = own.uid, gid = user.gid,
      secret = secrets.any_stated(context),
      bytes = head .. make.yaml(context.overlay)},
    {base = log_base, path = log_path, mode = 416, uid = own.uid, gid = user.gid, once = named ~= nil,
      bytes = (named and "" or head) .. make.yaml(log_config(context))},
  }
  local secret = mas.secret_file(context)
  if secret then
    list[#list + 1] = {base = secret.base, path = secret.path, mode = 384, uid = user.uid, gid = user.gid,
      secret = true, bytes = context.settings.SYNAPSE_MAS_SECRET .. "\n"}
  end
  for at = 2, #context.instances do
    local instance = context.instances[at]
    list[#list + 1] = {base = paths.runtime, path = ("workers/%s.yaml"):format(instance.name), mode = 416,
      uid = own.uid, gid = user.gid, bytes = head .. make.yaml(worker_config(context, instance))}
    if own_log_config(context) then
      local config = context.log_config and context.log_config.document or log_config(context)
      list[#list + 1] = {base = paths.runtime, path = ("workers/%s.log.config"):format(instance.name), mode = 416,
        uid = own.uid, gid = user.gid, bytes = make.yaml(log_copy.of(config, instance.name))}
    end
  end
  return list
end

return synapse
