local machine = require "processes.machine"

-- The table of ARCHITECTURE.md: one row per event, one cell per state: the next state (nothing: the same), and the
-- action in brackets. "never" may not happen.
local function documented()
  local states, table_of = nil, {}
  for line in assert(io.open "ARCHITECTURE.md"):lines() do
    local cells = {}
    for cell in line:gmatch "|%s*([^|]-)%s*%f[|]" do cells[#cells + 1] = cell end
    if cells[1] == "event \\ state" then
      states = cells
    elseif states and #cells == #states and not cells[1]:find "^%-" then
      table_of[cells[1]] = {}
      for at = 2, #cells do table_of[cells[1]][states[at]] = cells[at] end
    elseif states and #cells == 0 then
      return table_of
    end
  end
end

local RUNNING = {starting = true, ready = true, stopping = true}

local function service(state)
  local made = machine.new("fake", 0)
  made.state, made.started, made.wanted = state, 0, state ~= "stopping" and state ~= "stopped"
  made.running = RUNNING[state] or false
  return made
end

local function event(kind, now, more)
  local made = {kind = kind, now = now or 100, jitter = 0.5, exit = {kind = "exit", code = 1}}
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

describe("a start whose process does not exist yet", function()
  local function starting()
    local made = service "starting"
    made.running, made.wanted = false, true
    return made
  end

  it("is not waited for when it is to be stopped", function()
    local after, actions = machine.step(starting(), event "stop")
    assert.equal("stopped", after.state)
    assert.same({{"cancel"}}, actions)
  end)

  it("waits again when a dependency is lost", function()
    local after, actions = machine.step(starting(), event "dependency_lost")
    assert.equal("waiting", after.state)
    assert.same({{"cancel"}}, actions)
  end)
end)

describe("the state machine", function()
  local table_of = documented()

  it("has every event in the table of ARCHITECTURE.md, and no other", function()
    local rows, events = {}, {}
    for kind in pairs(table_of) do rows[#rows + 1] = kind end
    for _, kind in ipairs(machine.EVENTS) do events[#events + 1] = kind end
    table.sort(rows)
    table.sort(events)
    assert.same(events, rows)
  end)

  for _, state in ipairs(machine.STATES) do
    for _, kind in ipairs(machine.EVENTS) do
      it(("does what ARCHITECTURE.md says of %s in state %s"):format(kind, state), function()
        local expected = table_of[kind][state]
        if expected == "never" then
          assert.has_error(function() machine.step(service(state), event(kind)) end)
          return
        end
        local after, actions = machine.step(service(state), event(kind))
        local seen = after.state == state and "" or after.state
        if actions[1] then seen = (seen .. " [" .. actions[1][1] .. "]"):gsub("^ ", "") end
        assert.equal(expected, seen)
        assert.is_nil(actions[2])
      end)
    end
  end

  it("never changes the service it was given", function()
    local before = service "waiting"
    machine.step(before, event "dependencies_ready")
    assert.equal("waiting", before.state)
  end)

  it("waits at least a second from start to start, then ever longer, at most a minute and a fifth", function()
    local last = 0
    for failures = 1, 20 do
      local delay = machine.delay(machine.SPACING, failures, 0, 0.5)
      assert.is_true(delay >= 1000 and delay >= last and delay <= 72000, ("%d: %d"):format(failures, delay))
      last = delay
    end
    assert.equal(0, machine.delay(machine.SPACING, 1, 5000, 0))
  end)

  it("waits its whole time after a start that failed, however long that start took", function()
    local _, actions = machine.step(service "starting", event("exited", 5000))
    assert.same({{"timer", machine.SPACING}}, actions)
    _, actions = machine.step(service "starting", event("spawn_failed", 5000))
    assert.same({{"timer", machine.SPACING}}, actions)
    _, actions = machine.step(service "ready", event("exited", 5000))
    assert.same({{"timer", 0}}, actions)
  end)

  it("starts again what hung while it was ready", function()
    local stopping = machine.step(service "ready", event "hung")
    local after, actions = machine.step(stopping, event "exited")
    assert.equal("waiting", after.state)
    assert.same({{"check"}}, actions)
  end)

  it("forgives earlier deaths after a minute of being ready", function()
    local ready = service "ready"
    ready.failures = 3
    assert.equal(4, machine.step(ready, event("exited", 59999)).failures)
    assert.equal(1, machine.step(ready, event("exited", 60000)).failures)
  end)

  it("fails for good at a permanent failure, and after as many in a row as it may", function()
    local after, actions = machine.step(service "starting", event("spawn_failed", 1, {permanent = true}))
    assert.equal("failed", after.state)
    assert.equal("give_up", actions[1][1])
    local limited = service "starting"
    limited.give_up_after, limited.failures = 3, 1
    assert.equal("backoff", machine.step(limited, event "exited").state)
    limited.failures = 2
    assert.equal("failed", machine.step(limited, event "exited").state)
  end)

  it("takes a one-shot that ended with 0 for ready, and stops it without a signal", function()
    local one = service "starting"
    one.one_shot = true
    local done, actions = machine.step(one, event("exited", 5, {exit = {kind = "exit", code = 0}}))
    assert.equal("ready", done.state)
    assert.equal("announce", actions[1][1])
    local stopped, none = machine.step(done, event "stop")
    assert.equal("stopped", stopped.state)
    assert.same({}, none)
    assert.equal("ready", machine.step(done, event "dependency_lost").state)
    assert.equal("backoff", machine.step(one, event "exited").state)
    assert.equal("backoff", machine.step(one, event("exited", 5, {exit = {kind = "signal", code = 0}})).state)
  end)

  it("retries a service that may never fail for good after the longest wait", function()
    local one = service "starting"
    one.keep_trying, one.give_up_after, one.failures = true, 2, 7
    local after, actions = machine.step(one, event("spawn_failed", 1, {permanent = true}))
    assert.equal("backoff", after.state)
    assert.same({{"timer", machine.LONGEST}}, actions)
    assert.equal("backoff", machine.step(one, event "exited").state)
  end)

  it("starts what lost a dependency again once that is back", function()
    local stopping = machine.step(service "ready", event "dependency_lost")
    assert.equal("stopping", stopping.state)
    assert.equal("waiting", machine.step(stopping, event "exited").state)
  end)

  it("starts a service again that was asked to start while it was ending", function()
    local stopping = machine.step(service "ready", event "stop")
    local wanted = machine.step(stopping, event "start")
    local after, actions = machine.step(wanted, event "exited")
    assert.equal("waiting", after.state)
    assert.equal("check", actions[1][1])
  end)

  -- The world as the supervisor makes it: a child lives from spawn to exit, a timer runs from its action to its event.
  local function walk(seed)
    local random = seed
    local function roll(n)
      random = (random * 1103515245 + 12345) % 2147483648
      return random // 65536 % n + 1
    end
    local options = {give_up_after = roll(2) == 1 and 8 or nil, keep_trying = roll(3) == 1, one_shot = roll(3) == 1}
    local one, alive, timer, now = machine.new("fake", 0, options), false, false, 0
    for _ = 1, 400 do
      now = now + roll(30000)
      local possible = {"stop", "start", "ready", "dependencies_ready", "dependency_lost", "hung"}
      if alive then possible[#possible + 1] = "exited" end
      if timer then possible[#possible + 1] = "timer" end
      local kind = possible[roll(#possible)]
      local actions
      alive, timer = alive and kind ~= "exited", timer and kind ~= "timer"
      one, actions = machine.step(one, event(kind, now,
        {jitter = roll(100) / 101, permanent = roll(9) == 1, exit = {kind = "exit", code = roll(2) - 1}}))
      for _, action in ipairs(actions) do
        if action[1] == "spawn" then
          assert.is_false(alive, "a second child")
          assert.is_true(one.wanted, "a stopped service was started")
          local failed = roll(5) == 1
          alive = not failed
          local more
          one, more = machine.step(one, event(failed and "spawn_failed" or "spawned", now))
          timer = timer or (more[1] and more[1][1] == "timer")
        elseif action[1] == "timer" then
          timer = true
        elseif action[1] == "cancel" then
          timer = false
        end
      end
      assert.equal(alive, one.running)
      local lives = one.state == "starting" or one.state == "stopping" or one.state == "ready" and not one.one_shot
      if one.state ~= "ready" or not one.one_shot then assert.equal(alive, lives, one.state) end
      assert.equal(one.state == "backoff", timer, "a timer in state " .. one.state)
    end
  end

  it("loses no child, starts nothing that was stopped and leaves no timer behind on 300 random walks", function()
    for seed = 1, 300 do walk(seed) end
  end)
end)
