-- Lines that a service writes about another one that is not ready.

local support = require "run.support"

local run

after_each(support.finish)

describe("the lines of a service about another one", function()
  local QUIET = 'quiet = {{service = "synapse", texts = {{"cannot reach synapse"}}}}, after = {}'

  it("is left out while that is not ready, and counted", function()
    run = support.run {
      synapse = support.service {"await:{run}/go", "say:I am synapse", "ready", "await:{run}/die", "exit:1"},
      nginx = support.service({"say:one: cannot reach synapse", "say:another line", "part:two: cannot ",
        "part:reach synapse", "say:", "touch:{run}/said", "ready", "await:{run}/on", "say:three: cannot reach synapse",
        "await:{run}/last", "say:four: cannot reach synapse", "say:the end"}, {fields = QUIET}),
    }
    run:start()
    run:has "said"
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    run:says "left out 2 lines of nginx about services that were not ready: synapse"
    support.write(run:path "on", "")
    run:says "nginx | three: cannot reach synapse"
    assert.equal(1, run:count "cannot reach synapse")
    assert.equal(1, run:count "nginx | another line")
    support.write(run:path "die", "")
    run:says "synapse starts again"
    support.write(run:path "last", "")
    run:says "nginx | the end"
    assert.equal(1, run:count "cannot reach synapse")
  end)

  it("may be about itself: what it tells its clients before it is ready", function()
    run = support.run {
      synapse = support.service({"say:FATAL:  the system is starting up", "say:LOG:  a line", "ready", "await:{run}/on",
        "say:FATAL:  the system is odd"},
        {fields = 'quiet = {{service = "synapse", texts = {{"FATAL:  the system is "}}}}'}),
    }
    run:start()
    run:says "left out 1 line of synapse about services that were not ready: synapse"
    support.write(run:path "on", "")
    run:says "synapse | FATAL:  the system is odd"
    assert.equal(1, run:count "synapse | FATAL")
    assert.equal(1, run:count "synapse | LOG")
  end)
end)
