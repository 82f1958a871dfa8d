-- EDGE
-- A start after synlua was killed: its services end by the signal that the kernel sent them, and until then they hold
-- ports, sockets and files that the new ones need.

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

--- Goes on as soon as nothing of an instance before runs any more, or the time is over: what is in the way then is told
--- by whoever finds it.
---@param services table<string, PlannedService>
---@param limit_ms integer
---@param go_on fun(): integer|nil
---@return integer|nil status of go_on where there was nothing to wait for
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
  former.timer = loop.timer(TICK_MS, look) -- one that nobody holds never fires
end

return former
