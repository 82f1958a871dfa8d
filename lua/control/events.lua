-- EDGE
-- Keeps the last events of the services, and sends them to clients that ask: the old ones first, and each new one as it
-- happens.

local stream = require "control.stream"

local events = {}

local KEPT = 100

local kept, count = {}, 0 -- the last ones, oldest first; how many there were
local readers = {} -- name -> number of the last event that a client of this name was sent
local following = {} -- id -> {say, skipped, reader}

local function pass(id, one, event)
  local sent, gone = stream.pass(id, one, event)
  if sent and one.reader then readers[one.reader] = event.number end
  if gone then events.forget(id) end
end

--- Records an event, and passes it to those who follow.
---@param event Event
function events.add(event)
  count = count + 1
  event.number, event.at = count, os.time()
  kept[#kept + 1] = event
  if #kept > KEPT then table.remove(kept, 1) end
  local ids = {}
  for id in pairs(following) do ids[#ids + 1] = id end
  for _, id in ipairs(ids) do pass(id, following[id], event) end
end

-- A reader with a name goes on behind the last event that it was sent; another one gets the last ones.
local function first(one)
  if one.reader then return (readers[one.reader] or 0) + 1 end
  return count - one.last + 1
end

--- The last events, oldest first.
---@return Event[]
function events.last() return {table.unpack(kept)} end

--- Sends events that have happened, and on request goes on with new ones.
---@param id integer
---@param one {last: integer, reader?: string, follow: boolean, say: function, finish: function} see control.server
function events.begin(id, one)
  local from = first(one)
  for _, event in ipairs(kept) do
    if event.number >= from then pass(id, one, event) end
  end
  if not one.follow then return one.finish(id, {ok = true}) end
  following[id] = one
end

--- Forgets a client that has gone.
---@param id integer
function events.forget(id) following[id] = nil end

return events
