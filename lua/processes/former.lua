-- EDGE
-- Waits at a start for the services of a synlua that was killed. The kernel has sent them their stop signal, but until
-- they end they hold ports, sockets and files that the new services need.

local log = require "core.log"
local loop = require "core.loop"
local process = require "core.process"
local system = require "core.system"
local tables = require "lib.tables"

local former = {}

local TICK_MS = 50
local DEEP = 64 -- ancestors that are looked at; if a pid was used again, the parents could form a circle

local function ancestors(running, pid)
  local list, one = {}, running[pid]
  while one and #list < DEEP do
    list[#list + 1] = one.parent
    one = running[one.parent]
  end
  return list
end

-- A service has its synlua above it. A synlua that is above us as well is none of an instance: it has started both, and
-- what lost its parent falls to it.
local function is_left(running, pid, above_us)
  for _, at in ipairs(ancestors(running, pid)) do
    local one = running[at]
    if one and one.program == "synlua" and not one.ended then return above_us[at] or false end
  end
  return true
end

--- The services of these names that a killed synlua has left.
---@param names string[]
---@return {name: string, pid: integer}[]
function former.left(names)
  local running, above_us, left = process.running(names) or {}, {}, {}
  for _, pid in ipairs(ancestors(running, system.identity().pid)) do above_us[pid] = true end
  for pid, one in pairs(running) do
    if one.service and not one.ended and is_left(running, pid, above_us) then
      left[#left + 1] = {name = one.service, pid = pid}
    end
  end
  return left
end

local function named(left)
  local words = {}
  for _, service in ipairs(left) do words[#words + 1] = ("%s (pid %d)"):format(service.name, service.pid) end
  table.sort(words)
  return table.concat(words, ", ")
end

--- Calls go_on as soon as no such service runs any more, or when the time is over. If a service is still in the way
--- then, the later checks report it.
---@param services table<string, PlannedService>
---@param limit_ms integer
---@param go_on fun(): integer|nil
---@return integer|nil status of go_on if there was nothing to wait for
function former.await(services, limit_ms, go_on)
  local names, waited = tables.keys(services), 0
  local left = former.left(names)
  if #left == 0 then return go_on() end
  log.write("info", ("waiting for services of a synlua that was killed: %s"):format(named(left)))
  local function look()
    left, waited = former.left(names), waited + TICK_MS
    if #left > 0 and waited < limit_ms then
      former.timer = loop.timer(TICK_MS, look)
      return
    end
    former.timer = nil
    if #left > 0 then
      log.write("warn", ("still running after %d s, the start goes on without waiting: %s"):format(limit_ms // 1000,
        named(left)))
    end
    local status = go_on()
    if status then loop.stop(status) end
  end
  former.timer = loop.timer(TICK_MS, look) -- the timer is kept in the module, because a collected timer never fires
end

return former
