local probe = require "core.probe"
local support = require "run.support"

local server

local function ask(target)
  return support.in_loop(([[
    local ok, what, name = core.probe.run(%s, function(ready, why)
      say(tostring(ready), tostring(why))
      core.loop.stop(0)
    end)
    if not ok then
      say("refused", what, name)
      core.loop.stop(0)
    end]]):format(target))
end

local function tcp(uri, timeout)
  return ask(('{kind = "http", address = "127.0.0.1", port = %d, uri = %q, timeout_ms = %d}')
    :format(server.port, uri, timeout or 30000))
end

describe("core.probe.run", function()
  setup(function() server = support.listen() end)
  teardown(function() server:close() end)

  it("says whether the answer has a good status, over TCP and over a Unix socket", function()
    assert.equal("true nil\n", (tcp "/200"))
    assert.equal("false HTTP status 503\n", (tcp "/503"))
    assert.equal("false HTTP status 404\n",
      (ask(('{kind = "http", socket = %q, uri = "/404", timeout_ms = 30000}'):format(server.path))))
  end)

  it("takes a connection for an answer where that is asked", function()
    assert.equal("true nil\n", (ask(('{kind = "connect", address = "127.0.0.1", port = %d, timeout_ms = 30000}')
      :format(server.port))))
    assert.equal("true nil\n", (ask(('{kind = "connect", socket = %q, timeout_ms = 30000}'):format(server.path))))
    assert.matches("^false connection refused", (ask('{kind = "connect", address = "127.0.0.1", port = 1, '
      .. "timeout_ms = 30000}")))
    assert.matches("^false no such file", (ask '{kind = "connect", socket = "/nonexistent", timeout_ms = 30000}'))
  end)

  it("reads an answer that comes byte by byte", function()
    assert.equal("true nil\n", (tcp "/pieces"))
  end)

  it("gives the whole answer where that is asked", function()
    local function whole(uri)
      return (ask(('{kind = "http", address = "127.0.0.1", port = %d, uri = %q, timeout_ms = 30000, whole = true}')
        :format(server.port, uri)))
    end
    assert.equal("true HTTP/1.1 200 Answer\r\nContent-Length: 0\r\n\r\n\n", whole "/200")
    assert.equal("true HTTP/1.1 204 No Content\r\n\r\n\n", whole "/pieces")
    assert.equal("false HTTP status 503\n", whole "/503")
  end)

  it("asks once, for this path, and closes", function()
    tcp "/echo"
    assert(support.poll(support.LONG, function()
      return support.read(server.directory .. "/out")
        :find("GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 1, true)
    end))
  end)

  it("gives the reason of a failure", function()
    assert.equal("false no answer in time\n", (tcp("/slow", 50)))
    assert.equal("false connection closed without an answer\n", (tcp "/close"))
    assert.equal("false not an HTTP answer\n", (tcp "/noise"))
    assert.equal("false not an HTTP answer\n", (tcp "/long"))
    assert.equal("false no such file or directory\n",
      (ask '{kind = "http", socket = "/nonexistent/s", uri = "/", timeout_ms = 30000}'))
    assert.equal("false connection refused\n",
      (ask '{kind = "http", address = "127.0.0.1", port = 1, uri = "/", timeout_ms = 30000}'))
  end)

  it("refuses an invalid address with nil, a message and a code", function()
    assert.equal("refused probe: invalid argument EINVAL\n",
      (ask '{kind = "http", address = "x", port = 1, uri = "/", timeout_ms = 1}'))
  end)

  it("is forgotten at the end of the program", function()
    local output, status = support.in_loop(([[
      for _ = 1, 3 do
        core.probe.run({kind = "http", socket = %q, uri = "/slow", timeout_ms = 60000}, function() say "called" end)
      end
      core.kept = core.loop.timer(30, function() core.loop.stop(0) end)]]):format(server.path))
    assert.equal("", output)
    assert.equal(0, status)
  end)

  it("goes on when its function raises", function()
    local output = support.in_loop(([[
      local target = {kind = "http", socket = %q, uri = "/200", timeout_ms = 30000}
      core.probe.run(target, function()
        core.probe.run(target, function(ready) say(tostring(ready)) core.loop.stop(0) end)
        error "a fault"
      end)]]):format(server.path))
    assert.truthy(output:find("a fault\n", 1, true))
    assert.truthy(output:find("true\n", 1, true))
  end)

  it("refuses targets that are not complete", function()
    local function refuses(target, message)
      assert.error_matches(function() probe.run(target, print) end, message)
    end
    local function http(target)
      target.kind = "http"
      return target
    end
    refuses({}, "kind must be")
    refuses({kind = "smtp", socket = "/s", timeout_ms = 1}, "kind must be")
    for _, kind in ipairs {"tcp", "redis", "postgres"} do
      refuses({kind = kind, socket = "/s", timeout_ms = 1}, "kind must be http")
    end
    refuses(http {uri = "/"}, "needs socket or address")
    refuses(http {socket = "/s"}, "needs uri")
    refuses(http {socket = "/s", uri = "/"}, "number expected")
    refuses(http {socket = {}, uri = "/", timeout_ms = 1}, "string expected")
    refuses(http {address = "127.0.0.1", port = {}, uri = "/", timeout_ms = 1}, "number expected")
    refuses(http {address = "127.0.0.1", port = 65536, uri = "/", timeout_ms = 1}, "is no port")
    refuses(http {address = "127.0.0.1", port = -1, uri = "/", timeout_ms = 1}, "is no port")
    refuses(http {socket = "/s", uri = "/", timeout_ms = -1}, "must not be negative")
    assert.error(function() probe.run(http {socket = "/s", uri = "/", timeout_ms = 1}) end)
  end)

  it("refuses a question that is too long with a triple", function()
    assert.equal("refused probe: the request is too long ENAMETOOLONG\n",
      (ask(('{kind = "http", socket = "/s", uri = %q, timeout_ms = 1}'):format(("/"):rep(600)))))
  end)
end)
