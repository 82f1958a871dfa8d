-- Estimates the connections and the memory that all processes need together. It is shown to people, and decides the
-- sizes of caches and pools.

local database_sections = require "input.database_sections"
local document = require "lib.document"
local amounts = require "settings.amounts"

local budget = {}

local MEGABYTE = 1 << 20

-- Resident memory of a process that has answered some requests, without caches.
local SYNAPSE, NGINX, BACKEND = 130 * MEGABYTE, 10 * MEGABYTE, 4 * MEGABYTE
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
---@field memory integer bytes, roughly, of everything

--- The budget of a plan.
---@param view View
---@return Budget
function budget.of(view)
  local kind, processes = view.database.kind, #view.instances
  local connections = kind == "sqlite" and 0 or processes * pool(view)
  local memory = processes * SYNAPSE + NGINX
  if view.redis.kind == "builtin" then memory = memory + budget.REDIS // 4 end
  if kind == "builtin" then
    -- A pool is seldom full.
    memory = memory + shared_buffers(view.memory) + math.min(connections, processes * 3) * BACKEND
  end
  return {
    processes = processes, connections = connections, max_connections = connections + SPARE,
    shared_buffers = shared_buffers(view.memory), memory = memory,
  }
end

return budget
