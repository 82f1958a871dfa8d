-- The parts of a service that are the same for all of Synapse's processes.

local addresses = require "plan.listeners.addresses"
local amounts = require "settings.amounts"
local fork = require "plan.process.fork"
local handed = require "plan.homeserver.handed"
local tables = require "lib.tables"
local targets = require "plan.metrics.targets"

local synapse_process = {}

-- The phase of a long start, by its last line.
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
  {match = "Disk quota exceeded", cause = "disk full", hint = "make room, then it starts by itself"},
  {match = "database or disk is full", cause = "disk full", hint = "make room, then it starts by itself"},
  -- SQLite keeps each table that was made, but Synapse notes a schema when all are.
  {match = "OperationalError: table [%w_]+ already exists", cause = "database", permanent = true,
    hint = "a start was broken off while it made this database, which holds nothing yet: rename the SQLite file and "
      .. "those beside it that begin with its name, then start again"},
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
  local list = {handed.path(view, view.paths.homeserver)}
  for at = 2, view.admin.plain_files do list[at] = handed.path(view, view.admin.layers[at].name) end
  list[#list + 1] = view.paths.overlay
  list[#list + 1] = own
  return list
end

-- ms during which a worker's start may do nothing. Main has no such limit, because it may migrate for hours while only
-- PostgreSQL works, and its log configuration decides whether its lines show that.
local START_LIMIT = 1800000

-- Each listener answers /health as soon as the reactor runs. A process that does nothing and does not answer is
-- unhealthy after about four minutes and restarted after seven. A process that works has four times as long.
local function alive(instance)
  local at = instance.addresses.health
  return {
    probe = {kind = "http", socket = at.socket, address = at.address, port = at.port, uri = "/health"},
    every_ms = 60000, timeout_ms = 10000, patience = 6, restart_after = 12,
  }
end

local ALONE = 95 -- MB of a process after its first requests, where no fork server made it

-- Bytes of an event in Synapse's cache of events, and how many events that holds.
local EVENT, EVENTS = 3800, 10 << 10

local function memory(view, instance)
  if not fork.wanted(view) then return ALONE end
  return fork.memory(view)[instance.name == "main" and "main" or "worker"]
end

-- Of Synapse's caches only this one has a size that is known beforehand.
local function growth(view)
  local events = amounts.bytes(tostring(view.homeserver.options.event_cache_size or EVENTS)) or EVENTS
  return events * EVENT / (1 << 20)
end

--- The directory where relative paths of its configuration begin.
---@param view View
---@return string
function synapse_process.directory(view) return view.input.cwd_closed and view.paths.data or view.cwd end

--- The service of one of these processes.
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
      argv = argv, environment = fork.environment(view),
      cwd = synapse_process.directory(view),
      uid = user.drop and user.uid, gid = user.drop and user.gid,
      stop_signal = "TERM", grace_ms = 5000, open_files = 65536, oom_score_adj = 100,
    },
    ready = {notify = true}, start_limit_ms = instance.name ~= "main" and START_LIMIT or nil, alive = alive(instance),
    heavy = true, phases = PHASES, causes = synapse_process.CAUSES, sockets = sockets(view, instance),
    memory = memory(view, instance), growth = growth(view), give_up_after = 5,
    listens = listens(view, instance), metrics = targets.of_instance(instance),
  })
end

return synapse_process
