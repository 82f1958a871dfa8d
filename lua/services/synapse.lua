-- Synapse's main process.

local document = require "document"
local tables = require "tables"

local synapse = {api = 1}

-- What its last line tells of a start that takes long.
local PHASES = {{match = "synapse%.storage%.prepare_database", phase = "migrating"}}

-- Its exit status is 1 whatever the reason.
local CAUSES = {
  {match = "^%s*Error in configuration", cause = "configuration", permanent = true,
    hint = "mend that option; synlua plan shows which files Synapse is given"},
  {match = "Address already in use", cause = "address in use"},
  {match = "No space left on device", cause = "disk full", hint = "make room, then it starts by itself"},
  {match = "file is not a database", cause = "database", permanent = true},
  {match = "database disk image is malformed", cause = "database", permanent = true,
    hint = "restore the database from a backup"},
  {match = "IncorrectDatabaseSetup", cause = "database", permanent = true},
  {match = "UpgradeDatabaseException", cause = "database", permanent = true},
  {match = "OperationalError", cause = "database"},
  {match = "MemoryError", cause = "out of memory"},
}

local function environment(context)
  local list = {
    "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" .. context.paths.data,
    "NOTIFY_SOCKET=" .. context.paths.notify,
  }
  for name, value in tables.sorted(context.settings.inherited) do list[#list + 1] = name .. "=" .. value end
  return list
end

local function directories(context)
  local paths, user = context.paths, context.users.synapse
  local function own(base, more)
    local made = {base = base, path = "", mode = 488, uid = user.uid, gid = user.gid} -- 0750
    for key, value in pairs(more or {}) do made[key] = value end
    return made
  end
  local media = tostring(context.options.media_store_path)
  local list = {own(paths.data, {adopt = true}), own(paths.homeserver:match "^(.*)/")}
  if media:sub(1, 1) == "/" then list[#list + 1] = own(media) end -- a relative one is Synapse's to make
  list[#list + 1] = own(paths.runtime, {path = "synapse", uid = context.users.own.uid})
  -- Set-group-id: sockets made here belong to nginx's group, and nobody else may enter.
  list[#list + 1] = own(paths.runtime, {path = "sockets", mode = 1512, gid = (context.users.nginx or user).gid})
  return list
end

---@param context table
---@return table
function synapse.plan(context)
  local settings, paths, user = context.settings, context.paths, context.users.synapse
  local config = paths.homeserver
  return {
    process = {
      argv = {settings.SYNLUA_SYNAPSE_PYTHON, "-m", "synapse.app.homeserver", "-c", config, "-c", paths.overlay},
      environment = environment(context), cwd = paths.data, uid = user.drop and user.uid, gid = user.drop and user.gid,
      stop_signal = "TERM", grace_ms = 5000, open_files = 65536, oom_score_adj = 100,
    },
    ready = {notify = true}, heavy = true, phases = PHASES, causes = CAUSES,
    sockets = {"sockets/main_public.sock"},
    give_up_after = 5,
    directories = directories(context),
    reaches = {
      {path = settings.SYNLUA_SYNAPSE_PYTHON, uid = user.uid, gid = user.gid, program = true, package = "synapse",
        hint = "install Synapse, or name the Python that has it in SYNLUA_SYNAPSE_PYTHON"},
      {path = paths.data, uid = user.uid, gid = user.gid, directory = true},
      {path = paths.runtime, uid = user.uid, gid = user.gid, directory = true},
      context.homeserver and {path = config, uid = user.uid, gid = user.gid, read = true} or nil,
    },
  }
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
  return {
    {base = paths.runtime, path = "synapse/main.yaml", mode = 416, uid = own.uid, gid = user.gid,
      bytes = head .. make.yaml(context.overlay)},
    {base = log_base, path = log_path, mode = 416, uid = own.uid, gid = user.gid, once = named ~= nil,
      bytes = (named and "" or head) .. make.yaml(log_config(context))},
  }
end

return synapse
