-- How many connections all processes may open together, and the sizes of PostgreSQL's and Redis' caches.

local database_sections = require "input.database_sections"
local document = require "lib.document"
local amounts = require "settings.amounts"

local budget = {}

local MEGABYTE = 1 << 20

budget.REDIS = 96 * MEGABYTE -- maxmemory of the built-in one

local POOL = 5 -- connections if cp_max is not set
local SPARE = 10 -- for people and jobs

local function between(low, value, high) return math.max(low, math.min(value, high)) end

-- An eighth of the memory, but on a small host less, so that enough is left.
local function shared_buffers(memory)
  if not memory then return 128 * MEGABYTE end
  return between(32 * MEGABYTE, memory // 8, 2048 * MEGABYTE) // MEGABYTE * MEGABYTE
end

local function pool(view)
  local sum = 0
  for _, said in ipairs(database_sections.all(document.plain(view.homeserver.merged))) do
    sum = sum + (math.tointeger(said.args.cp_max) or POOL)
  end
  return sum > 0 and sum or POOL
end

--- The memory to plan for, in bytes. false if it is not known.
---@param view View
---@return integer|false
function budget.memory(view)
  local said = view.settings.SYNLUA_MEMORY
  return said and amounts.bytes(said) or view.input.host.memory or false
end

---@class Budget
---@field processes integer of Synapse
---@field connections integer that they may open to PostgreSQL together; 0 for SQLite
---@field max_connections integer of the built-in PostgreSQL
---@field shared_buffers integer

--- The budget of a plan.
---@param view View
---@return Budget
function budget.of(view)
  local processes = #view.instances
  local connections = view.database.kind == "sqlite" and 0 or processes * pool(view)
  return {
    processes = processes, connections = connections, max_connections = connections + SPARE,
    shared_buffers = shared_buffers(view.memory),
  }
end

return budget
