-- EDGE
-- Requests about jobs: their list, a run, a stop. Who follows a run gets its lines, and at last how it ended.

local distance = require "lib.distance"
local followers = require "control.followers"
local jobs = require "processes.jobs"

local requests = {}

local waiting = {} -- id -> {name, verb, lines, say, finish}

-- The job of a request, or nil and what is wrong with its name.
local function meant(name)
  if type(name) ~= "string" then return nil, "name must be the name of a job" end
  local names = {}
  for at, status in ipairs(jobs.status()) do
    if status.name == name then return name end
    names[at] = status.name
  end
  local why = jobs.off()[name]
  if why then return nil, ("job %s is off: %s"):format(name, why) end
  local near = distance.nearest(name, names)
  return nil, #names == 0 and "there are no jobs here; docs/jobs.md says how to make one"
    or ("there is no job %q%s; there %s %s"):format(name, near and (" (did you mean %s?)"):format(near) or "",
      #names == 1 and "is" or "are", table.concat(names, ", "))
end

local function last_of(name)
  for _, status in ipairs(jobs.status()) do
    if status.name == name then return status.results[#status.results] end
  end
end

local function ended(id, one)
  waiting[id] = nil
  if one.lines then followers.forget(id) end
  local last = last_of(one.name)
  one.finish(id, {ok = true, result = last})
end

--- Answers with all jobs.
---@param id integer
---@param _ table
---@param finish function see control.server
function requests.list(id, _, _, finish)
  local off = {}
  for name, why in pairs(jobs.off()) do off[name] = why end
  finish(id, {ok = true, jobs = setmetatable(jobs.status(), {__jsontype = "array"}),
    off = setmetatable(off, {__jsontype = "object"})})
end

--- Starts a job, and answers at once, or with `follow` when it has ended.
---@param id integer
---@param request {name: any, follow?: any}
---@param say function
---@param finish function
function requests.run(id, request, say, finish)
  local name, why = meant(request.name)
  if not name then return finish(id, {ok = false, error = why}) end
  local one = request.follow == true and {name = name, lines = true, finish = finish} or nil
  if one then -- before it begins, so that no line is missed
    waiting[id] = one
    followers.begin(id, {names = {[jobs.process(name)] = true}, lines = 0, follow = true, say = say, finish = finish})
  end
  local ok
  ok, why = jobs.run(name)
  if not ok and (not one or waiting[id]) then
    requests.forget(id)
    return finish(id, {ok = false, error = why})
  end
  if not one then finish(id, {ok = true, process = jobs.process(name)}) end
end

--- Asks a job to end, and answers when it has.
---@param id integer
---@param request {name: any}
---@param _ function
---@param finish function
function requests.stop(id, request, _, finish)
  local name, why = meant(request.name)
  local ok
  if name then ok, why = jobs.stop(name) end
  if not ok then return finish(id, {ok = false, error = why}) end
  waiting[id] = {name = name, finish = finish}
end

--- Call it when a job has begun or ended.
---@param name string
function requests.changed(name)
  for _, status in ipairs(jobs.status()) do
    if status.name == name and status.running then return end
  end
  local ids = {}
  for id, one in pairs(waiting) do
    if one.name == name then ids[#ids + 1] = id end
  end
  table.sort(ids)
  for _, id in ipairs(ids) do ended(id, waiting[id]) end
end

--- Forgets a client that has gone. What it asked for goes on.
---@param id integer
function requests.forget(id)
  local one = waiting[id]
  waiting[id] = nil
  if one and one.lines then followers.forget(id) end
end

return requests
