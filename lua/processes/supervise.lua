-- EDGE
-- Carries out what the state machine decides: spawns, probes, sets timers, and says when everything is ready.

local file = require "core.file"
local log = require "core.log"
local loop = require "core.loop"
local probe = require "core.probe"
local process = require "core.process"
local system = require "core.system"
local machine = require "processes.machine"
local order = require "processes.order"
local tables = require "tables"
local words = require "processes.words"

local supervise = {}

local PROBE_PAUSE = 50 -- ms between two tries of a service that is still starting
local PROBE_TIMEOUT = 2000

local specs, services, reached, timers = {}, {}, {}, {}
local stopping, announced, on_ready, runtime = false, false, nil, nil

local step -- forward: actions lead to events

local function later(name, ms, event)
  if timers[name] then timers[name]:close() end
  timers[name] = loop.timer(ms, function()
    timers[name] = nil
    event()
  end)
end

local function probe_ready(name)
  local started = services[name].started
  local target = tables.copy(specs[name].ready.probe)
  target.timeout_ms = PROBE_TIMEOUT
  local function current() return services[name].state == "starting" and services[name].started == started end
  local ok, why = probe.get(target, function(status)
    if not current() then return end
    if status and status < 400 then
      step(name, {kind = "ready"})
    else
      later(name, PROBE_PAUSE, function() if current() then probe_ready(name) end end)
    end
  end)
  if not ok then log.write("error", ("%s: %s"):format(name, why)) end
end

local function check_waiting()
  if stopping then return end
  for name in tables.sorted(specs) do
    if services[name].state == "waiting" and order.may_start(specs[name], services, reached) then
      step(name, {kind = "dependencies_ready"})
    end
  end
end

local function announce_all()
  if announced then return end
  for name in pairs(specs) do
    if services[name].state ~= "ready" then return end
  end
  announced = true
  on_ready()
end

-- Errors of exec that no waiting mends.
local PERMANENT = {ENOENT = true, EACCES = true, ENOEXEC = true, ENOTDIR = true, EPERM = true}

local actions = {}

-- What a killed process leaves: its socket, and Twisted's lock beside it, which may name a pid that lives again.
local function remove_sockets(name)
  for _, path in ipairs(specs[name].sockets or {}) do
    for _, leftover in ipairs {path, path .. ".lock"} do
      local ok, why = file.remove(runtime, leftover)
      if not ok then log.write("warn", ("%s: %s"):format(name, why)) end
    end
  end
end

function actions.spawn(name)
  remove_sockets(name)
  local pid, why, errno = process.spawn(specs[name].process)
  if not pid then
    log.write("error", ("%s: %s"):format(name, why))
    return step(name, {kind = "spawn_failed", permanent = PERMANENT[errno]})
  end
  log.write("debug", ("%s started, pid %d"):format(name, pid))
  step(name, {kind = "spawned"})
end

function actions.probe(name)
  if specs[name].ready.probe then probe_ready(name) end
end

function actions.timer(name, ms)
  log.write("info", ("%s starts again in %s"):format(name, words.span(ms)))
  later(name, ms, function() step(name, {kind = "timer"}) end)
end

function actions.cancel(name)
  if timers[name] then
    timers[name]:close()
    timers[name] = nil
  end
end

function actions.stop(name) process.signal(name, specs[name].process.stop_signal or "TERM") end

function actions.check() check_waiting() end

function actions.announce(name)
  local service = services[name]
  reached[name] = true
  local again = service.restarts > 0 and " again" or ""
  log.write(service.restarts > 0 and "info" or "debug",
    ("%s is ready%s after %s"):format(name, again, words.span(service.since - service.started)))
  announce_all()
  check_waiting()
end

function actions.give_up(name)
  log.write("error", ("%s has failed for good after %d failures in a row"):format(name, services[name].failures))
  if specs[name].on_failure == "exit" then
    log.write("error", ("exit 70: %s does not run and is essential"):format(name))
    stopping = true
    loop.stop(70)
  end
  check_waiting()
end

function step(name, event)
  event.now, event.jitter = system.now(), math.random()
  local todo
  services[name], todo = machine.step(services[name], event)
  for _, action in ipairs(todo) do actions[action[1]](name, action[2]) end
end

local function on_exit(exit)
  local name = exit.name
  if not services[name] then return end
  if stopping then
    log.write("debug", ("%s ended: %s"):format(name, words.exit(exit)))
    return
  end
  local service = services[name]
  if service.state ~= "stopping" then
    local last = process.last_line(name)
    log.write("warn", ("%s died: %s, %s after its start%s"):format(name, words.exit(exit), words.span(exit.ran_ms),
      last ~= "" and service.state == "starting" and "; its last line: " .. last or ""))
  end
  step(name, {kind = "exited", exit = exit})
end

local function on_notify(name, field, value)
  if stopping or not services[name] then return end
  if field == "READY" and value == "1" and specs[name].ready.notify then step(name, {kind = "ready"}) end
end

--- Starts everything; returns at once, the loop carries on.
---@param planned table<string, table> services of the plan
---@param options {runtime: string, notify_socket: string, budget_ms: integer, on_ready: fun()}
---@return true|nil, string|nil
function supervise.start(planned, options)
  specs, on_ready, runtime = planned, options.on_ready, options.runtime
  local now = system.now()
  for name, spec in pairs(specs) do services[name] = machine.new(name, now, spec.give_up_after) end
  local ok, why = process.listen(options.notify_socket)
  if not ok then return nil, why end
  loop.budget(options.budget_ms)
  loop.on("exit", on_exit)
  loop.on("notify", on_notify)
  loop.on("stopping", function() stopping = true end)
  check_waiting()
  return true
end

return supervise
