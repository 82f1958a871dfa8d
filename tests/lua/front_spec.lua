-- nginx.conf where the variables of several topics meet.

local document = require "lib.document"
local fixture = require "plan_fixture"
local nginx = require "files.nginx"
local quote = require "files.quote"
local template = require "files.template"

local map, seq = document.map, document.seq

local function text_of(path)
  local from <close> = assert(io.open(path))
  return from:read "a"
end

local compiled = assert(template.compile(text_of "templates/nginx.conf", "templates/nginx.conf"))

local make = {template = function(_, _, values)
  local text, fault = template.render(compiled, values, quote.nginx, {http = "", server = "", location = ""})
  return assert(text, fault and fault.what)
end}

local function configuration(environment, homeserver)
  local _, problems, _, view = fixture.make {environment = environment, homeserver = homeserver}
  assert.same({}, problems)
  for _, file in ipairs(nginx.files(view, make)) do
    if file.path == "nginx/nginx.conf" then return file.bytes end
  end
end

local function listener(port, more)
  local made = {type = "http", port = port, resources = seq {map {names = seq {"client", "federation"}}}}
  for key, value in pairs(more or {}) do made[key] = value end
  return map(made)
end

-- The text of the server that listens on a port.
local function server_on(text, port)
  for server in text:gmatch "\n    server {(.-)\n    }" do
    if server:find((":%d[ ;]"):format(port)) then return server end
  end
  error("no server on port " .. port)
end

describe("nginx.conf", function()
  it("is made for several listeners, with everything that a server may have", function()
    local text = configuration({SYNLUA_PROXY_PROTOCOL = "8009", SYNAPSE_HTTP_FED_PORT = "8010", SYNAPSE_TLS_CERT = "/c",
      SYNAPSE_TLS_KEY = "/k", NGINX_LISTEN_UNIX_SOCKET = "/s/a.sock", SYNLUA_ACCESS_LOG = "json",
      SYNLUA_LOGINS_PER_MINUTE = "10", SYNLUA_CONNECTIONS_PER_ADDRESS = "10", SYNAPSE_WORKER_TYPES = "synchrotron:2"})
    for _, port in ipairs {8008, 8009, 8010, 8448} do assert(server_on(text, port)) end
  end)

  it("says the size of the tables of maps before the first map, with the access log too", function()
    for _, form in ipairs {"off", "brief", "full", "json"} do
      local text = configuration {SYNLUA_ACCESS_LOG = form}
      assert.is_true(text:find("map_hash_max_size", 1, true) < text:find("\n    map ", 1, true), form)
    end
  end)

  it("names the process behind each socket in the access log, and its table has room", function()
    local text = configuration {SYNLUA_ACCESS_LOG = "brief", SYNAPSE_WORKER_TYPES = "synchrotron:2"}
    local longest, names = 0, {}
    for line in text:match "\n    map $upstream_addr $access_upstream {(.-)\n    }":gmatch "[^\n]+" do
      local address, name = line:match "^ +(unix:%S+) (%S+);$"
      if name then
        names[#names + 1] = name
        assert.truthy(text:find("    server " .. address .. " ", 1, true), address)
        longest = math.max(longest, #address)
      end
    end
    assert.same({"main", "synchrotron1", "synchrotron2"}, names)
    assert.is_true(3 * (longest + 10) + 8 <= tonumber(text:match "map_hash_bucket_size (%d+)"))
  end)

  it("knows the host of public_baseurl without an expression, if it is plain", function()
    for url, host in pairs {["https://matrix.example.org/"] = "matrix.example.org", ["http://a.b:80/x/"] = "a.b:80"} do
      assert.truthy(configuration({}, {server_name = "example.org", public_baseurl = url}):find(
        ("if ($http_host = %s) { set $said_host %s; }"):format(host, host), 1, true), url)
    end
    assert.truthy(configuration({}, {server_name = "example.org"}):find("($http_host = example.org)", 1, true))
    for _, url in ipairs {"https://[::1]:1/", "https://a:b@c/", "https://$host/", "https://a:/", "/x"} do
      assert.falsy(configuration({}, {server_name = "example.org", public_baseurl = url}):find("$http_host =", 1, true),
        url)
    end
  end)

  it("says no network twice where everybody is one of the networks", function()
    for _, name in ipairs {"SYNLUA_ADMIN_ALLOW", "SYNLUA_TRUSTED_PROXIES"} do
      local text = configuration {[name] = "0.0.0.0/0,::/0,unix"}
      for geo in text:gmatch "\n    geo [^{]*{(.-)\n    }" do
        assert.falsy(geo:find("default", 1, true), "nginx's default is a network too: " .. geo)
      end
    end
  end)

  it("believes the PROXY protocol on its ports, whatever the listener with the main port says", function()
    local text = configuration({SYNLUA_PROXY_PROTOCOL = "8009"}, {server_name = "example.org", listeners = seq {
      listener(8008, {x_forwarded = false})}})
    assert.truthy(server_on(text, 8009):find("real_ip_header proxy_protocol", 1, true))
    assert.truthy(text:find("$proxied_proto {", 1, true))
    assert.falsy(server_on(text, 8008):find("real_ip_header", 1, true))
  end)

  it("believes the proxy on the port for other servers as on the port whose part it has", function()
    local environment = {SYNAPSE_HTTP_FED_PORT = "8010"}
    assert.truthy(server_on(configuration(environment), 8010):find("real_ip_header X-Forwarded-For", 1, true))
    for _, said in ipairs {true, false} do
      local text = configuration(environment, {server_name = "example.org", listeners = seq {
        listener(8008, {x_forwarded = said})}})
      assert.equal(said, server_on(text, 8010):find("real_ip_header", 1, true) ~= nil)
    end
  end)
end)
