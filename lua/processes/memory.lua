-- EDGE
-- The proportional memory of the services and of synlua. The kernel looks at all pages of a process for it, which
-- takes up to 40 ms for each on a busy machine. So a reading is kept for four thousand times as long as it took, a
-- minute at most.

local system = require "core.system"
local usage = require "core.usage"

local memory = {}

local LONGEST = 60000 -- ms that a reading is kept
local SHARE = 4000

local kept = {} -- by service: {pid, bytes, ends}

local function is_kept(name, pid, now)
  local reading = kept[name]
  return reading and reading.pid == pid and now < reading.ends
end

-- Until when a reading is kept that began then and is over now.
local function end_of(began)
  local now = system.now()
  return now + math.min(LONGEST, SHARE * (now - began))
end

--- The proportional memory of each service and its descendants. A name without a live process has no entry.
---@param pids table<string, integer>
---@return table<string, integer> bytes
function memory.of_services(pids)
  local began, wanted, found = system.now(), {}, {}
  for name, pid in pairs(pids) do
    if not is_kept(name, pid, began) then wanted[name] = pid end
  end
  local read = next(wanted) and usage.of_all(wanted, true) or {}
  local ends = end_of(began)
  for name, pid in pairs(wanted) do kept[name] = {pid = pid, bytes = read[name] and read[name].pss, ends = ends} end
  for name in pairs(kept) do
    if not pids[name] then kept[name] = nil end
  end
  for name, reading in pairs(kept) do found[name] = reading.bytes end
  return found
end

local own

--- The same for synlua itself, without its services.
---@return integer? bytes
function memory.own()
  local began = system.now()
  if not own or began >= own.ends then
    local bytes = (usage.own(true) or {}).pss
    own = {bytes = bytes, ends = end_of(began)}
  end
  return own.bytes
end

return memory
