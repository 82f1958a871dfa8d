-- From where a request came, by a real nginx: through proxies that are trusted, and from clients that lie.

local behind = require "run.behind"
local support = require "run.support"

local run

local function at(source) return "--interface " .. source end

local function url() return ("http://127.0.0.1:%d/_matrix/client/versions"):format(run.port) end

-- What Synapse is told.
local function seen(words, place)
  local status, said = behind.ask(words, place or url())
  assert.equal(200, status)
  local headers = said.headers
  for _, name in ipairs {"x-forwarded-for", "x-forwarded-proto", "host"} do assert.equal(1, #headers[name], name) end
  return ("%s %s"):format(headers["x-forwarded-for"][1], headers["x-forwarded-proto"][1]), headers
end

local function forwarded(...)
  local words = {}
  for index, value in ipairs {...} do words[index] = behind.header("X-Forwarded-For", value) end
  return table.concat(words, " ")
end

local HTTPS = behind.header("X-Forwarded-Proto", "https")

after_each(support.finish)

describe("where a request came from", function()
  it("is the connection's address, whatever a client claims", function()
    run = behind.start {SYNLUA_TRUSTED_PROXIES = "127.0.0.2,127.0.0.3"}
    local outside = at "127.0.0.9"
    assert.equal("127.0.0.9 http", seen(outside))
    assert.equal("127.0.0.9 http", seen(("%s %s %s"):format(outside, HTTPS, forwarded "198.51.100.1")))
    local _, headers = seen(("%s %s %s %s"):format(outside, behind.header("X-Real-IP", "198.51.100.1"),
      behind.header("Forwarded", "for=198.51.100.1;proto=https"), behind.header("X-Forwarded-Host", "evil")))
    assert.same({}, {headers["x-real-ip"], headers.forwarded, headers["x-forwarded-host"]})
  end)

  it("is what one or two trusted proxies say, and no address that the client sent before", function()
    run = behind.start {SYNLUA_TRUSTED_PROXIES = "127.0.0.2,127.0.0.3"}
    local proxy = at "127.0.0.2" .. " " .. HTTPS
    assert.equal("198.51.100.7 https", seen(proxy .. " " .. forwarded "198.51.100.7"))
    assert.equal("2001:db8::7 https", seen(proxy .. " " .. forwarded "2001:db8::7"))
    -- A client forged the first one; the proxy added what it saw.
    assert.equal("198.51.100.7 https", seen(proxy .. " " .. forwarded "127.0.0.3, 203.0.113.1, 198.51.100.7"))
    assert.equal("198.51.100.7 https", seen(proxy .. " " .. forwarded("203.0.113.1", "198.51.100.7")))
    -- Through two proxies.
    assert.equal("198.51.100.7 https", seen(proxy .. " " .. forwarded "198.51.100.7, 127.0.0.3"))
    assert.equal("198.51.100.7 https", seen(proxy .. " " .. forwarded "203.0.113.1, 198.51.100.7, 127.0.0.3"))
    -- What is no address ends the chain.
    assert.equal("127.0.0.2 https", seen(proxy .. " " .. forwarded "198.51.100.7, unknown"))
    assert.equal("127.0.0.2 https", seen(proxy))
    local _, headers = seen(("%s -H 'Host: matrix.example.org' %s"):format(proxy,
      behind.header("X-Forwarded-Host", "example.org")))
    assert.same({"matrix.example.org", "example.org"}, {headers.host[1], headers["x-forwarded-host"][1]})
  end)

  it("is what a proxy on a Unix socket says, where these are trusted", function()
    local directory = support.directory()
    assert(os.execute("chmod 777 " .. directory))
    local form = ("listeners:\n- {type: http, path: %s/s, mode: 438, resources: [{names: [client, federation]}]}\n")
      :format(directory)
    local function ask()
      return seen(("--unix-socket %s/s %s %s"):format(directory, HTTPS, forwarded "198.51.100.7"), "http://x/_matrix/x")
    end
    local file = "server_name: localhost\nreport_stats: no\n" .. form
    run = behind.start({}, file)
    assert.equal("198.51.100.7 https", ask())
    run:says "trusted proxies: loopback, private ranges and Unix sockets"
    support.finish()
    run = behind.start({SYNLUA_TRUSTED_PROXIES = "127.0.0.2"}, file)
    assert.equal("unix: http", ask())
    support.remove(directory)
  end)

  it("is the connection's where none is trusted, and where homeserver.yaml has no x_forwarded", function()
    run = behind.start {SYNLUA_TRUSTED_PROXIES = "none"}
    assert.equal("127.0.0.1 http", seen(HTTPS .. " " .. forwarded "198.51.100.7"))
    run:says "trusted proxies: none (SYNLUA_TRUSTED_PROXIES)"
    support.finish()
    local file = "server_name: localhost\nreport_stats: no\nlisteners:\n- {type: http, port: %d, x_forwarded: %s, "
      .. "resources: [{names: [client]}]}\n"
    run = behind.start({}, file:format(support.port(), "false"))
    assert.equal("127.0.0.1 http", seen(HTTPS .. " " .. forwarded "198.51.100.7"))
    run:says "trusted proxies: none, as no listener in homeserver.yaml has x_forwarded: true"
    support.finish()
    run = behind.start({}, file:format(support.port(), "true"))
    assert.equal("198.51.100.7 https", seen(HTTPS .. " " .. forwarded "198.51.100.7"))
  end)

  it("is what the PROXY protocol says on the ports for it, and no header", function()
    local port = support.port() + 200
    run = behind.start {SYNLUA_PROXY_PROTOCOL = tostring(port), SYNLUA_TRUSTED_PROXIES = "127.0.0.2"}
    local place = ("http://127.0.0.1:%d/_matrix/client/versions"):format(port)
    local function line(source, to)
      return support.capture(([[%s -I -c 'import socket, sys
with socket.create_connection(("127.0.0.1", %d), 30, ("%s", 0)) as link:
    link.sendall(b"PROXY TCP4 198.51.100.7 203.0.113.1 40000 %d\r\nGET /_matrix/x HTTP/1.0\r\nHost: a\r\n"
        b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\r\n")
    while part := link.recv(65536): sys.stdout.write(part.decode())']]):format(support.PYTHON, port, source, to))
    end
    local function told(text)
      local said = assert(require "dkjson".decode(text:match "\r\n\r\n(.*)$"), text)
      return said.headers["x-forwarded-for"][1] .. " " .. said.headers["x-forwarded-proto"][1]
    end
    assert.equal("198.51.100.7 http", told(line("127.0.0.2", 80)))
    assert.equal("198.51.100.7 https", told(line("127.0.0.2", 443)))
    assert.equal("127.0.0.9 http", told(line("127.0.0.9", 443)))
    assert.equal("198.51.100.8 http", seen(at "127.0.0.2" .. " " .. forwarded "198.51.100.8"))
    local output = support.capture(("curl -s -m 30 %s"):format(place))
    assert.equal("", output)
  end)

  it("follows the addresses that a name has at the start; a name without any is a problem", function()
    run = behind.start {SYNLUA_TRUSTED_PROXIES = "localhost"}
    assert.equal("198.51.100.7 http", seen(forwarded "198.51.100.7"))
    assert.equal("127.0.0.9 http", seen(at "127.0.0.9" .. " " .. forwarded "198.51.100.7"))
    support.finish()
    run = support.pair({}, {}, {variables = {SYNLUA_TRUSTED_PROXIES = "no-such-proxy.invalid,unix"}}):start()
    assert.equal(78, run:status())
    run:says "SYNLUA_TRUSTED_PROXIES: names no-such-proxy.invalid, which does not resolve"
  end)
end)
