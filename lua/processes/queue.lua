-- EDGE
-- Runs functions one after the other. One that is added while another runs waits for its turn. An error in one ends
-- neither the others nor the program.

local log = require "core.log"
local loop = require "core.loop"

local queue = {}

local waiting = {}
local working -- number of the call into Lua that works on the queue; if that is not the current call, it was cut short
local between, at_end

--- Runs a function. An error is written to the log.
---@return boolean ok
function queue.guarded(fn, ...)
  local ok, message = xpcall(fn, debug.traceback, ...)
  if not ok then log.write("error", tostring(message)) end
  return ok
end

--- Runs all functions that wait, each followed by the functions of queue.follow.
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

--- Sets the functions to run after each one, and after the last.
---@param each fun()
---@param last fun()
function queue.follow(each, last) between, at_end = each, last end

return queue
