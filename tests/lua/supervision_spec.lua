-- The state machine and the order of services together, with random events on random graphs.

local machine = require "processes.machine"
local order = require "lib.order"
local tables = require "lib.tables"

-- Called some million times: luassert and words made beforehand would take minutes.
local function must(holds, ...)
  if not holds then error(table.concat({...}, " "), 2) end
end

local function dice(seed)
  local state = seed
  return function(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 65536 % n + 1
  end
end

-- Edges go to earlier names only, so there is no cycle.
local function graph(roll)
  local specs, names = {}, {}
  for at = 1, 2 + roll(5) do
    local spec = {needs = {}, milestone = {}, after = {}, one_shot = roll(5) == 1, heavy = roll(2) == 1,
      give_up_after = roll(3) == 1 and roll(4) or nil, keep_trying = roll(4) == 1,
      spacing_ms = roll(2) == 1 and 0 or nil}
    for _, other in ipairs(names) do
      local kind = ({"needs", "milestone", "after"})[roll(6)]
      if kind then table.insert(spec[kind], other) end
    end
    names[at] = "s" .. at
    specs[names[at]] = spec
  end
  return specs, names
end

local World = {}
World.__index = World

local function new_world(roll)
  local self = setmetatable({roll = roll, now = 0, services = {}, reached = {}, leaving = {}, alive = {}, timers = {},
    spawns = 0, slots = roll(3)}, World)
  self.specs, self.names = graph(roll)
  assert.same({}, order.check(self.specs))
  for name, spec in pairs(self.specs) do self.services[name] = machine.new(name, 0, spec) end
  return self
end

function World:spawn(name)
  local service = self.services[name]
  must(not self.alive[name], name, "has a second child")
  must(service.wanted, name, "was stopped and is started")
  for _, need in ipairs(self.specs[name].needs) do
    must(self.services[need].state == "ready", name, "starts without", need)
  end
  for _, need in ipairs(self.specs[name].milestone) do must(self.reached[need], name, "starts before", need) end
  self.spawns = self.spawns + 1
  if self.roll(8) == 1 then return self:apply(name, {kind = "spawn_failed", permanent = self.roll(2) == 1}) end
  self.alive[name] = true
  self:apply(name, {kind = "spawned"})
end

local actions = {}

function actions.spawn(self, name) self:spawn(name) end

function actions.stop(self, name) must(self.alive[name], name, "has nothing to stop") end

function actions.timer(self, name, ms)
  must(ms >= 0 and ms <= machine.LONGEST * 1.2, name, "waits", ms)
  self.timers[name] = true
end

function actions.cancel(self, name) self.timers[name] = nil end

function actions.announce(self, name) self.reached[name] = true end

function actions.give_up(self, name)
  for _, other in ipairs(order.dependents(self.specs, name)) do self:apply(other, {kind = "dependency_lost"}) end
end

function actions.check() end

function actions.probe() end

function World:apply(name, event)
  event.now, event.jitter = self.now, self.roll(100) / 101
  local todo
  self.services[name], todo = machine.step(self.services[name], event)
  for _, action in ipairs(todo) do actions[action[1]](self, name, action[2]) end
end

-- What supervise.lua does after every event.
function World:settle()
  for name in tables.sorted(self.leaving) do
    local needed = false
    for _, other in ipairs(order.dependents(self.specs, name)) do needed = needed or self.services[other].running end
    if not needed then
      self.leaving[name] = nil
      self:apply(name, {kind = "stop"})
    end
  end
  local slots = self.slots
  for name, service in pairs(self.services) do
    if service.state == "starting" and self.specs[name].heavy then slots = slots - 1 end
  end
  for name, spec in tables.sorted(self.specs) do
    if self.services[name].state == "waiting" and not self.leaving[name] and (slots > 0 or not spec.heavy)
      and order.may_start(spec, self.services, self.reached, self.leaving) then
      self:apply(name, {kind = "dependencies_ready"})
      if spec.heavy then slots = slots - 1 end
    end
  end
end

function World:check()
  local heavy = 0
  for name, service in pairs(self.services) do
    local state = service.state
    must(machine.is_state(state), name, "has no state")
    must((self.alive[name] == true) == service.running, name, "lost its child in state", state)
    local lives = state == "starting" or state == "stopping" or state == "ready" and not self.specs[name].one_shot
    if not (state == "ready" and self.specs[name].one_shot) then
      must(lives == service.running, name, "has the wrong state:", state)
    end
    must((state == "backoff") == (self.timers[name] == true), name, "has the wrong timer in state", state)
    if state == "starting" and self.specs[name].heavy then heavy = heavy + 1 end
  end
  must(heavy <= self.slots, "too many start at once")
end

local happen = {}

function happen.exited(self, name)
  if not self.alive[name] then return end
  self.alive[name] = nil
  local asked = self.services[name].state == "stopping"
  self:apply(name, {kind = "exited", permanent = not asked and self.roll(12) == 1 or nil,
    exit = {kind = self.roll(2) == 1 and "exit" or "signal", code = self.roll(2) - 1}})
end

function happen.timer(self, name)
  if not self.timers[name] then return end
  self.timers[name] = nil
  self:apply(name, {kind = "timer"})
end

-- A message or probe of a start that may be over long since.
function happen.ready(self, name)
  if self.alive[name] then self:apply(name, {kind = "ready"}) end
end

function happen.hung(self, name)
  self:apply(name, {kind = "hung"})
end

function happen.start(self, name)
  self.leaving[name] = nil
  self:apply(name, {kind = "start"})
end

function happen.stop(self, name)
  self.leaving[name] = true
  for _, other in ipairs(order.dependents(self.specs, name)) do self:apply(other, {kind = "dependency_lost"}) end
end

function happen.restart(self, name)
  self:apply(name, {kind = "stop"})
  self:settle()
  self:check()
  self:apply(name, {kind = "start"})
end

local KINDS = {
  "exited", "exited", "timer", "timer", "timer", "ready", "ready", "ready", "start", "stop", "restart", "hung",
}

local function walk(seed)
  local roll = dice(seed)
  local world = new_world(roll)
  world:settle()
  world:check()
  for _ = 1, 300 do
    world.now = world.now + roll(5000)
    happen[KINDS[roll(#KINDS)]](world, world.names[roll(#world.names)])
    world:settle()
    world:check()
  end
  return world
end

-- From wherever the walk ended: with nothing failing any more everything that is wanted becomes ready.
local function calm_down(world)
  local roll = world.roll
  world.roll = function(n) return n end -- nothing that a 1 stands for happens
  for name in tables.sorted(world.specs) do happen.start(world, name) end
  for _ = 1, 40 do
    for _, name in ipairs(world.names) do
      happen.timer(world, name)
      local service, spec = world.services[name], world.specs[name]
      if service.state == "stopping" then happen.exited(world, name) end
      if service.state == "starting" then
        if spec.one_shot then
          world.alive[name] = nil
          world:apply(name, {kind = "exited", exit = {kind = "exit", code = 0}})
        else
          happen.ready(world, name)
        end
      end
      world:settle()
      world:check()
    end
  end
  world.roll = roll
  for name, service in pairs(world.services) do must(service.state == "ready", name, "stays", service.state) end
end

describe("supervision on random walks", function()
  it("reaches no undefined state, starts nothing that was stopped, loses no child, and recovers", function()
    local spawns = 0
    for seed = 1, 200 do
      local ok, why = pcall(function()
        local world = walk(seed)
        calm_down(world)
        spawns = spawns + world.spawns
      end)
      assert(ok, ("seed %d: %s"):format(seed, tostring(why)))
    end
    assert.is_true(spawns > 5000, spawns)
  end)
end)
