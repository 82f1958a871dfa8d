local probe = require "core.probe"
local support = require "run.support"

local server

local function get(target)
  return support.in_loop(([[
    local ok, what, name = core.probe.get(%s, function(status, why)
      say(tostring(status), tostring(why))
      core.loop.stop(0)
    end)
    if not ok then
      say("refused", what, name)
      core.loop.stop(0)
    end]]):format(target))
end

local function tcp(uri, timeout)
  return get(('{address = "127.0.0.1", port = %d, uri = %q, timeout_ms = %d}')
    :format(server.port, uri, timeout or 5000))
end

describe("core.probe.get", function()
  setup(function() server = support.listen() end)
  teardown(function() server:close() end)

  it("gives the status of an answer, over TCP and over a socket path", function()
    assert.equal("200 \n", (tcp "/200"))
    assert.equal("503 \n", (tcp "/503"))
    assert.equal("404 \n", (get(('{socket = %q, uri = "/404", timeout_ms = 5000}'):format(server.path))))
  end)

  it("reads an answer that comes byte by byte", function()
    assert.equal("204 \n", (tcp "/pieces"))
  end)

  it("asks once, for this path, and closes", function()
    tcp "/echo"
    assert(support.poll(5, function()
      return support.read(server.directory .. "/out")
        :find("GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 1, true)
    end))
  end)

  it("says what went wrong", function()
    assert.equal("nil no answer in time\n", (tcp("/slow", 50)))
    assert.equal("nil connection closed without an answer\n", (tcp "/close"))
    assert.equal("nil not an HTTP answer\n", (tcp "/noise"))
    assert.equal("nil not an HTTP answer\n", (tcp "/long"))
    assert.equal("nil no such file or directory\n", (get '{socket = "/nonexistent/s", uri = "/", timeout_ms = 5000}'))
    assert.equal("nil connection refused\n", (get '{address = "127.0.0.1", port = 1, uri = "/", timeout_ms = 5000}'))
  end)

  it("refuses an address that is none with a triple", function()
    assert.equal("refused probe: invalid argument EINVAL\n",
      (get '{address = "x", port = 1, uri = "/", timeout_ms = 1}'))
  end)

  it("is forgotten at the end of the program", function()
    local output, status = support.in_loop(([[
      for _ = 1, 3 do
        core.probe.get({socket = %q, uri = "/slow", timeout_ms = 60000}, function() say "called" end)
      end
      core.kept = core.loop.timer(30, function() core.loop.stop(0) end)]]):format(server.path))
    assert.equal("", output)
    assert.equal(0, status)
  end)

  it("goes on when its function raises", function()
    local output = support.in_loop(([[
      local target = {socket = %q, uri = "/200", timeout_ms = 5000}
      core.probe.get(target, function()
        core.probe.get(target, function(status) say(status) core.loop.stop(0) end)
        error "a fault"
      end)]]):format(server.path))
    assert.truthy(output:find("a fault\n", 1, true))
    assert.truthy(output:find("200\n", 1, true))
  end)

  it("refuses targets that are not complete", function()
    local function refuses(target, message)
      assert.error_matches(function() probe.get(target, print) end, message)
    end
    refuses({}, "needs uri and socket or address")
    refuses({uri = "/"}, "needs uri and socket or address")
    refuses({socket = "/s"}, "needs uri and socket or address")
    refuses({socket = "/s", uri = "/"}, "number expected")
    refuses({socket = {}, uri = "/", timeout_ms = 1}, "string expected")
    refuses({address = "127.0.0.1", port = {}, uri = "/", timeout_ms = 1}, "number expected")
    refuses({address = "127.0.0.1", port = 65536, uri = "/", timeout_ms = 1}, "is no port")
    refuses({address = "127.0.0.1", port = -1, uri = "/", timeout_ms = 1}, "is no port")
    refuses({socket = "/s", uri = "/", timeout_ms = -1}, "must not be negative")
    refuses({socket = "/s", uri = ("/"):rep(600), timeout_ms = 1}, "longer than")
    assert.error(function() probe.get({socket = "/s", uri = "/", timeout_ms = 1}) end)
  end)
end)
