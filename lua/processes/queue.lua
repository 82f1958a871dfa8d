-- EDGE
-- One thing after the other: what comes up while something is done waits for its turn. An error in one ends neither the
-- others nor the program.

local log = require "core.log"
local loop = require "core.loop"

local queue = {}

local waiting = {}
local working -- the call into Lua that works on it; another number is of one that was cut short
local between, at_end

--- Runs it; an error is written to the log.
---@return boolean ok
function queue.guarded(fn, ...)
  local ok, message = xpcall(fn, debug.traceback, ...)
  if not ok then log.write("error", tostring(message)) end
  return ok
end

--- Does what waits, each followed by what queue.follow said.
function queue.drain()
  if working == loop.call() then return end
  working = loop.call()
  repeat
    local next_one = table.remove(waiting, 1)
    if next_one then queue.guarded(next_one) end
    queue.guarded(between)
  until not waiting[1]
  working = nil
  at_end()
end

---@param fn fun()
function queue.add(fn)
  waiting[#waiting + 1] = fn
  queue.drain()
end

--- What follows each, and the last.
---@param each fun()
---@param last fun()
function queue.follow(each, last) between, at_end = each, last end

return queue
