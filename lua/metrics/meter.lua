-- Remembers values between two readings of the services, so that counters never go back. Pure: each reading returns a
-- new memory.

local tables = require "lib.tables"

local meter = {}

---@class Seen
---@field cpu table<string, {pid?: integer, before: number, latest: number}> before: of processes that have ended
---@field ready_after table<string, integer> ms; of the last start that became ready

---@return Seen
function meter.new() return {cpu = {}, ready_after = {}} end

-- The kernel forgets the CPU time of a process when it ends, and also that of a child nobody waited for. The time that
-- we have read stays counted.
local function cpu_of(past, pid, used)
  past = past or {before = 0.0, latest = 0.0}
  if not (pid and used) then return past end
  if past.pid == pid then return {pid = pid, before = past.before, latest = math.max(past.latest, used.cpu_s)} end
  return {pid = pid, before = past.before + past.latest, latest = used.cpu_s}
end

--- The memory after a reading.
---@param seen Seen
---@param services ServiceStatus[]
---@param usage table<string, table> of core.usage, by service
---@return Seen
function meter.look(seen, services, usage)
  local now = {cpu = {}, ready_after = tables.copy(seen.ready_after)}
  for _, status in ipairs(services) do
    local name = status.name
    now.cpu[name] = cpu_of(seen.cpu[name], status.pid, usage[name])
    now.ready_after[name] = status.ready_after_ms or now.ready_after[name]
  end
  return now
end

--- CPU seconds of a service over all its starts.
---@param seen Seen
---@param name string
---@return number
function meter.cpu_s(seen, name)
  local cpu = seen.cpu[name]
  return cpu and cpu.before + cpu.latest or 0.0
end

return meter
