-- EDGE
-- Carries out the actions of the state machine: processes, probes, timers, and log lines about them.

local events = require "processes.events"
local file = require "core.file"
local launch = require "processes.launch"
local log = require "core.log"
local looks = require "processes.looks"
local loop = require "core.loop"
local probe = require "core.probe"
local process = require "core.process"
local system = require "core.system"
local tables = require "lib.tables"
local words = require "processes.words"

local PROBE_PAUSE = 50 -- ms between two probes of a service that is starting
local PROBE_TIMEOUT = 2000
local GRACE = 5000 -- ms from the stop signal to SIGKILL, unless the service sets it

local world, options, engine
-- One timer per service and purpose: the next attempt, and the end of a stop that takes too long.
local tries, limits = {}, {}
local carry_out = {}

local function cancel(set, name)
  if set[name] then set[name]:close() end
  set[name] = nil
end

local function later(set, name, ms, fn)
  cancel(set, name)
  set[name] = loop.timer(ms, function()
    set[name] = nil
    fn()
  end)
end

-- Returns a function that is true until a newer start of the service begins.
local function same_start(name)
  local started = world.services[name].started
  return function() return world.services[name].state == "starting" and world.services[name].started == started end
end

-- Asks the service whether it is ready. If the probe itself cannot run, the start has failed.
local function probe_ready(name, current)
  local target = tables.copy(world.specs[name].ready.probe)
  target.timeout_ms = PROBE_TIMEOUT
  local called, ok, why = pcall(probe.run, target, function(answers)
    if not current() then return end
    if answers then return engine.post(name, {kind = "ready"}) end
    later(tries, name, PROBE_PAUSE, function() if current() then probe_ready(name, current) end end)
  end)
  if called and ok then return end
  local fault = words.fault(called and why or ok)
  carry_out.start_failed(name, "readiness", "it cannot be asked whether it is ready: " .. fault)
end

local function log_failure(name, ok, why)
  if not ok then log.write("warn", ("%s: %s"):format(name, why)) end
end

local function remove(name, path) log_failure(name, file.remove(options.runtime, path)) end

-- Removes a leftover with the rights of the service's user, because that user may have put a link on the way to it.
local function remove_as(name, user, leftover)
  if not user.uid then return log_failure(name, file.remove(leftover.base, leftover.path)) end
  log_failure(name, file.remove_as(user, leftover.base .. "/" .. leftover.path))
end

-- Removes the files that a killed process leaves: its socket, the lock file beside it, whose pid may now belong to
-- another process, and the files that the service names in `leftovers`.
local function remove_leftovers(name)
  local spec = world.specs[name]
  for _, path in ipairs(spec.sockets or {}) do
    remove(name, path)
    remove(name, path .. ".lock")
  end
  for _, leftover in ipairs(spec.leftovers or {}) do remove_as(name, spec.process, leftover) end
end

-- Gives the sockets of a process that is ready the modes that its service names in `modes`.
local function give_modes(name)
  local spec = world.specs[name]
  for _, one in ipairs(spec.modes or {}) do
    log_failure(name, file.admit_as(spec.process.uid and spec.process or nil, one.path, one))
  end
end

--- Records and counts how the process ended.
function carry_out.count(name, ending)
  local exits = world.exits[name]
  exits[ending.cause] = (exits[ending.cause] or 0) + 1
  world.endings[name] = ending
  ending.at = system.now()
  local started = world.services[name].started
  events.tell {event = "exited", service = name, cause = ending.cause, words = ending.words, line = ending.line,
    hint = ending.hint, ran_ms = started and ending.at - started}
end

--- Kills the process, and records the reason for the report of its death.
function carry_out.kill(name, why_cause, why)
  world.ours[name] = {cause = why_cause, why = why}
  process.signal(name, "KILL")
end

--- Reports that a start could not be carried out, as a failure of the service. If it has a process already, the process
--- is killed, and its end is the failure.
function carry_out.start_failed(name, why_cause, why)
  local service = world.services[name]
  if service.state ~= "starting" then return end
  carry_out.kill(name, why_cause, why)
  if service.running then return end
  carry_out.count(name, {cause = why_cause, words = why})
  engine.apply(name, {kind = "spawn_failed"})
end

function carry_out.spawn(name)
  world.ours[name] = nil
  remove_leftovers(name)
  launch.start(name)
end

function carry_out.probe(name)
  local current, ready = same_start(name), world.specs[name].ready
  looks.at_start(name, current)
  if ready.started then return engine.post(name, {kind = "ready"}) end
  if ready.probe then probe_ready(name, current) end
end

function carry_out.timer(name, ms)
  log.write("info", ("%s starts again %s"):format(name, ms > 0 and "in " .. words.span(ms) or "at once"))
  world.next_start[name] = system.now() + ms
  later(tries, name, ms, function() engine.post(name, {kind = "timer"}) end)
end

function carry_out.cancel(name)
  cancel(tries, name)
  launch.cancel(name)
end

function carry_out.stop(name)
  local spec = world.specs[name].process
  process.signal(name, spec.stop_signal or "TERM")
  process.signal(name, "CONT") -- a stopped process could not act on the signal
  cancel(tries, name)
  looks.cancel(name)
  later(limits, name, spec.grace_ms or GRACE, function()
    log.write("warn", name .. " did not end in time: killed")
    process.signal(name, "KILL")
  end)
end

function carry_out.check() end -- settle() follows every event

function carry_out.announce(name)
  world.reached[name] = true
  give_modes(name)
  local service = world.services[name]
  local again = service.restarts > 0 and " again" or ""
  log.write(service.restarts > 0 and "info" or "debug",
    ("%s is ready%s after %s"):format(name, again, words.span(service.since - service.started)))
  events.tell {event = "ready", service = name, restarts = service.restarts,
    ready_after_ms = service.since - service.started}
  if options.on_reached then options.on_reached(name) end
  looks.at_ready(name)
end

function carry_out.give_up(name)
  local ending = world.endings[name] or {}
  events.tell {event = "failed", service = name, essential = world.specs[name].on_failure == "exit",
    cause = ending.cause, words = ending.words, line = ending.line, hint = ending.hint}
  engine.give_up(name)
end

--- Clears what was kept of a process that has ended.
function carry_out.forget(name)
  world.pids[name], world.ours[name] = nil, nil
  cancel(limits, name)
  looks.cancel(name)
end

local actions = {}

--- Gives the actions by name, for one supervisor.
---@param the_world World
---@param given {runtime: string, on_reached?: fun(name: string)}
---@param the_engine table<string, function> apply, post (name, event); later (fn); restart, give_up (name)
---@return table<string, fun(name: string, value: any)>
function actions.make(the_world, given, the_engine)
  world, options, engine = the_world, given, the_engine
  engine.count, engine.kill = carry_out.count, carry_out.kill
  launch.make(world, engine)
  looks.make(world, engine)
  return carry_out
end

return actions
