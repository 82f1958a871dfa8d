-- EDGE
-- Passes events to the state machine, and its actions to actions.lua. Logs when everything is ready. queue.lua takes
-- the events one after the other.

local actions = require "processes.actions"
local beside = require "processes.beside"
local cause = require "processes.cause"
local log = require "core.log"
local loop = require "core.loop"
local machine = require "processes.machine"
local order = require "lib.order"
local output = require "core.output"
local passage = require "processes.passage"
local process = require "core.process"
local queue = require "processes.queue"
local quiet = require "processes.quiet"
local report = require "processes.report"
local system = require "core.system"
local tables = require "lib.tables"

local supervise = {}

local LIMIT = 2000 -- ms of processor time for one event
local FAULT = "an internal error prevented the start; see the lines above"
local LINES = 40 -- number of last lines that are searched for a reason

---@class World the supervisor's state; report.lua describes it to others
---@field specs table<string, table> services of the plan
---@field services table<string, Service>
---@field reached table<string, boolean> has been ready at least once
---@field leaving table<string, boolean> to be stopped once no running service needs it
---@field pids table<string, integer>
---@field endings table<string, Ending>
---@field exits table<string, table<string, integer>> by service and cause
---@field next_start table<string, integer> monotonic ms; set during backoff
---@field ours table<string, {cause: string, why: string}> why synlua ends its current process
---@field unhealthy table<string, string> in words: it is ready but does not answer
---@field unproven table<string, string> it leads to that service, which no request has reached yet
---@field closed table<string, string> in words: it is ready, but no request passes to the one behind it
---@field held table<string, boolean> may not start yet, whatever it waits for
local world = {
  specs = {}, services = {}, reached = {}, leaving = {}, pids = {}, endings = {}, exits = {}, next_start = {},
  ours = {}, unhealthy = {}, unproven = {}, closed = {}, held = {},
}

local options, stopping, announced = {}, false, false
local observers, carry_out = {}, nil

local function changed()
  queue.guarded(quiet.follow, world)
  for _, fn in ipairs(observers) do queue.guarded(fn) end
end

-- Handles one event now. Its actions see the new state. While everything stops, no end is a failure and nothing starts.
local function apply(name, event)
  if stopping then return end
  event.now, event.jitter = system.now(), math.random()
  local todo
  world.services[name], todo = machine.step(world.services[name], event)
  for _, action in ipairs(todo) do
    if not queue.guarded(carry_out[action[1]], name, action[2]) then carry_out.start_failed(name, "internal", FAULT) end
  end
end

local function alive_dependents(name)
  for _, other in ipairs(order.dependents(world.specs, name)) do
    if world.services[other].running then return true end
  end
  return false
end

-- Stops the services that are to leave. A service that needs another one is stopped before it.
local function stop_leaving()
  for name in tables.sorted(world.leaving) do
    if not alive_dependents(name) then
      world.leaving[name] = nil
      apply(name, {kind = "stop"})
    end
  end
end

local function starting_now()
  local count = 0
  for name, service in pairs(world.services) do
    if service.state == "starting" and world.specs[name].heavy then count = count + 1 end
  end
  return count
end

local function start_waiting()
  local slots = options.concurrency - starting_now()
  for name, spec in tables.sorted(world.specs) do
    if world.services[name].state == "waiting" and not (world.leaving[name] or world.held[name])
      and (slots > 0 or not spec.heavy) and order.may_start(spec, world.services, world.reached, world.leaving) then
      apply(name, {kind = "dependencies_ready"})
      if spec.heavy then slots = slots - 1 end
    end
  end
end

-- Logs that all services are ready. A failed service may fail for ever, so the line does not wait for it but names it.
local function announce_all()
  if announced or next(world.unproven) or next(world.closed) then return end
  local missing = order.missing(world.specs, world.services, world.reached)
  if not missing then return end
  announced = true
  options.on_ready(missing)
end

-- Runs after every event, and does what follows from it for other services.
local function settle()
  if stopping then return end
  stop_leaving()
  start_waiting()
  passage.settle()
  announce_all()
end

local function post(name, event)
  queue.add(function() apply(name, event) end)
end

local function later(fn)
  queue.add(function()
    if not stopping then fn() end
  end)
end

-- A service has failed for good: the container ends if it is essential, and otherwise goes on without it.
local function give_up(name)
  local ending = world.endings[name] or {}
  log.write("error", report.given_up(world.services[name], ending))
  if world.specs[name].on_failure == "exit" then
    local status = cause.status(world.specs[name], world.services[name].last_exit, ending)
    stopping = true
    local why = report.last_word(name, status, ending) -- now, and again as the last line
    log.write("error", why)
    loop.stop(status, why)
    return changed()
  end
  for _, other in ipairs(order.dependents(world.specs, name)) do post(other, {kind = "dependency_lost"}) end
end

local function on_exit(exit)
  local name, service = exit.name, world.services[exit.name]
  if not service then return queue.guarded(beside.ended, exit) end
  local phase = {
    asked = stopping or service.state == "stopping", starting = service.state == "starting", ours = world.ours[name],
  }
  local ending = cause.of(exit, phase, world.specs[name].causes, output.last_lines(name, LINES))
  local finished = service.one_shot and phase.starting and exit.kind == "exit" and exit.code == 0
  if finished then ending.cause, ending.line = "finished", nil end
  carry_out.count(name, ending)
  carry_out.forget(name)
  if phase.asked or finished then
    log.write("debug", ("%s ended: %s"):format(name, ending.words))
  else
    for _, line in ipairs(report.death(name, service, ending, exit.ran_ms)) do log.write("warn", line) end
  end
  if stopping then return end
  post(name, {kind = "exited", exit = exit, permanent = ending.permanent})
end

local function on_notify(name, lines)
  if stopping or not world.services[name] or not world.specs[name].ready.notify then return end
  if ("\n" .. lines .. "\n"):find("\nREADY=1\n", 1, true) then post(name, {kind = "ready"}) end
end

local function on_stopping()
  stopping = true
  changed()
  for name in tables.sorted(world.services) do
    local line = report.interrupted(world, name, output.last_line(name))
    if line then log.write("warn", line) end
  end
end

local verbs = {}

function verbs.start(name)
  world.leaving[name] = nil
  post(name, {kind = "start"})
end

function verbs.stop(name)
  world.leaving[name] = true
  for _, other in ipairs(order.dependents(world.specs, name)) do post(other, {kind = "dependency_lost"}) end
  queue.drain()
end

-- Services that need it go on meanwhile, because it is back soon.
function verbs.restart(name)
  world.leaving[name] = nil
  post(name, {kind = "stop"})
  post(name, {kind = "start"})
end

--- Begins what a person requests for one service. supervise.status tells how it goes on.
---@param verb "start"|"stop"|"restart"
---@param name string
---@return true|nil, string? message
function supervise.request(verb, name)
  if not world.services[name] then return nil, ("no service %q"):format(name) end
  if stopping then return nil, "everything is stopping" end
  log.write("info", ("asked to %s %s"):format(verb, name))
  verbs[verb](name)
  return true
end

--- The status of every service, see report.status.
---@return table[]
function supervise.status()
  return report.status(world, system.now(), output.last_line)
end

--- Whether the shutdown has begun, for any reason.
---@return boolean
function supervise.is_stopping() return stopping end

--- Calls fn after every change of a service.
---@param fn fun()
function supervise.on_change(fn) observers[#observers + 1] = fn end

--- Starts everything. Returns at once; the loop carries on.
---@param planned table<string, table> services of the plan
---@param given {runtime: string, notify_socket: string, budget_ms: integer, concurrency: integer, held?: table,
--- on_ready: fun(missing: string[]), on_reached?: fun(name: string)} missing: services that
--- have failed and may go on failing; on_reached: a service is ready, and those that wait for it were not started yet
---@return true|nil, string|nil
function supervise.start(planned, given)
  world.specs, world.held, options = planned, given.held or {}, given
  carry_out = actions.make(world, given,
    {apply = apply, post = post, later = later, restart = verbs.restart, give_up = give_up, changed = changed})
  passage.make(world, {later = later})
  for name, spec in pairs(planned) do
    world.services[name], world.exits[name] = machine.new(name, system.now(), spec), {}
  end
  local ok, why = process.listen(given.notify_socket)
  if not ok then return nil, why end
  loop.budget(given.budget_ms)
  loop.limit(LIMIT)
  loop.on("exit", on_exit)
  loop.on("notify", on_notify)
  loop.on("stopping", on_stopping)
  queue.follow(settle, changed)
  queue.drain()
  return true
end

return supervise
