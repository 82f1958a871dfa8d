-- EDGE
-- Waits at a start for the services of a synlua that was killed. The kernel has sent them their stop signal, but until
-- they end they hold ports, sockets and files that the new services need.

local log = require "core.log"
local loop = require "core.loop"
local process = require "core.process"
local tables = require "lib.tables"

local former = {}

local TICK_MS = 50

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
  local left = process.former(names)
  if #left == 0 then return go_on() end
  log.write("info", ("waiting for services of a synlua that was killed: %s"):format(named(left)))
  local function look()
    left, waited = process.former(names), waited + TICK_MS
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
