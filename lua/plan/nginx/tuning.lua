-- How many processes, connections and files nginx gets, and how many idle connections to Synapse it keeps.

local tables = require "lib.tables"

local tuning = {}

---@class Tuning
---@field processes integer
---@field connections integer of each process
---@field open_files integer of each process
---@field idle? TuningIdle idle connections that each process keeps; nil: none
---@field idle_seconds integer how long each of them is kept
---@field map_size integer
---@field map_bucket integer

---@class TuningIdle
---@field main integer
---@field mas integer
---@field pools table<string, integer> by the pool's name

-- Each server of a pool has room for so many, and so has the pool itself.
local IDLE = 16
local IDLE_MAIN, IDLE_MAS = 32, 8
-- Synapse closes an idle connection after 60 s. nginx must be earlier, so that no request is lost on it.
local LONGEST_IDLE = 50
-- Files that each process may have open if its connections need no more, and those that are for no connection: logs,
-- listeners and what the admin's pieces open.
local FILES, OTHER_FILES = 16384, 512
-- Places of a table for each name in it, so that nginx finds one without two names in one place.
local SPREAD, LEAST_SIZE = 32, 512
local CACHE_LINE = 64
local LEAST_CONNECTIONS = 64

local function processes(view)
  local said = view.settings.NGINX_WORKER_PROCESSES
  return said == "auto" and math.max(1, view.input.host.cpus) or said
end

-- Where a process may open only few files, the default gives way to that limit.
local function connections(view, problems)
  local said, limit = view.settings.NGINX_WORKER_CONNECTIONS, view.input.host.open_files
  if not limit or said + OTHER_FILES <= limit then return said end
  local most, source = math.max(LEAST_CONNECTIONS, limit - OTHER_FILES), view.settings.sources.NGINX_WORKER_CONNECTIONS
  if not source then return most end
  problems[#problems + 1] = {where = source,
    what = ("is %d, but a process may have only %d files open here, and needs %d for other files"):format(said, limit,
      OTHER_FILES),
    hint = ("set it to at most %d, or raise the hard limit (ulimit -Hn; --ulimit nofile)"):format(most)}
  return said
end

-- A connection may have a file beside it, for a body or an answer that does not fit into memory.
local function open_files(view, many)
  local wanted = math.max(FILES, 2 * many + OTHER_FILES)
  return math.min(wanted, view.input.host.open_files or wanted)
end

local function idle_of(view, factor)
  local idle = {main = IDLE_MAIN * factor, mas = IDLE_MAS * factor, pools = {}}
  local sum = idle.main * #view.public + idle.mas
  for name, pool in tables.sorted(view.routes.pools) do
    idle.pools[name] = (IDLE + IDLE * #pool.members) * factor
    sum = sum + idle.pools[name]
  end
  return idle, sum
end

local function shrunk(idle, share)
  local function less(count) return math.max(1, math.floor(count * share)) end
  local pools = {}
  for name, count in pairs(idle.pools) do pools[name] = less(count) end
  return {main = less(idle.main), mas = less(idle.mas), pools = pools}
end

-- Idle connections to Synapse count as connections too, and leave at least half of them to requests.
local function idle(view, many, problems)
  local settings = view.settings
  if not settings.NGINX_UPSTREAM_KEEPALIVE_ENABLE then return nil end
  local factor, most = settings.NGINX_UPSTREAM_KEEPALIVE_CONNECTION_MULTIPLIER, many // 2
  local made, sum = idle_of(view, factor)
  if sum <= most then return made end
  if factor > 1 then
    problems[#problems + 1] = {where = settings.sources.NGINX_UPSTREAM_KEEPALIVE_CONNECTION_MULTIPLIER,
      what = ("is %d, so nginx keeps up to %d idle connections, but NGINX_WORKER_CONNECTIONS (%d) leaves %d for them")
        :format(factor, sum, many, most),
      hint = ("lower it, or set NGINX_WORKER_CONNECTIONS to at least %d"):format(2 * sum)}
  end
  return shrunk(made, most / sum)
end

-- Names of pools are looked up in a map. Each place in it must have room for the longest.
local function map_table(view, problems)
  local settings, count, longest = view.settings, 0, 0
  for name in pairs(view.routes.pools) do count, longest = count + 1, math.max(longest, #name) end
  local said, least = settings.NGINX_MAP_HASH_MAX_SIZE, math.max(LEAST_SIZE, SPREAD * count)
  if said < least and settings.sources.NGINX_MAP_HASH_MAX_SIZE then
    problems[#problems + 1] = {where = settings.sources.NGINX_MAP_HASH_MAX_SIZE,
      what = ("is %d, but SYNAPSE_WORKER_TYPES makes %d pools, for which nginx needs %d"):format(said, count, least),
      hint = "raise it, or unset it"}
  end
  local bytes = 2 * 8 + (longest + 2 + 7) // 8 * 8
  return math.max(said, least), math.max(2, -(-bytes // CACHE_LINE)) * CACHE_LINE
end

--- Works out the numbers of nginx that depend on this machine and on the workers.
---@param view View
---@param problems Problem[]
---@return Tuning
function tuning.make(view, problems)
  local size, bucket = map_table(view, problems)
  local many = connections(view, problems)
  return {processes = processes(view), connections = many, open_files = open_files(view, many),
    idle = idle(view, many, problems), map_size = size, map_bucket = bucket,
    idle_seconds = math.min(view.settings.NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS, LONGEST_IDLE)}
end

return tuning
