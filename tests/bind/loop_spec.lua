local loop = require "core.loop"
local support = require "run.support"

local in_loop = support.in_loop

describe("core.loop.timer", function()
  it("calls its function once, in the order of the times", function()
    assert.equal("first\nsecond\n", (in_loop [[
      local kept = {
        core.loop.timer(40, function() say "second"; core.loop.stop(0) end),
        core.loop.timer(1, function() say "first" end),
      }
      core.kept = kept]]))
  end)

  it("never calls it after a close, and a second close does no harm", function()
    assert.equal("end\n", (in_loop [[
      local closed = core.loop.timer(1, function() say "closed one" end)
      closed:close()
      closed:close()
      core.loop.timer(2, function() say "closed as well" end):close()
      do local scoped <close> = core.loop.timer(2, function() say "scoped one" end) end
      core.kept = core.loop.timer(30, function() closed:close(); say "end"; core.loop.stop(0) end)]]))
  end)

  it("never calls it once the timer was collected", function()
    assert.equal("end\n", (in_loop [[
      for _ = 1, 100 do core.loop.timer(1, function() say "collected one" end) end
      collectgarbage()
      collectgarbage()
      core.kept = core.loop.timer(30, function() say "end"; core.loop.stop(0) end)]]))
  end)

  it("may be closed, and may make others, in its own function", function()
    assert.equal("one\ntwo\n", (in_loop [[
      core.kept = core.loop.timer(1, function()
        core.kept:close()
        say "one"
        core.kept = core.loop.timer(0, function() say "two"; core.loop.stop(0) end)
      end)]]))
  end)

  it("lets go of its function and what that holds", function()
    local output = in_loop [[
      local held = setmetatable({}, {__mode = "k"})
      do
        local value = {}
        held[value] = true
        core.loop.timer(100000, function() return value end):close()
      end
      core.kept = core.loop.timer(5, function()
        collectgarbage()
        say(next(held) == nil and "gone" or "held")
        core.loop.stop(0)
      end)]]
    assert.equal("gone\n", output)
  end)

  it("is logged with a traceback when it raises, and the loop goes on", function()
    local output, status = in_loop [[
      core.kept = {
        core.loop.timer(1, function() error "a fault" end),
        core.loop.timer(2, function() error {} end),
        core.loop.timer(3, function() error() end),
        core.loop.timer(20, function() say "still here"; core.loop.stop(3) end),
      }]]
    assert.truthy(output:find "synlua | error: [^\n]*check.lua:%d+: a fault\nsynlua |   stack traceback:")
    assert.truthy(output:find("error: table\n", 1, true))
    assert.truthy(output:find("error: nil\n", 1, true))
    assert.truthy(output:find "still here\n")
    assert.equal(3, status)
  end)

  it("refuses wrong arguments", function()
    assert.error_matches(function() loop.timer(-1, print) end, "must not be negative")
    assert.error(function() loop.timer(1) end)
    assert.error(function() loop.timer(1.5, print) end)
    local timer = loop.timer(100000, print)
    assert.error(function() timer.close {} end)
    assert.error(function() timer.close(io.stdout) end)
    timer:close()
  end)
end)

describe("core.loop.on", function()
  it("calls handlers for signals, for the end of a child and for the stop", function()
    local output, status = in_loop [[
      core.loop.on("signal", function(name)
        say("signal", name)
        assert(core.process.spawn {name = "kid", argv = {"/bin/sh", "-c", "exit 7"}, environment = {}})
      end)
      core.loop.on("stopping", function() say "stopping" end)
      core.loop.on("exit", function(exit)
        say("exit", exit.name, exit.kind, exit.code, tostring(exit.signal), math.type(exit.ran_ms))
        os.execute("kill -TERM " .. core.system.identity().pid)
      end)
      os.execute("kill -HUP " .. core.system.identity().pid)]]
    assert.truthy(output:find("signal HUP\nexit kid exit 7 nil integer\n", 1, true), output)
    assert.truthy(output:find("stopping\n", 1, true))
    assert.equal(0, status)
  end)

  it("tells of a stop that Lua begins as well, once and before its children end", function()
    local output, status = in_loop [[
      core.loop.on("stopping", function() say "stopping" end)
      core.loop.on("interrupted", function() say "interrupted" end)
      core.loop.on("exit", function(exit) say("exit", exit.name) end)
      assert(core.process.spawn {name = "kid", argv = {"/bin/sleep", "100"}, environment = {}})
      core.kept = core.loop.timer(1, function()
        core.loop.stop(3)
        core.loop.stop(4)
      end)]]
    assert.equal("stopping\nexit kid\n", output)
    assert.equal(3, status)
  end)

  it("replaces a handler, and removes it with nil", function()
    assert.equal("new HUP\nend\n", (in_loop [[
      core.loop.on("signal", function() say "old" end)
      core.loop.on("signal", function(name)
        say("new", name)
        core.loop.on("signal", nil)
        os.execute("kill -USR1 " .. core.system.identity().pid)
        core.kept = core.loop.timer(30, function() say "end"; core.loop.stop(0) end)
      end)
      os.execute("kill -HUP " .. core.system.identity().pid)]]))
  end)

  it("refuses unknown events and handlers that are no function", function()
    assert.error_matches(function() loop.on("birthday", print) end, "invalid option 'birthday'")
    for _, value in ipairs {1, "f", {}, true} do
      assert.error_matches(function() loop.on("exit", value) end, "function expected")
    end
  end)
end)

describe("core.loop.stop", function()
  it("ends the program with its status, the first one counts", function()
    for _, status in ipairs {0, 1, 70, 255} do
      local _, got = in_loop(("core.loop.stop(%d)"):format(status))
      assert.equal(status, got)
    end
    assert.equal("synlua | error: the reason\n", (in_loop "core.loop.stop(5, 'the reason')"))
    local output, got = in_loop "core.loop.stop(5) core.loop.stop(6)"
    assert.equal(5, got)
    assert.is_nil(output:find "asked to stop again") -- only a second signal hurries
  end)

  it("ends children that live, within the budget", function()
    local output, status = in_loop [[
      core.loop.budget(200)
      assert(core.process.spawn {name = "deaf", environment = {"PATH=/usr/bin:/bin"}, grace_ms = 60000,
        argv = {"/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 9; done"}})
      local began
      core.loop.on("exit", function(exit) say("ended by", exit.signal, tostring(core.system.now() - began < 30000)) end)
      core.output.on_line(function(_, text)
        if text ~= "up" then return end
        core.output.on_line(nil)
        began = core.system.now()
        core.loop.stop(0)
      end)]]
    assert.equal(0, status)
    assert.truthy(output:find("ended by SIGKILL true", 1, true), output)
    assert.truthy(output:find("deaf did not end in time: killed", 1, true))
  end)

  it("refuses an invalid exit status and a negative budget", function()
    for _, value in ipairs {-1, 256, math.maxinteger} do
      assert.error_matches(function() loop.stop(value) end, "is no exit status")
    end
    assert.error_matches(function() loop.budget(-1) end, "must not be negative")
  end)
end)
