-- A start after synlua was killed outside a container, where only the kernel's signal ends its services.

local support = require "run.support"

local WORDS = {"lock:{run}/lock", "ignore:TERM", "say:I am synapse", "ready"}

local run

after_each(support.finish)

-- Kills synlua; what is left of its services is its Synapse, which takes its time.
local function killed(options)
  run = support.pair(WORDS, {"say:I am nginx", "ready"}, options or {timeout = 8}):start()
  run:says "synlua | ready in"
  local synapse = run:pid_of "I am synapse"
  run:signal "KILL"
  assert.equal(137, run:status())
  assert(os.execute(("rm %s %s %s"):format(run:path "status", run:path "log", run:path "pid")))
  return synapse
end

describe("a start after synlua was killed", function()
  it("waits for a service that still runs, and names it", function()
    local synapse = killed()
    run:start()
    run:says "waiting for services of a synlua that was killed: "
    run:says(("synapse (pid %d)"):format(synapse))
    assert.equal(0, run:count "synapse | I am synapse")
    assert(os.execute("kill -KILL " .. synapse))
    run:says "synlua | ready in"
    assert.equal(0, run:count "another has the lock")
    assert.equal(0, run:count "died")
  end)

  it("waits no longer than a stop may take", function()
    local synapse = killed {timeout = 1}
    run:start()
    run:says(("still running after 1 s, the start goes on without waiting: synapse (pid %d)"):format(synapse))
    run:says "another has the lock"
    assert(os.execute("kill -KILL " .. synapse))
    run:says "synlua | ready in"
  end)

  it("ends by a signal while it waits", function()
    local synapse = killed()
    run:start()
    run:says "waiting for services of a synlua"
    run:signal "TERM"
    assert.is_truthy(run:status())
    assert(os.execute("kill -KILL " .. synapse))
    assert.is_true(support.poll(support.LONG, function() return not support.alive(synapse) end))
  end)
end)

it("the services of a running synlua are not found as leftovers", function()
  run = support.ready_pair()
  local found = support.capture(support.quote(support.SYNLUA) .. [[ eval -e '
    for _, it in ipairs(require("processes.former").left {"synapse", "nginx"}) do print(it.pid .. ";") end
    print "looked"']])
  assert.is_truthy(found:find("looked", 1, true))
  assert.is_nil(found:find(run:pid_of "I am synapse" .. ";", 1, true))
  assert.is_nil(found:find(run:pid_of "I am nginx" .. ";", 1, true))
end)
