-- What all of Synapse's processes have in common for the supervisor.

local addresses = require "plan.listeners.addresses"
local fork = require "plan.process.fork"
local tables = require "lib.tables"

local synapse_process = {}

-- What the last line of a long start says Synapse is doing.
local PHASES = {{match = "synapse%.storage%.prepare_database", phase = "migrating"}}

local CONFIGURATION = "mend that option; synlua plan shows which files Synapse is given"

-- Synapse exits with 1 whatever the reason, so its last lines tell the cause.
synapse_process.CAUSES = {
  {match = "^%s*Error in configuration", cause = "configuration", permanent = true, hint = CONFIGURATION},
  {match = "%f[%w]ConfigError: ", cause = "configuration", permanent = true, hint = CONFIGURATION},
  {match = "/synapse/config/[%w_]+%.py\", line %d+", cause = "configuration", permanent = true, hint = CONFIGURATION},
  {match = "Found users in database not native", cause = "identity", permanent = true,
    hint = "the database belongs to a server of another name; a server's name never changes"},
  {match = "Address already in use", cause = "address in use"},
  {match = "No space left on device", cause = "disk full", hint = "make room, then it starts by itself"},
  {match = "file is not a database", cause = "database", permanent = true},
  {match = "database disk image is malformed", cause = "database", permanent = true,
    hint = "restore the database from a backup"},
  {match = "too new for the server to understand", cause = "database", permanent = true,
    hint = "go back to the newer Synapse, or restore the database from before the upgrade"},
  {match = "IncorrectDatabaseSetup", cause = "database", permanent = true},
  {match = "UpgradeDatabaseException", cause = "database", permanent = true},
  {match = "OperationalError", cause = "database"},
  {match = "MemoryError", cause = "out of memory"},
}

-- Sockets below the runtime directory that a killed process leaves behind.
local function sockets(view, instance)
  local list = {}
  for kind in tables.sorted(instance.addresses) do
    local path = addresses.socket(view.paths.runtime, instance.name, kind)
    if view.sockets[instance.name .. "_" .. kind] then list[#list + 1] = path end
  end
  return list
end

local function listens(view, instance)
  local list = {}
  for _, used in ipairs(addresses.ports(view.instances)) do
    if used.instance == instance.name then
      list[#list + 1] = {address = "127.0.0.1", port = used.port, place = "SYNLUA_INTERNAL_PORTS",
        what = ("%s of %s"):format(used.kind, instance.name), hint = "choose another range, or use Unix sockets"}
    end
  end
  return list
end

--- The configuration files of a process. Of each top-level key Synapse takes the last file's value: the admin's files
--- come first, unchanged, and then the overlay with what differs.
---@param view View
---@param own? string the file of one process
---@return string[]
function synapse_process.files(view, own)
  local list = {view.paths.homeserver}
  for at = 2, view.admin.plain_files do list[at] = view.admin.layers[at].name end
  list[#list + 1] = view.paths.overlay
  list[#list + 1] = own
  return list
end

-- ms for which a worker's start may do nothing. Main's has no such limit: it migrates, for hours, while only PostgreSQL
-- works, and whether its lines tell that is a matter of its log configuration.
local START_LIMIT = 1800000

-- Each of its listeners answers /health, as soon as its reactor turns. One that does nothing and does not answer is
-- called unhealthy after about four minutes and started again after seven; one that works has four times as long.
local function alive(instance)
  local at = instance.addresses.health
  return {
    probe = {kind = "http", socket = at.socket, address = at.address, port = at.port, uri = "/health"},
    every_ms = 60000, timeout_ms = 10000, patience = 6, restart_after = 12,
  }
end

--- The part of a plan that is one of these processes.
---@param view View
---@param instance Instance
---@param app string Python module
---@param files string[] configuration, each beside and over the one before
---@return table
function synapse_process.make(view, instance, app, files)
  local user = view.users.synapse
  local argv = {view.settings.SYNLUA_SYNAPSE_PYTHON, "-m", app}
  for _, path in ipairs(files) do
    argv[#argv + 1] = "-c"
    argv[#argv + 1] = path
  end
  return fork.offer(view, {
    process = {
      argv = argv, environment = fork.environment(view), cwd = view.cwd,
      uid = user.drop and user.uid, gid = user.drop and user.gid,
      stop_signal = "TERM", grace_ms = 5000, open_files = 65536, oom_score_adj = 100,
    },
    ready = {notify = true}, start_limit_ms = instance.name ~= "main" and START_LIMIT or nil, alive = alive(instance),
    heavy = true, phases = PHASES, causes = synapse_process.CAUSES, sockets = sockets(view, instance),
    give_up_after = 5, listens = listens(view, instance),
  })
end

return synapse_process
