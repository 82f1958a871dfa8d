local control = require "core.control"
local support = require "run.support"

-- A listener in its own directory, and then the given code.
local function serving(code)
  return (support.in_loop([[
    local path = core.home .. "/control"
    assert(core.control.listen(path))
    core.give_up = core.loop.timer(40000, function() say "late" core.loop.stop(1) end)
    local function dial() return assert(core.control.connect(path, 20000)) end
    local function finish() core.loop.stop(0) end ]] .. code))
end

describe("core.control", function()
  it("leads a request to the handler and the answer back, line by line", function()
    assert.equal("asked hello\none\ntwo\nnil\n", serving [[
      local client = dial()
      assert(client:ask("hello", 20000))
      core.loop.on("control", function(id, line)
        say("asked", line)
        assert(core.control.send(id, "one\ntwo\n"))
        core.control.finish(id)
        core.kept = core.loop.timer(0, function()
          say(client:line(20000))
          say(client:line())
          say(tostring(client:line(1000)))
          client:close()
          finish()
        end)
      end)]])
  end)

  it("tells a client that is watched of what it can read, and of the end", function()
    assert.equal("one two ETIMEDOUT\nthree ETIMEDOUT\nend\na client is watched already\n", serving [[
      local client, at = dial(), nil
      assert(client:ask("hello", 20000))
      core.loop.on("control", function(id, line)
        assert(core.control.send(id, "one\ntwo\n"))
        at = id
      end)
      core.loop.on("answer", function()
        local words = {}
        while true do
          local line, _, name = client:line(0)
          if not line and not name then
            say "end"
            client:close()
            local ok, why = pcall(function() core.other = dial() return core.other:watch() end)
            say(why:match "%((.*)%)")
            return finish()
          end
          words[#words + 1] = line or name
          if not line then break end
        end
        say(table.unpack(words))
        if words[1] == "one" then
          assert(core.control.send(at, "three\n"))
        else
          core.control.finish(at)
        end
      end)
      assert(client:watch())]])
  end)

  it("reports once that a client left before its answer was complete", function()
    assert.equal("asked hello\ngone\nfalse gone\n", serving [[
      local client = dial()
      assert(client:ask("hello", 20000))
      core.loop.on("control", function(id, line)
        if line then
          say("asked", line)
          client:close()
          return
        end
        say "gone"
        local ok, why = core.control.send(id, "x")
        say(tostring(ok), why)
        core.control.finish(id)
        finish()
      end)]])
  end)

  it("reports when a client's buffer is full", function()
    assert.equal("full\n", serving [[
      local client = dial()
      assert(client:ask("hello", 20000))
      core.loop.on("control", function(id, line)
        local ok, why
        repeat ok, why = core.control.send(id, ("x"):rep(65536)) until not ok
        say(why)
        finish()
      end)]])
  end)

  it("goes on when the handler raises", function()
    local output = serving [[
      local first, second = dial(), dial()
      assert(first:ask("bad", 20000))
      assert(second:ask("good", 20000))
      core.loop.on("control", function(id, line)
        if line == "bad" then error "a fault" end
        say("asked", line)
        core.kept = {first, second}
        finish()
      end)]]
    assert.truthy(output:find("a fault\n", 1, true))
    assert.truthy(output:find("asked good\n", 1, true))
  end)

  it("gives the reason when it gets no answer", function()
    local _, what, name = control.connect("/nonexistent/socket", 10)
    assert.same({"/nonexistent/socket: No such file or directory", "ENOENT"}, {what, name})
    local output = serving [[
      local client = dial()
      local _, what, name = client:line(10)
      say(what, name)
      finish()]]
    assert.equal("answer: Connection timed out ETIMEDOUT\n", output)
    local _, refused, errno = control.listen("/nonexistent/socket")
    assert.same({"control socket /nonexistent/socket: No such file or directory", "ENOENT"}, {refused, errno})
    assert.equal("nil EALREADY\n", serving [[
      local again, _, why = core.control.listen(core.home .. "/other")
      say(tostring(again), why)
      finish()]])
  end)

  it("checks its arguments", function()
    assert.error_matches(function() control.connect("/s", -1) end, "must be 0 to 86400000")
    assert.error(function() control.connect({}, 1) end)
    assert.error(function() control.listen() end)
    assert.error(function() control.send("x", "y") end)
    assert.error(function() control.send(1, {}) end)
    assert.error(function() control.finish() end)
    assert.equal("is closed\ntrue\n", (serving [[
      local client = dial()
      client:close()
      client:close()
      say((select(2, pcall(client.ask, client, "x", 1)):match "is closed"))
      say(tostring(not pcall(client.ask, io.stdout, "x", 1)))
      finish()]]))
  end)
end)
