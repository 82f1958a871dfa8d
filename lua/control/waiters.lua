-- EDGE
-- The clients that asked to start, stop or restart services, and wait until that is done.

local loop = require "core.loop"
local outcome = require "processes.outcome"
local supervise = require "processes.supervise"
local tables = require "lib.tables"

local waiters = {}

local waiting = {} -- id -> request, with its time limit

local function by_name()
  local map = {}
  for _, status in ipairs(supervise.status()) do map[status.name] = status end
  return map
end

local function close(id)
  local one = waiting[id]
  waiting[id] = nil
  if one and one.limit then one.limit:close() end
end

local function tell(id, one, name, result)
  one.before[name] = nil
  one.ok = one.ok and result.ok
  one.say(id, {name = name, ok = result.ok, text = result.text})
end

local function finish(id, one, why)
  close(id)
  one.finish(id, {ok = one.ok and not why, error = why})
end

local function look(id, one, services)
  for name, before in tables.sorted(one.before) do
    local result = outcome.of(one.verb, before, services[name], services)
    if result then tell(id, one, name, result) end
  end
  if next(one.before) == nil then
    finish(id, one)
  elseif supervise.is_stopping() then
    finish(id, one, "synlua is ending")
  end
end

--- Call it after a change of a service: answers the requests that are done.
function waiters.check()
  if next(waiting) == nil then return end
  local services = by_name()
  for id, one in tables.sorted(waiting) do
    if not one.asking then look(id, one, services) end
  end
end

local function late(id)
  local one, services = waiting[id], by_name()
  for name in tables.sorted(one.before) do tell(id, one, name, outcome.late(services[name], one.seconds)) end
  finish(id, one)
end

--- Begins a request, and answers it once it is done.
---@param id integer
---@param one {verb: string, before: table<string, ServiceStatus>, seconds: integer, say: function, finish: function}
function waiters.begin(id, one)
  one.ok, one.asking = true, true
  waiting[id] = one
  for _, name in ipairs(tables.keys(one.before)) do
    local ok, why = supervise.request(one.verb, name)
    if not ok then tell(id, one, name, {ok = false, text = ("%s: %s"):format(name, why)}) end
  end
  one.asking = nil
  one.limit = loop.timer(one.seconds * 1000, function() late(id) end)
  look(id, one, by_name())
end

--- Forgets a client that has gone. Its request goes on.
---@param id integer
function waiters.forget(id) close(id) end

return waiters
