-- The proxies of docs/reverse-proxy.md, each with its example as it stands there, before a real nginx of synlua.

local behind = require "run.behind"
local documents = require "documents"
local proxies = require "proxies"
local support = require "run.support"

local run, proxy

-- As the document sets it up. The proxy connects from 127.0.0.1, and clients from another address.
local function homeserver()
  local variables, delegation = {SYNLUA_TRUSTED_PROXIES = "127.0.0.1"}, nil
  for _, one in ipairs(documents.blocks "docs/reverse-proxy.md") do
    if one.language == "yaml" and one.text:find "^environment:" then
      for name, value in one.text:gmatch "\n +([%u_]+): (%S+)" do variables[name] = value end
    elseif one.language == "yaml" and one.text:find "^server:" then
      delegation = one.text
    end
  end
  assert.is_truthy(variables.SYNAPSE_PUBLIC_BASEURL)
  return behind.start(variables, nil, {["well-known.yaml"] = assert(delegation)})
end

local function is_there(name)
  return os.execute(("command -v %s >/dev/null"):format(name)) == true
end

local function start(kind)
  local one, place = proxies.KINDS[kind], {directory = support.directory(), port = support.port() + 300,
    upstream = "127.0.0.1:" .. run.port}
  assert(is_there(one.program), one.program .. " is missing: ./dev packages test installs it")
  proxy = place
  assert(os.execute(proxies.certificate(place.directory, {"matrix.example.org", "example.org"})))
  support.write(place.directory .. "/config", proxies.config(kind, place))
  assert(os.execute(("{ PATH=/usr/sbin:/usr/bin:/bin exec %s; } >%s/log 2>&1 & echo $! >%s/pid_of_it"):format(
    proxies.command(kind, place.directory), place.directory, place.directory)))
  place.pid = tonumber(support.read(place.directory .. "/pid_of_it"))
  local up = support.poll(support.LONG, function()
    return os.execute(("curl -sk -o /dev/null -m 5 --resolve matrix.example.org:%d:127.0.0.1 "
      .. "https://matrix.example.org:%d/health"):format(place.port, place.port)) == true or not support.alive(place.pid)
  end)
  assert(up and support.alive(place.pid), kind .. ":\n" .. support.read(place.directory .. "/log")
    .. support.read(place.directory .. "/error.log"))
  return place
end

local function ask(place, host, words, path)
  return behind.ask(("-k --interface 127.0.0.9 --resolve %s:%d:127.0.0.1 %s"):format(host, place.port, words),
    ("https://%s:%d%s"):format(host, place.port, path))
end

local PATHS = {
  "/_matrix/client/v3/directory/room/%23a%2Fb%3Aexample.org",
  "/_matrix/client/v3/rooms/!a:b/state/m.x/%E2%9C%93?x=%2F&y=a%20b",
  "/_matrix/federation/v1/state/%21r%3Aexample.org?event_id=%24e%2Fx", "/_matrix/client/v3/rooms/!a:b/state/m.x/",
}

after_each(function()
  if proxy then
    os.execute(("kill -TERM %d 2>/dev/null"):format(proxy.pid))
    support.poll(20, function() return not support.alive(proxy.pid) end)
    os.execute(("kill -KILL %d 2>/dev/null"):format(proxy.pid))
    support.remove(proxy.directory)
    proxy = nil
  end
  support.finish()
end)

describe("the example of docs/reverse-proxy.md for", function()
  for kind in require("lib.tables").sorted(proxies.KINDS) do
    it(kind .. " brings the client's address, the scheme, the host and the path as they are", function()
      run = homeserver()
      local place = start(kind)
      local lie = behind.header("X-Forwarded-For", "198.51.100.1") .. " " .. behind.header("X-Forwarded-Proto", "http")
      for _, path in ipairs(PATHS) do
        local status, said = ask(place, "matrix.example.org", lie, path)
        assert.equal(200, status, path)
        assert.equal(("GET %s HTTP/1.1"):format(path), said.line)
        local headers = said.headers
        assert.same({{"127.0.0.9"}, {"https"}}, {headers["x-forwarded-for"], headers["x-forwarded-proto"]})
        assert.matches("^matrix%.example%.org", headers.host[1])
      end
    end)

    it(kind .. " brings requests of other servers, and leads them to port 443", function()
      run = homeserver()
      local place = start(kind)
      local signed = 'X-Matrix origin="other.example",destination="example.org",key="ed25519:1",sig="a+b/c="'
      support.write(place.directory .. "/body", ("x"):rep(2 << 20))
      local status, said = ask(place, "matrix.example.org", ("-X PUT -H %s --data-binary @%s/body"):format(
        support.quote("Authorization: " .. signed), place.directory), "/_matrix/federation/v1/send/1%2F2")
      assert.equal(200, status)
      assert.same({"PUT /_matrix/federation/v1/send/1%2F2 HTTP/1.1", {signed}, 2 << 20}, {said.line,
        said.headers.authorization, said.length})
      local server, client
      status, server = ask(place, "example.org", "", "/.well-known/matrix/server")
      assert.same({200, {["m.server"] = "matrix.example.org:443"}}, {status, server})
      status, client = ask(place, "example.org", "", "/.well-known/matrix/client")
      assert.same({200, "https://matrix.example.org/"}, {status, client["m.homeserver"].base_url})
    end)
  end
end)
