-- EDGE
-- Checks a service regularly: whether it makes progress while it starts, and whether it answers once it is ready.
-- It counts checks and not time, so that a pause of the machine, the container or synlua adds one check at most.

local log = require "core.log"
local loop = require "core.loop"
local output = require "core.output"
local probe = require "core.probe"
local report = require "processes.report"
local system = require "core.system"
local tables = require "lib.tables"
local usage = require "core.usage"
local words = require "processes.words"

local STILL = 60000 -- ms between two log lines about a start that takes long
local EVERY = 15000 -- at most this many ms between two checks of a start that has a limit
local AGAIN = 20000 -- at most this many ms until the next check, after one without an answer
local LATE = 5000 -- ms by which a probe may end late; if it ends later than that, synlua itself was paused

local SILENT = 4 -- so many checks a start may answer without having sent READY

-- A service that uses this share of a processor is at work. A program that only waits uses less.
local WORKS = 0.01

-- A check without an answer counts four points if the service is not at work either. If it is, it may only be busy, so
-- the check counts one point, and the service has four times as long.
local WHOLE, BUSY = 4, 1

local world, engine
local timers = {} -- by service

local looks = {}

--- Ends the checks of a service.
---@param name string
function looks.cancel(name)
  if timers[name] then timers[name]:close() end
  timers[name], world.unhealthy[name] = nil, nil
end

local function after(name, ms, fn)
  if timers[name] then timers[name]:close() end
  timers[name] = loop.timer(ms, function()
    timers[name] = nil
    fn()
  end)
end

-- The processor time in ms that the service's processes have used.
local function worked_ms(name)
  local found = world.pids[name] and usage.of_all {[name] = world.pids[name]}
  local used = found and found[name]
  return used and used.cpu_s * 1000 or 0
end

-- Whether the service was at work since the last check.
local function works(seen, name, span)
  local before = seen.worked
  seen.worked = worked_ms(name)
  return before ~= nil and seen.worked - before >= span * WORKS
end

-- Whether the start has used up a limit: returns that limit and the reason, or nothing.
local function start_is_over(name, seen, now)
  local spec, span = world.specs[name], math.min(now - seen.at, 2 * seen.every)
  local doing = report.phase(spec, output.last_line(name))
  seen.at = now
  if works(seen, name, span) or doing then seen.still = 0 else seen.still = seen.still + span end
  if spec.start_limit_ms and seen.still >= spec.start_limit_ms then
    return spec.start_limit_ms, "it did nothing for " .. words.span(spec.start_limit_ms)
  elseif spec.start_work_ms and seen.worked >= spec.start_work_ms then
    return spec.start_work_ms, "it worked for " .. words.span(spec.start_work_ms)
  end
end

local function ask(alive, fn)
  local target = tables.copy(alive.probe)
  target.timeout_ms = alive.timeout_ms
  return pcall(probe.run, target, fn)
end

-- A service that answers has completed its start. If it has not sent READY soon after, it never will. During a
-- migration it does not answer.
local function look_for_ready(name, current, seen)
  local spec = world.specs[name]
  if not spec.alive or not spec.ready.notify then return end
  ask(spec.alive, function(answers)
    if not current() then return end
    seen.silent = answers and seen.silent + 1 or 0
    if seen.silent < SILENT then return end
    log.write("warn", name .. " answers, but has not sent READY: killed")
    engine.kill(name, "silent", "it answered, but did not send READY")
  end)
end

local function look_at_start(name, current, seen)
  after(name, seen.every, function()
    if not current() then return end
    local now = system.now()
    local limit, why = start_is_over(name, seen, now)
    if limit then
      log.write("warn", ("%s was not ready in %s: killed"):format(name, words.span(limit)))
      return engine.kill(name, "start limit", why)
    elseif now - seen.said >= STILL then
      seen.said = now
      log.write("info", report.still(world, name, output.last_line(name), now))
    end
    look_for_ready(name, current, seen)
    look_at_start(name, current, seen)
  end)
end

--- Checks a service until it is ready. A start without a limit may take hours, so it is only logged.
---@param name string
---@param current fun(): boolean whether this start still goes on
function looks.at_start(name, current)
  local spec, now = world.specs[name], system.now()
  local limit = math.min(spec.start_limit_ms or math.huge, spec.start_work_ms or math.huge)
  local every = limit < math.huge and math.max(1, math.min(limit // 4, EVERY)) or STILL
  if spec.alive then every = math.min(every, EVERY, spec.alive.every_ms) end
  look_at_start(name, current, {every = every, at = now, said = now, still = 0, worked = 0, silent = 0})
end

local function answered(name, seen)
  if world.unhealthy[name] then
    world.unhealthy[name] = nil
    log.write("info", name .. " answers again")
    engine.changed()
  end
  seen.points, seen.worked, seen.missed = 0, nil, 0
end

-- Counts a check without an answer.
local function missed(name, seen, why, took)
  local alive = world.specs[name].alive
  if took > alive.timeout_ms + LATE then return end
  local now = system.now()
  local busy = works(seen, name, now - (seen.at or now))
  seen.at, seen.missed, seen.points = now, seen.missed + 1, seen.points + (busy and BUSY or WHOLE)
  if seen.points >= alive.patience * WHOLE and not world.unhealthy[name] then
    world.unhealthy[name] = ("does not answer (%s), %d times in a row"):format(why, seen.missed)
    log.write("warn", ("%s %s"):format(name, world.unhealthy[name]))
    engine.changed()
  end
  if alive.restart_after and seen.points >= alive.restart_after * WHOLE then
    local what = ("it did not answer %d times in a row"):format(seen.missed)
    log.write("warn", ("%s hangs: %s; it is started again"):format(name, what))
    world.ours[name] = {cause = "hung", why = what}
    engine.post(name, {kind = "hung"})
    return true
  end
end

local function look_at_ready(name, current, seen)
  local alive = world.specs[name].alive
  after(name, seen.points > 0 and math.min(alive.every_ms, AGAIN) or alive.every_ms, function()
    if not current() then return end
    local asked = system.now()
    local called, ok, why = ask(alive, function(answers, fault)
      if not current() then return end
      if answers then
        answered(name, seen)
      elseif missed(name, seen, fault, system.now() - asked) then
        return
      end
      look_at_ready(name, current, seen)
    end)
    if not called then return log.write("error", ("%s is not looked at: %s"):format(name, words.fault(ok))) end
    if not ok then
      log.write("debug", ("%s: %s"):format(name, why))
      look_at_ready(name, current, seen)
    end
  end)
end

--- Checks a ready service until it ends, if its file defines a health probe.
---@param name string
function looks.at_ready(name)
  looks.cancel(name)
  local service = world.services[name]
  if not world.specs[name].alive or not service.running then return end
  local function current()
    local it = world.services[name]
    return it.state == "ready" and it.started == service.started
  end
  look_at_ready(name, current, {points = 0, missed = 0})
end

--- Sets up this module for one supervisor.
---@param the_world World
---@param the_engine table of actions.make
function looks.make(the_world, the_engine) world, engine = the_world, the_engine end

return looks
