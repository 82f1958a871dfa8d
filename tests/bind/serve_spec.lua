local support = require "run.support"

-- A program that serves what the code says and fetches one of its own pages with curl-like requests of Python.
local function serving(body, requests)
  local client = ([[
import sys, urllib.request, urllib.error
for path in sys.argv[2:]:
    try:
        with urllib.request.urlopen("http://127.0.0.1:%%s%%s" %% (sys.argv[1], path), timeout=40) as r:
            print(r.status, r.headers["Content-Type"], r.read().decode().strip())
    except urllib.error.HTTPError as e:
        print(e.code, e.headers["Content-Type"], e.read().decode().strip())
]]):gsub("%%%%", "%%")
  return (support.in_loop(([[
    local serve, usage = require "core.serve", require "core.usage"
    local port = assert(serve.listen({address = "127.0.0.1", port = 0}, function(path) %s end))
    core.loop.on("exit", function() core.loop.stop(0) end)
    assert(core.process.spawn {name = "client", argv = {%q, "-I", "-c", %q, tostring(port), %s}, environment = {}})
  ]]):format(body, support.PYTHON, client, requests)))
end

describe("core.serve", function()
  it("answers with the result of the function, and with 404 for nil", function()
    local output = serving([[if path == "/a" then return 200, "text/x", "body of " .. path end]], '"/a", "/b"')
    assert.truthy(output:find("client | 200 text/x body of /a\n", 1, true), output)
    assert.truthy(output:find("client | 404 text/plain; charset=utf-8 not found\n", 1, true), output)
  end)

  it("survives an error in the function, and tells the client no details", function()
    local output = serving([[
      if path == "/raise" then error "secret words" end
      if path == "/shape" then return 200 end
      if path == "/status" then return 99, "text/x", "x" end
      return 200, "text/x", "well"]], '"/raise", "/shape", "/status", "/"')
    local _, faults = output:gsub("client | 500 text/plain; charset=utf%-8 \n", "")
    assert.equal(3, faults, output)
    assert.truthy(output:find("client | 200 text/x well\n", 1, true), output)
    assert.truthy(output:find "secret words", "it is in our own log")
    assert.is_nil(output:find "client |[^\n]*secret")
  end)

  it("keeps its descriptors from the processes it starts", function()
    local output = support.in_loop(([[
      assert(require "core.serve".listen({address = "127.0.0.1", port = 0}, function() end))
      core.loop.on("exit", function() core.loop.stop(0) end)
      assert(core.process.spawn {name = "child", argv = {"/bin/sh", "-c", %q}, environment = {}})
    ]]):format "ls -l /proc/self/fd")
    assert.truthy(output:find "child | ")
    assert.is_nil(output:find "eventpoll", output)
    assert.is_nil(output:find("socket:", 1, true), output)
  end)

  it("says when the address is no loopback one, or taken", function()
    local serve = require "core.serve"
    local port, what, name = serve.listen({address = "0.0.0.0", port = 0}, print)
    assert.is_nil(port)
    assert.equal("0.0.0.0: not a loopback address, and there is no token", what)
    assert.equal("EINVAL", name)
    local server = support.listen()
    finally(function() server:close() end)
    port, what, name = serve.listen({address = "127.0.0.1", port = server.port}, print)
    assert.is_nil(port)
    assert.equal(("127.0.0.1 port %d: Address already in use"):format(server.port), what)
    assert.equal("EADDRINUSE", name)
  end)

  it("refuses wrong arguments", function()
    local serve = require "core.serve"
    for _, port in ipairs {-1, 65536, math.maxinteger} do
      assert.error_matches(function() serve.listen({address = "127.0.0.1", port = port}, print) end, "is no port")
    end
    assert.error_matches(function() serve.listen({port = 1}, print) end, "string expected")
    assert.error_matches(function() serve.listen({address = "127.0.0.1"}, print) end, "number expected")
    assert.error_matches(function() serve.listen({address = "127.0.0.1", port = 0}) end, "function expected")
    assert.error_matches(function() serve.listen() end, "table expected")
  end)
end)
