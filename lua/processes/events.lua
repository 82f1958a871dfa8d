-- EDGE
-- Tells a listener what happens to services: ready, exited, failed. An error of the listener is logged, and disturbs
-- nothing.

local queue = require "processes.queue"

local events = {}

---@class Event
---@field event "ready"|"exited"|"failed"|"reloaded"|"stopping"
---@field service? string
---@field cause? string of an end, as in the metrics; "stopped" and "finished" are no faults
---@field words? string the end in words; of a reload that was refused, why
---@field ok? boolean whether a reload was carried out
---@field line? string the line that gave the reason
---@field hint? string what to do
---@field ran_ms? integer from its last start to its end
---@field ready_after_ms? integer from its last start until it was ready
---@field restarts? integer
---@field essential? boolean the container ends with it
---@field at? integer seconds of the epoch; set by control/events.lua
---@field number? integer the first event is 1; set by control/events.lua

local listener

--- Calls fn with each event from now on.
---@param fn fun(event: Event)
function events.listen(fn) listener = fn end

--- Passes an event on.
---@param event Event
function events.tell(event)
  if listener then queue.guarded(listener, event) end
end

return events
