-- EDGE
-- The clients that wait for the next change of a service, at most for a time, to show the state again.

local loop = require "core.loop"
local tables = require "lib.tables"

local watchers = {}

local SETTLE = 100 -- ms: changes that come together are one

local revision = 0
local waiting = {} -- id -> {tell, limit, seen}
local soon

local function close(id)
  local one = waiting[id]
  waiting[id] = nil
  if one then one.limit:close() end
  return one
end

local function answer(id)
  local one = close(id)
  if one then one.tell(id) end
end

local function tell_all()
  soon = nil
  for _, id in ipairs(tables.keys(waiting)) do
    if waiting[id].seen then answer(id) end
  end
end

--- How many changes there have been.
---@return integer
function watchers.revision() return revision end

--- Answers a client once there is a change after `seen`, or after a time.
---@param id integer
---@param seen? integer the revision that it knows; nil: only the time counts
---@param ms integer
---@param tell fun(id: integer)
function watchers.begin(id, seen, ms, tell)
  if seen and seen ~= revision then return tell(id) end
  waiting[id] = {tell = tell, seen = seen, limit = loop.timer(ms, function() answer(id) end)}
end

--- Call it after a change of a service.
function watchers.check()
  revision = revision + 1
  if next(waiting) ~= nil and not soon then soon = loop.timer(SETTLE, tell_all) end
end

--- Forgets a client that has gone.
---@param id integer
function watchers.forget(id) close(id) end

return watchers
