local machine = require "processes.machine"
local report = require "processes.report"

local function world_of(specs)
  local world = {specs = specs, services = {}, reached = {}, pids = {}, endings = {}, exits = {}, next_start = {},
    unhealthy = {}, unproven = {}, closed = {}}
  for name, spec in pairs(specs) do
    world.services[name], world.exits[name] = machine.new(name, 0, spec), {}
    spec.on_failure = spec.on_failure or "exit"
  end
  return world
end

local function put(world, name, state, since)
  local service = world.services[name]
  service.state, service.since, service.started = state, since or 0, 0
end

local function shown(world, name, now, line)
  for _, status in ipairs(report.status(world, now, function() return line or "" end)) do
    if status.name == name then return status end
  end
end

local MIGRATES = {{match = "prepare_database", phase = "migrating"}}

describe("the status of services", function()
  it("lists them by name", function()
    local list = report.status(world_of {b = {}, a = {}, c = {}}, 0, function() return "" end)
    assert.same({"a", "b", "c"}, {list[1].name, list[2].name, list[3].name})
  end)

  it("lists numbered ones as a person counts", function()
    local list, names = report.status(world_of {sync10 = {}, sync2 = {}, sync1 = {}, ["sync02"] = {}, sync = {},
      nginx = {}, ["a+b12"] = {}, ["a+b3"] = {}}, 0, function() return "" end), {}
    for at, status in ipairs(list) do names[at] = status.name end
    assert.same({"a+b3", "a+b12", "nginx", "sync", "sync1", "sync02", "sync2", "sync10"}, names)
  end)

  it("names the service that a waiting one waits for", function()
    local world = world_of {a = {}, b = {needs = {"a"}}, c = {}}
    assert.equal("waits for a", shown(world, "b", 0).note)
    assert.equal("waits for its turn", shown(world, "c", 0).note)
  end)

  it("calls a start that migrates so, with its last line, from the first moment", function()
    local world = world_of {main = {phases = MIGRATES}}
    put(world, "main", "starting")
    local status = shown(world, "main", 100, "synapse.storage.prepare_database - 432 - Applying schema deltas for v90")
    assert.equal("migrating", status.shown)
    assert.equal("starting", status.state)
    assert.truthy(status.note:find "v90")
  end)

  it("has a word about a stop in the middle of a migration, and about no other", function()
    local world = world_of {main = {phases = MIGRATES}}
    put(world, "main", "starting")
    assert.truthy(report.interrupted(world, "main", "prepare_database - v90"):find(
      "main is stopped while migrating, which begins anew at its next start; its last line: prepare_database - v90",
      1, true))
    assert.is_nil(report.interrupted(world, "main", "hm"))
    put(world, "main", "ready")
    assert.is_nil(report.interrupted(world, "main", "prepare_database - v90"))
  end)

  it("shows the last line of any other start only when it takes long", function()
    local world = world_of {main = {phases = MIGRATES}}
    put(world, "main", "starting")
    assert.equal("starting", shown(world, "main", 1999, "hm").shown)
    assert.is_nil(shown(world, "main", 1999, "hm").note)
    assert.equal("hm", shown(world, "main", 2000, "hm").note)
    assert.is_nil(shown(world, "main", 2000, "").note)
  end)

  it("does not call a process that is ready migrating", function()
    local world = world_of {main = {phases = MIGRATES}}
    put(world, "main", "ready", 700)
    local status = shown(world, "main", 1000, "prepare_database")
    assert.equal("ready", status.shown)
    assert.equal(700, status.ready_after_ms)
    assert.equal(300, status.since_ms)
  end)

  it("says when the next try comes, and why there is none", function()
    local world = world_of {a = {}, b = {}}
    put(world, "a", "backoff")
    put(world, "b", "failed")
    world.next_start.a, world.endings.b = 5000, {cause = "exec", words = "exec of x: gone", at = 0}
    assert.equal("starts again in 4.00 s", shown(world, "a", 1000).note)
    assert.equal("exec of x: gone", shown(world, "b", 1000).note)
    assert.equal(1000, shown(world, "b", 1000).last_exit.ago_ms)
  end)
end)

describe("a death", function()
  local starting = {name = "main", state = "starting"}

  it("is reported with its cause and a hint", function()
    assert.same({
      "main died: exit status 1 before it was ready, 0.50 s after its start",
      "main: configuration: Error in configuration at 'x'", "main: mend it",
    }, report.death("main", starting, {cause = "configuration", words = "exit status 1",
      line = "Error in configuration at 'x'", hint = "mend it"}, 500))
  end)

  it("is reported with its last line if nothing else is known", function()
    assert.same({"main died: exit status 3 before it was ready, 0.50 s after its start", "main: its last line: odd"},
      report.death("main", starting, {cause = "status 3", words = "exit status 3", line = "odd"}, 500))
  end)

  it("for good says why it is not tried again", function()
    assert.equal("a has failed for good: exit status 1 (3 failures in a row)",
      report.given_up({name = "a", failures = 3}, {words = "exit status 1"}))
    assert.equal("a has failed for good: exec of x (another try would not help)",
      report.given_up({name = "a", failures = 1}, {words = "exec of x", permanent = true}))
  end)
end)
