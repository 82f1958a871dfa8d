-- The state machine of one service: (service, event) -> service, actions. Pure. Every state handles every event
-- explicitly. The supervisor carries the actions out.

local machine = {}

machine.STATES = {"waiting", "starting", "ready", "stopping", "backoff", "failed", "stopped"}
machine.EVENTS = {
  "dependencies_ready", "dependency_lost", "spawned", "spawn_failed", "ready", "exited", "timer", "stop", "start",
  "hung",
}

-- A restart comes at least SPACING ms after the last start, or after the end of a start that failed. The wait doubles
-- with each failure, up to LONGEST, and begins again at SPACING once the service was ready for STEADY ms.
machine.SPACING = 1000
machine.LONGEST = 60000
machine.STEADY = 60000

---@class Service
---@field name string
---@field state string one of machine.STATES
---@field since integer monotonic ms of the last change of state
---@field started? integer monotonic ms of the last spawn
---@field running boolean its process lives
---@field failures integer failures in a row; a minute of being ready resets them
---@field restarts integer number of starts after the first
---@field wanted boolean false once a stop was requested
---@field last_exit? table the last "exited" event
---@field give_up_after? integer after this many failures in a row it has failed for good; nil: never
---@field keep_trying? boolean it never fails for good; instead it is tried again after the longest wait
---@field one_shot? boolean it is ready when its process has ended with status 0
---@field spacing integer the shortest time from start to start, in ms

---@class Action
---@field [1] string "spawn" | "probe" | "stop" | "timer" | "cancel" | "check" | "announce" | "give_up"
---@field [2] any

--- Makes a service before its first start.
---@param name string
---@param now integer
---@param options? {give_up_after?: integer, keep_trying?: boolean, one_shot?: boolean, spacing_ms?: integer}
---@return Service
function machine.new(name, now, options)
  options = options or {}
  return {
    name = name, state = "waiting", since = now, failures = 0, restarts = 0, wanted = true, running = false,
    give_up_after = options.give_up_after, keep_trying = options.keep_trying, one_shot = options.one_shot,
    spacing = options.spacing_ms or machine.SPACING,
  }
end

local function change(service, state, now)
  service.state, service.since = state, now
end

--- How long to wait before the next start. jitter, in [0, 1), spreads the restarts of services that died together.
---@param spacing integer ms
---@param failures integer at least 1
---@param since_start integer ms since the last start
---@param jitter number
---@return integer ms
function machine.delay(spacing, failures, since_start, jitter)
  local delay = math.min(spacing * 2 ^ math.min(failures - 1, 10), machine.LONGEST)
  if failures > 1 then delay = delay * (0.8 + 0.4 * jitter) end
  return math.max(0, math.floor(delay) - since_start)
end

local function ignore() return {} end

local function spawn(service, event)
  change(service, "starting", event.now)
  if service.started then service.restarts = service.restarts + 1 end
  service.started = event.now
  return {{"spawn"}}
end

local function spawned(service)
  service.running = true
  return {{"probe"}}
end

-- A wanted service has died or could not be started. The wait counts from its last start. After a failed start it
-- counts from now, because that start may have taken longer than any wait.
local function fail(service, event)
  local since_start = service.state == "ready" and event.now - service.started or 0
  if service.state == "ready" and event.now - service.since >= machine.STEADY then service.failures = 0 end
  service.failures = service.failures + 1
  local for_good = event.permanent or (service.give_up_after and service.failures >= service.give_up_after)
  if for_good and not service.keep_trying then
    change(service, "failed", event.now)
    return {{"give_up"}}
  end
  local delay = machine.delay(service.spacing, service.failures, since_start, event.jitter)
  if event.permanent then delay = machine.LONGEST end
  change(service, "backoff", event.now)
  return {{"timer", delay}}
end

local function exited(service, event)
  service.running, service.last_exit = false, event.exit
end

local function became_ready(service, event)
  change(service, "ready", event.now)
  return {{"announce"}}
end

local function exited_unasked(service, event)
  exited(service, event)
  return fail(service, event)
end

local function exited_while_starting(service, event)
  exited(service, event)
  local finished = service.one_shot and event.exit.kind == "exit" and event.exit.code == 0
  return (finished and became_ready or fail)(service, event)
end

local function exited_asked(service, event)
  exited(service, event)
  if service.wanted then -- a start was requested meanwhile, or only a dependency was lost
    change(service, "waiting", event.now)
    return {{"check"}}
  end
  change(service, "stopped", event.now)
  return {}
end

local function end_child(service, event)
  change(service, "stopping", event.now)
  return {{"stop"}}
end

-- If no process runs, there is nothing to stop: a ready one-shot has done its work, and a starting service may have no
-- process yet.
local function stop_running(service, event)
  service.wanted = false
  if service.running then return end_child(service, event) end
  local asked_for = service.state == "starting"
  change(service, "stopped", event.now)
  return asked_for and {{"cancel"}} or {}
end

-- Ends a service that hangs. It stays wanted, so it starts again. A service without a process cannot hang.
local function end_hung(service, event)
  return service.running and end_child(service, event) or {}
end

-- Stops a service that has lost a dependency. It stays wanted, so it starts again once the dependency is back.
local function lose_dependency(service, event)
  if service.running then return end_child(service, event) end
  if service.state == "ready" then return {} end
  change(service, "waiting", event.now)
  return {{"cancel"}}
end

local function wait_for_dependency(service, event)
  change(service, "waiting", event.now)
  return {{"cancel"}}
end

local function stop_idle(service, event)
  service.wanted = false
  change(service, "stopped", event.now)
  return {{"cancel"}}
end

local function start_idle(service, event)
  service.wanted, service.failures = true, 0
  change(service, "waiting", event.now)
  return {{"check"}}
end

local function want_again(service)
  service.wanted = true
  return {}
end

local function not_wanted(service)
  service.wanted = false
  return {}
end

local function wait_again(service, event)
  change(service, "waiting", event.now)
  return {{"check"}}
end

local function never(service, event)
  error(("service %s: event %s cannot happen in state %s"):format(service.name, event.kind, service.state))
end

local STEPS = {
  waiting = {
    dependencies_ready = spawn, dependency_lost = ignore, spawned = never, spawn_failed = never, ready = ignore,
    exited = never, timer = ignore, stop = stop_idle, start = ignore, hung = ignore,
  },
  starting = {
    dependencies_ready = ignore, dependency_lost = lose_dependency, spawned = spawned, spawn_failed = fail,
    ready = became_ready, exited = exited_while_starting, timer = ignore, stop = stop_running, start = ignore,
    hung = ignore,
  },
  ready = {
    dependencies_ready = ignore, dependency_lost = lose_dependency, spawned = never, spawn_failed = never,
    ready = ignore, exited = exited_unasked, timer = ignore, stop = stop_running, start = ignore,
    hung = end_hung,
  },
  stopping = {
    dependencies_ready = ignore, dependency_lost = ignore, spawned = never, spawn_failed = never, ready = ignore,
    exited = exited_asked, timer = ignore, stop = not_wanted, start = want_again, hung = ignore,
  },
  backoff = {
    dependencies_ready = ignore, dependency_lost = wait_for_dependency, spawned = never, spawn_failed = never,
    ready = ignore, exited = never, timer = wait_again, stop = stop_idle, start = ignore, hung = ignore,
  },
  failed = {
    dependencies_ready = ignore, dependency_lost = ignore, spawned = never, spawn_failed = never, ready = ignore,
    exited = never, timer = ignore, stop = stop_idle, start = start_idle, hung = ignore,
  },
  stopped = {
    dependencies_ready = ignore, dependency_lost = ignore, spawned = never, spawn_failed = never, ready = ignore,
    exited = never, timer = ignore, stop = ignore, start = start_idle, hung = ignore,
  },
}

---@param state string
---@return boolean
function machine.is_state(state) return STEPS[state] ~= nil end

--- Handles one event. The given service is not changed.
---@param service Service
---@param event table {kind = one of machine.EVENTS, now = ms, jitter = number, exit? = table, permanent? = boolean}
---@return Service, Action[]
function machine.step(service, event)
  local step = assert(STEPS[service.state], "unknown state")[event.kind]
  assert(step, "unknown event")
  local new = {}
  for key, value in pairs(service) do new[key] = value end
  local actions = step(new, event)
  return new, actions
end

return machine
