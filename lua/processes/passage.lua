-- EDGE
-- Asks whether requests pass through a service to the one that it `leads_to`: nginx may be ready and Synapse as well,
-- and still nobody gets an answer. Only while both are ready, and by counting questions, not time. Nothing is started
-- again for it, because no start would mend it.

local log = require "core.log"
local loop = require "core.loop"
local probe = require "core.probe"
local system = require "core.system"
local tables = require "lib.tables"
local words = require "processes.words"

local FIRST, SLOWEST = 50, 2000 -- ms from one question to the next until the first answer; the pause doubles
local PATIENCE = 10 -- so many questions without an answer until the first one: nine seconds
local AGAIN = 20000 -- at most this many ms until the next question, after one without an answer
local LATE = 5000 -- ms by which an answer may be late; if it comes later than that, synlua itself was paused

local world, engine
local asking = {} -- by service: {timer, missed, pause, was_open}

local passage = {}

local function cancel(name)
  local it = asking[name]
  if it and it.timer then it.timer:close() end
  asking[name], world.unproven[name], world.closed[name] = nil, nil, nil
end

local ask

local function after(name, it, ms)
  it.timer = loop.timer(ms, function()
    it.timer = nil
    ask(name, it)
  end)
end

local function opened(name, it, leads)
  if world.closed[name] then
    log.write("info", ("%s leads to %s%s"):format(name, leads.service, it.was_open and " again" or ""))
  end
  world.unproven[name], world.closed[name] = nil, nil
  it.was_open, it.missed = true, 0
  after(name, it, leads.every_ms)
end

local function missed(name, it, leads, why)
  it.missed = it.missed + 1
  if it.missed >= (it.was_open and leads.patience or PATIENCE) and not world.closed[name] then
    local text = ("does not lead to %s (%s), %d times in a row"):format(leads.service, why, it.missed)
    world.unproven[name], world.closed[name] = nil, text
    log.write("warn", ("%s %s"):format(name, text))
  end
  it.pause = math.min(it.pause * 2, SLOWEST)
  after(name, it, it.was_open and math.min(leads.every_ms, AGAIN) or it.pause)
end

-- One question. fn is told of the answer in its turn, unless a service has left its state meanwhile.
local function question(name, it, target, timeout_ms, fn)
  local asked, own = system.now(), tables.copy(target)
  own.timeout_ms = timeout_ms
  local function on_answer(answers, why)
    engine.later(function()
      if asking[name] ~= it then return end
      fn(answers, why, system.now() - asked > timeout_ms + LATE)
    end)
  end
  local called, ok, why = pcall(probe.run, own, on_answer)
  if not (called and ok) then on_answer(false, words.fault(called and why or ok)) end
end

-- Without an answer: where the one behind does not answer itself either, its own checks tell.
function ask(name, it)
  local leads = world.specs[name].leads_to
  local alive = world.specs[leads.service].alive
  question(name, it, leads.probe, leads.timeout_ms, function(answers, why, late)
    if answers then return opened(name, it, leads) end
    if late then return after(name, it, it.pause) end
    if not alive then return missed(name, it, leads, why) end
    question(name, it, alive.probe, alive.timeout_ms, function(itself)
      if itself then return missed(name, it, leads, why) end
      after(name, it, SLOWEST)
    end)
  end)
end

local function is_ready(name) return world.services[name] ~= nil and world.services[name].state == "ready" end

--- Call it after every event: begins to ask once both services are ready, and ends that when one is not.
function passage.settle()
  for name, spec in tables.sorted(world.specs) do
    local leads = spec.leads_to
    if leads and is_ready(name) and is_ready(leads.service) then
      if not asking[name] then
        asking[name], world.unproven[name] = {missed = 0, pause = FIRST}, leads.service
        ask(name, asking[name])
      end
    elseif asking[name] then
      cancel(name)
    end
  end
end

--- Sets up this module for one supervisor.
---@param the_world World
---@param the_engine {later: fun(fn: fun())}
function passage.make(the_world, the_engine) world, engine = the_world, the_engine end

return passage
