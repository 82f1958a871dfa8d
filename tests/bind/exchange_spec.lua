local exchange = require "core.exchange"
local support = require "run.support"

describe("core.exchange", function()
  it("is the stdin of a process, whose answer replaces the question", function()
    local output = support.in_loop [[
      local asked = assert(require "core.exchange".new(("question\0"):rep(20000)))
      core.loop.on("exit", function(exit)
        say("end", exit.code, asked:read(100))
        say(table.unpack({asked:read(3)}, 2, 3))
        core.loop.stop(0)
      end)
      assert(core.process.spawn {name = "kid", exchange = asked, environment = {"PATH=/usr/bin:/bin"},
        argv = {"/bin/sh", "-c", "n=$(wc -c); : >/proc/self/fd/0; printf 'of %s' $n >/proc/self/fd/0"}})]]
    assert.truthy(output:find("end 0 of 180000\n", 1, true), output)
    assert.truthy(output:find("an answer: more than 3 bytes EFBIG\n", 1, true), output)
  end)

  it("is refused where it is closed, or no exchange", function()
    local process, made = require "core.process", assert(exchange.new "")
    assert.equal("", made:read(1))
    made:close()
    made:close()
    local spec = {name = "kid", argv = {"/bin/true"}, environment = {}, exchange = made}
    assert.error_matches(function() process.spawn(spec) end, "is closed")
    assert.error_matches(function() made:read(1) end, "is closed")
    spec.exchange = "text"
    assert.error_matches(function() process.spawn(spec) end, "core.exchange")
  end)
end)
