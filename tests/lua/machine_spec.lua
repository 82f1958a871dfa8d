local machine = require "processes.machine"

-- What each state makes of each event: the next state, and the action in brackets. "!" may never happen.
local EXPECTED = {
  --           dependencies_ready  spawned          spawn_failed       ready             exited
  waiting = {"starting spawn", "!", "!", "waiting", "!", "waiting", "stopped cancel", "waiting"},
  starting = {"starting", "starting probe", "backoff timer", "ready announce", "backoff timer", "starting",
    "stopping stop", "starting"},
  ready = {"ready", "!", "!", "ready", "backoff timer", "ready", "stopping stop", "ready"},
  stopping = {"stopping", "!", "!", "stopping", "stopped", "stopping", "stopping", "stopping"},
  backoff = {"backoff", "!", "!", "backoff", "!", "waiting check", "stopped cancel", "backoff"},
  failed = {"failed", "!", "!", "failed", "!", "failed", "stopped cancel", "waiting check"},
  stopped = {"stopped", "!", "!", "stopped", "!", "stopped", "stopped", "waiting check"},
}

local function service(state)
  local made = machine.new("fake", 0)
  made.state, made.started, made.wanted = state, 0, state ~= "stopping" and state ~= "stopped"
  return made
end

local function event(kind, now, more)
  local made = {kind = kind, now = now or 100, jitter = 0.5, exit = {kind = "exit", code = 1}}
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

describe("the state machine", function()
  for _, state in ipairs(machine.STATES) do
    for at, kind in ipairs(machine.EVENTS) do
      it(("knows what %s means in state %s"):format(kind, state), function()
        local expected = EXPECTED[state][at]
        if expected == "!" then
          assert.has_error(function() machine.step(service(state), event(kind)) end)
          return
        end
        local after, actions = machine.step(service(state), event(kind))
        local next_state, action = expected:match "^(%S+) ?(%S*)$"
        assert.equal(next_state, after.state)
        assert.equal(action, actions[1] and actions[1][1] or "")
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
      local delay = machine.delay(failures, 0, 0.5)
      assert.is_true(delay >= 1000 and delay >= last and delay <= 72000, ("%d: %d"):format(failures, delay))
      last = delay
    end
    assert.equal(0, machine.delay(1, 5000, 0))
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

  it("starts again what was asked to start while it was ending", function()
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
    local one, alive, timer, now = machine.new("fake", 0, 8), false, false, 0
    for _ = 1, 400 do
      now = now + roll(30000)
      local possible = {"stop", "start", "ready", "dependencies_ready"}
      if alive then possible[#possible + 1] = "exited" end
      if timer then possible[#possible + 1] = "timer" end
      local kind = possible[roll(#possible)]
      local actions
      alive, timer = alive and kind ~= "exited", timer and kind ~= "timer"
      one, actions = machine.step(one, event(kind, now, {jitter = roll(100) / 101}))
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
      local running = one.state == "starting" or one.state == "ready" or one.state == "stopping"
      assert.equal(alive, running, one.state)
      assert.equal(one.state == "backoff", timer, "a timer in state " .. one.state)
    end
  end

  it("loses no child, starts nothing that was stopped and leaves no timer behind on 300 random walks", function()
    for seed = 1, 300 do walk(seed) end
  end)
end)
