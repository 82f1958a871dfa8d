-- Synapse: its main process and its workers.

local appservices = require "plan.homeserver.appservices"
local before = require "plan.backup.before"
local database = require "plan.database.choice"
local document = require "lib.document"
local handed = require "plan.homeserver.handed"
local grounds = require "plan.identity.grounds"
local listener = require "plan.listeners.synapse"
local mas = require "plan.identity.mas"
local modules = require "plan.process.modules"
local octal = require "lib.octal"
local records = require "lib.records"
local readings = require "plan.homeserver.named_files"
local redis = require "plan.database.redis"
local relative = require "input.relative_paths"
local secrets = require "plan.identity.secrets"
local synapse_process = require "plan.process.synapse"
local tables = require "lib.tables"

local synapse = {api = 2}

-- nil if the path is relative: Synapse makes that directory itself.
local function media_place(view)
  local path = tostring(view.homeserver.options.media_store_path)
  if path:sub(1, 1) ~= "/" then return end
  return {path = path, ours = grounds.may_make(view, "media_store_path", path)}
end

-- Adds checks of directories and secrets that homeserver.yaml names in other places. The admin must make them.
local function check_other_places(view, user, add)
  local media, where = media_place(view), grounds.words(view)
  if media and not media.ours then
    add {path = media.path, uid = user.uid, gid = user.gid, exists = true, write = true,
      hint = ("make that directory, owned by uid %d (media_store_path; synlua makes directories only below %s), or "
        .. "name it in SYNAPSE_MEDIA_STORE_PATH"):format(user.uid, where)}
  end
  for _, secret in ipairs(secrets.elsewhere(view)) do
    add {path = secret.path, uid = user.uid, gid = user.gid, exists = true, read = true,
      hint = ("make that file, readable for uid %d (%s; synlua makes secrets only below %s)"):format(user.uid,
        secret.option, where)}
  end
end

local function directories(view)
  local paths, user = view.paths, view.users.synapse
  local function own(base, more)
    local made = {base = base, path = "", mode = octal "0750", uid = user.uid, gid = user.gid}
    for key, value in pairs(more or {}) do made[key] = value end
    return made
  end
  local list, media, chown = {}, media_place(view), view.settings.SYNLUA_CHOWN
  -- A container engine makes a volume empty and owned by root.
  if media and media.ours then
    list[#list + 1] = own(media.path, {adopt = chown ~= false and "empty" or nil, tried = chown ~= false})
  end
  list[#list + 1] = own(paths.data, {path = records.TEMPORARY, mode = octal "0700", optional = true, emptied = true})
  list[#list + 1] = own(paths.runtime, {path = "synapse", uid = view.users.own.uid})
  -- Set-group-id: sockets made here belong to nginx's group, and nobody else may enter.
  list[#list + 1] = own(paths.runtime, {path = "sockets", mode = octal "02750", gid = (view.users.nginx or user).gid})
  -- A directory that only Synapse's own processes may enter.
  list[#list + 1] = own(paths.runtime, {path = "private", mode = octal "0700"})
  list[#list + 1] = own(paths.runtime, {path = "workers", uid = view.users.own.uid})
  list[#list + 1] = modules.directory(view)
  list[#list + 1] = handed.directory(view)
  return list
end

-- What has to have been there once. A Redis server outside that goes away later stops nothing.
local function milestones(view, ...)
  local list = {...}
  if redis.is_outside(view) then list[#list + 1] = "redis_outside" end
  return #list > 0 and list or nil
end

-- Built-in services, the check of an outside one, and a backup come before any of Synapse's processes.
local function needs(view)
  local list = {}
  if view.redis.kind == "builtin" then list[1] = "redis" end
  if view.database.kind == "builtin" then list[#list + 1] = "postgres_setup" end
  if database.is_asked(view) then list[#list + 1] = "database_check" end
  if before.is_wanted(view) then list[#list + 1] = "upgrade_backup" end
  return #list > 0 and list or nil
end

local function main(view)
  local settings, paths, user = view.settings, view.paths, view.users.synapse
  local files = synapse_process.files(view)
  local part = synapse_process.make(view, view.instances[1], "synapse.app.homeserver", files)
  part.needs, part.directories, part.milestone = needs(view), directories(view), milestones(view)
  part.reaches = {
    {path = settings.SYNLUA_SYNAPSE_PYTHON, uid = user.uid, gid = user.gid, program = true, package = "synapse",
      hint = "install Synapse, or name the Python that has it in SYNLUA_SYNAPSE_PYTHON"},
    {path = paths.data, uid = user.uid, gid = user.gid, directory = true},
    {path = paths.runtime, uid = user.uid, gid = user.gid, directory = true},
  }
  check_other_places(view, user, function(reach) part.reaches[#part.reaches + 1] = reach end)
  for at = 1, view.admin.plain_files do
    part.reaches[#part.reaches + 1] = {path = view.admin.layers[at].name, uid = user.uid, gid = user.gid, read = true}
  end
  local log = view.admin.document and view.homeserver.options.log_config
  if type(log) == "string" and log ~= paths.log_config then
    part.reaches[#part.reaches + 1] = {path = relative.absolute(log, view.cwd), uid = user.uid, gid = user.gid,
      exists = true, read = true, hint = "log_config must name a file that Synapse can read; or take log_config out"}
  end
  for _, path in ipairs(readings.named(view)) do
    part.reaches[#part.reaches + 1] = {path = path, uid = user.uid, gid = user.gid, read = true}
  end
  for _, more in ipairs {appservices.reaches(view.input.appservices, user), modules.reaches(view, user)} do
    table.move(more, 1, #more, #part.reaches + 1, part.reaches)
  end
  part.reaches = handed.others(view, part.reaches)
  return part
end

-- Main prepares the schema, so workers wait until it has been ready once. Later they run without it.
local function worker(view, instance)
  local own = ("%s/workers/%s.yaml"):format(view.paths.runtime, instance.name)
  local files = synapse_process.files(view, own)
  local part = synapse_process.make(view, instance, "synapse.app.generic_worker", files)
  part.needs, part.milestone = needs(view), milestones(view, "synapse")
  return part
end

---@param view View
---@return table<string, table>
function synapse.plan(view)
  local parts = {synapse = main(view)}
  for at = 2, #view.instances do
    local instance = view.instances[at]
    parts[instance.service] = worker(view, instance)
  end
  return parts
end

-- Whether the admin has a log_config. It may name log files, which only one process can write, so each worker gets a
-- copy with files of its own. The log_config that synlua makes names no file.
local function own_log_config(view)
  return view.input.log_config ~= nil or view.settings.SYNAPSE_LOG_CONFIG ~= nil
end

local function worker_log_config(view, instance)
  if own_log_config(view) then return ("%s/workers/%s.log.config"):format(view.paths.runtime, instance.name) end
  return view.homeserver.options.log_config
end

---@param instance Instance
local function worker_config(view, instance)
  local made = {
    worker_app = "synapse.app.generic_worker", worker_name = instance.name,
    worker_listeners = document.seq(listener.of(instance)), worker_log_config = worker_log_config(view, instance),
  }
  for _, name in ipairs(instance.types) do
    local own = view.input.worker_types[name].own
    for key, value in tables.sorted(own and own(instance.name) or {}) do made[key] = value end
  end
  return made
end

local function log_config(view)
  local settings = view.settings
  local loggers = {}
  -- SQL statements contain users' data.
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

---@param view View
---@param make table see files
---@return table[]
function synapse.files(view, make)
  local paths, user, own = view.paths, view.users.synapse, view.users.own
  local log_base, log_path = paths.runtime, "synapse/main.log.config"
  local named = view.settings.SYNAPSE_LOG_CONFIG -- made if it is missing, and from then on the admin's
  if named then log_base, log_path = named:match "^(.*)/([^/]+)$" end
  local head = "# Written by synlua at each start from the environment and " .. paths.homeserver .. ". Do not edit.\n"
  local list = {
    {base = paths.runtime, path = "synapse/main.yaml", mode = octal "0640", uid = own.uid, gid = user.gid,
      secret = secrets.any_stated(view),
      bytes = head .. make.yaml(view.homeserver.overlay)},
  }
  if view.homeserver.options.log_config == paths.log_config then
    list[2] = {base = log_base, path = log_path, mode = octal "0640", uid = own.uid, gid = user.gid,
      once = named ~= nil, bytes = (named and "" or head) .. make.yaml(log_config(view))}
  end
  list[#list + 1] = modules.file(view, make)
  for _, copy in ipairs(handed.files(view)) do list[#list + 1] = copy end
  local secret = mas.secret_file(view)
  if secret then
    list[#list + 1] = {base = secret.base, path = secret.path, mode = octal "0600", uid = user.uid, gid = user.gid,
      secret = true, bytes = view.settings.SYNAPSE_MAS_SECRET .. "\n"}
  end
  for at = 2, #view.instances do
    local instance = view.instances[at]
    list[#list + 1] = {base = paths.runtime, path = ("workers/%s.yaml"):format(instance.name), mode = octal "0640",
      uid = own.uid, gid = user.gid, bytes = head .. make.yaml(worker_config(view, instance))}
    if own_log_config(view) then
      local log_copy = require "plan.process.log_config"
      local config = view.input.log_config and view.input.log_config.document or log_config(view)
      list[#list + 1] = {base = paths.runtime, path = ("workers/%s.log.config"):format(instance.name),
        mode = octal "0640", uid = own.uid, gid = user.gid, bytes = make.yaml(log_copy.of(config, instance.name))}
    end
  end
  return list
end

return synapse
