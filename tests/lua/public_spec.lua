-- What each port and socket of nginx serves.

local document = require "lib.document"
local fixture = require "plan_fixture"
local resources = require "plan.listeners.resources"
local settings_fixture = require "settings_fixture"
local synapse_listeners = require "plan.listeners.synapse"
local template = require "plan.routes.template"

local map, seq = document.map, document.seq

local function listener(names, more)
  local made = {type = "http", resources = seq {map {names = seq(names)}}}
  for key, value in pairs(more or {}) do made[key] = value end
  return map(made)
end

local function on(port, names, more)
  local made = listener(names, more)
  made.port = port
  return made
end

local function make(environment, ...)
  return fixture.make {environment = environment, homeserver = {server_name = "example.org", listeners = seq {...}}}
end

-- One line for each server of nginx: where it listens, and what main serves behind it.
local function servers(environment, ...)
  local made, problems, warnings, view = make(environment, ...)
  assert.same({}, problems)
  local lines, mains = {}, synapse_listeners.of(made.instances[1])
  for at, server in ipairs(view.front.servers) do
    local places = {}
    for _, part in ipairs {server.plain, server.tls} do
      for _, listen in ipairs(part) do places[#places + 1] = ("%s:%d"):format(listen.address, listen.port) end
    end
    for _, socket in ipairs(server.public.sockets) do places[#places + 1] = socket.path end
    lines[at] = ("%s = %s"):format(table.concat(places, " "), table.concat(mains[at].resources[1].names, " "))
  end
  return lines, warnings, made, view
end

-- nginx.conf of a plan.
local function configuration(view)
  local values
  view.catalog.nginx.files(view, {template = function(_, _, given)
    values = given
    return ""
  end})
  local made = {}
  for at, server in ipairs(values.servers) do
    made[at] = {}
    for _, location in ipairs(server.locations) do made[at][location.exact or location.prefix] = location.pass end
  end
  return made, values
end

local MACHINE = {SYNLUA_CONTAINER = "no"}
local HERE = {bind_addresses = seq {"127.0.0.1"}}
local function with(more)
  local made = {SYNLUA_CONTAINER = "no"}
  for name, value in pairs(more) do made[name] = value end
  return made
end

local WORKERS = with {SYNAPSE_WORKER_TYPES = "synchrotron,federation_inbound,media_repository", POSTGRES_HOST = "db"}

describe("what nginx serves", function()
  it("is on each port what its listener names, and nothing else", function()
    assert.same({"127.0.0.1:8008 = client", "0.0.0.0:8448 = federation"},
      servers(MACHINE, on(8008, {"client"}, HERE), on(8448, {"federation"})))
    assert.same({"127.0.0.1:8008 = client consent", "0.0.0.0:8448 = federation", "0.0.0.0:9 = keys openid",
      "0.0.0.0:10 = client static"}, servers(MACHINE, on(8448, {"federation"}), on(8008, {"client", "consent"}, HERE),
        on(9, {"keys", "openid", "health"}), on(10, {"client", "static"})))
    assert.same({"0.0.0.0:8448 = federation"}, servers(MACHINE, on(8448, {"federation"})))
  end)

  it("is client and federation on one port where no listener says more", function()
    assert.same({"127.0.0.1:8008 = client federation"}, servers(MACHINE))
    assert.same({"127.0.0.1:8008 = client federation"},
      servers(MACHINE, map {type = "manhole", port = 9000}, on(9001, {"metrics"})))
  end)

  it("is one server where listeners serve the same", function()
    assert.same({"0.0.0.0:8008 0.0.0.0:8009 /s = client federation"}, servers(MACHINE,
      on(8008, {"client", "federation"}), on(8009, {"federation", "client"}),
      listener({"client", "federation"}, {path = "/s", x_forwarded = false})))
    assert.equal(2, #servers(MACHINE, on(8008, {"client"}), on(8009, {"client"}, {x_forwarded = true})))
  end)

  it("names media to main only where nothing else serves it there, and no worker does", function()
    assert.same({"0.0.0.0:8008 = client", "0.0.0.0:9 = media"},
      servers(MACHINE, on(8008, {"client", "media"}), on(9, {"media"})))
    assert.same({"0.0.0.0:8008 = client", "0.0.0.0:9 = health"},
      servers(WORKERS, on(8008, {"client", "media"}), on(9, {"media"})))
  end)

  it("is on the port for TLS what other servers get elsewhere", function()
    local tls = with {SYNAPSE_TLS_CERT = "/c", SYNAPSE_TLS_KEY = "/k"}
    assert.same({"127.0.0.1:8008 = client", "0.0.0.0:8009 127.0.0.1:8448 = federation"},
      servers(tls, on(8008, {"client"}, HERE), on(8009, {"federation"})))
    assert.same({"0.0.0.0:8008 127.0.0.1:8448 = client federation"}, servers(tls, on(8008, {"client", "federation"})))
    assert.same({"0.0.0.0:8008 127.0.0.1:8448 = client"}, servers(tls, on(8008, {"client"})))
  end)

  it("has TLS where a listener of the file has it, with the file's certificate", function()
    local files = {tls_certificate_path = "/data/c.pem", tls_private_key_path = "k.pem"}
    local function on_tls(port, names, more)
      local made = more or {}
      made.tls = true
      return on(port, names, made)
    end
    local function planned(environment, options, ...)
      local said = {server_name = "example.org", listeners = seq {...}}
      for key, value in pairs(options) do said[key] = value end
      local _, problems, warnings, view = fixture.make {environment = environment, homeserver = said}
      local lines = {}
      for at, server in ipairs(view.front and view.front.servers or {}) do
        local places = {}
        for _, kind in ipairs {"plain", "tls"} do
          for _, one in ipairs(server[kind]) do
            places[#places + 1] = ("%s %s:%d"):format(kind, one.address, one.port)
          end
        end
        lines[at] = table.concat(places, ", ")
      end
      return lines, view, problems, warnings
    end
    local lines, view, problems = planned(WORKERS, files, on(8008, {"client", "federation"}, HERE),
      on_tls(8448, {"client", "federation"}), map {type = "manhole", port = 9000})
    assert.same({}, problems)
    assert.same({"plain 127.0.0.1:8008, tls 0.0.0.0:8448"}, lines)
    assert.same({"/data/c.pem", "/data/k.pem"}, {view.tls.certificate.path, view.tls.key.path})
    assert.equal(1, #view.listeners.kept)
    -- The variables' certificate goes before the file's, and their ports are further ones.
    lines, view = planned(with {SYNAPSE_TLS_CERT = "/v/c", SYNAPSE_TLS_KEY = "/v/k", SYNLUA_TLS_PORTS = "443, 8448"},
      files, on(8008, {"client"}, HERE), on_tls(8448, {"federation"}))
    assert.same({"plain 127.0.0.1:8008", "tls 0.0.0.0:8448, tls 127.0.0.1:443"}, lines)
    assert.equal("/v/c", view.tls.certificate.path)
    lines = planned(with {SYNLUA_TLS_PORTS = "443"}, files, on(8008, {"client"}, HERE), on_tls(8448, {"client"}))
    assert.same({"plain 127.0.0.1:8008, tls 0.0.0.0:8448, tls 127.0.0.1:443"}, lines)
  end)

  it("has a port without TLS for commands where the file has only ports with it", function()
    local lines, warnings = servers({SYNAPSE_TLS_CERT = "/c", SYNAPSE_TLS_KEY = "/k"},
      on(8448, {"client", "federation"}, {tls = true}))
    assert.same({"127.0.0.1:8008 0.0.0.0:8448 = client federation"}, lines)
    assert.equal("names no port for clients: beside port 8448 with TLS, nginx listens on 127.0.0.1:8008 alone, for "
      .. "health checks and commands", warnings[1].what)
  end)

  it("has TLS on no port without a certificate, which is told", function()
    local problems = fixture.problems {homeserver = {server_name = "example.org", tls_certificate_path = "/c",
      listeners = seq {on(8008, {"client"}), on(8448, {"federation"}, {tls = true})}}}
    assert.matches("there is one with TLS, but tls_private_key_path is no path", problems, 1, true)
    local _, _, warnings = fixture.make {environment = with {SYNLUA_TLS_PORTS = "443"}}
    assert.equal("has no effect: there is no certificate", warnings[1].what)
  end)

  it("has TLS on each port of SYNLUA_TLS_PORTS, on IPv6 only where the host has it", function()
    local tls = {SYNAPSE_TLS_CERT = "/c", SYNAPSE_TLS_KEY = "/k", SYNLUA_TLS_PORTS = "443,8448"}
    local function places(ipv6)
      local input = fixture.input {environment = tls}
      input.host.ipv6 = ipv6
      local _, _, _, view = fixture.run(input)
      local list = {}
      for _, one in ipairs(view.front.tls) do list[#list + 1] = ("%s %d"):format(one.address, one.port) end
      return table.concat(list, ", "), view
    end
    assert.equal("0.0.0.0 443, 0.0.0.0 8448", (places(false)))
    local both, view = places(true)
    assert.equal("0.0.0.0 443, :: 443, 0.0.0.0 8448, :: 8448", both)
    local _, values = configuration(view)
    assert.same({address = "[::]:443", only_ipv6 = true}, values.servers[1].tls.listens[2])
  end)

  it("are sockets alone where the file has only these; a port of this machine is told", function()
    local lines, warnings = servers({}, listener({"client", "federation"}, {path = "/s"}))
    assert.same({"127.0.0.1:8008 /s = client federation"}, lines)
    assert.equal("names no port for clients: beside /s, nginx listens on 127.0.0.1:8008 alone, for health checks and "
      .. "commands", warnings[1].what)
    for _, environment in ipairs {{NGINX_LISTEN_ADDRESS = "all"}, {SYNAPSE_HTTP_PORT = "8008"}} do
      lines, warnings = servers(environment, listener({"client", "federation"}, {path = "/s"}))
      assert.same({"0.0.0.0:8008 /s = client federation"}, lines)
      assert.same({}, warnings)
    end
    assert.same({"127.0.0.1:8008 /s = client", "0.0.0.0:8448 = federation"},
      servers({}, listener({"client"}, {path = "/s"}), on(8448, {"federation"})))
  end)

  it("opens nothing in a container where the file tells inner addresses from others", function()
    local lines, warnings = servers({}, on(8008, {"client"}, HERE), on(8448, {"federation"}))
    assert.same({"127.0.0.1:8008 = client", "0.0.0.0:8448 = federation"}, lines)
    assert.same({}, warnings)
  end)

  it("cannot differ on one address", function()
    local function problems(environment, ...)
      return fixture.problems {environment = environment, homeserver = {server_name = "example.org",
        listeners = seq {...}}}
    end
    assert.matches("port 8008 for nginx is also that of nginx", problems(MACHINE, on(8008, {"client"}),
      on(8008, {"federation"}, HERE)), 1, true)
    assert.equal("", problems(MACHINE, on(8008, {"client"}, HERE),
      on(8008, {"federation"}, {bind_addresses = seq {"10.0.0.1"}})))
    assert.matches("port 8008 for nginx is also that of nginx", problems(with {NGINX_LISTEN_ADDRESS = "all"},
      on(8008, {"client"}, HERE), on(8008, {"federation"}, {bind_addresses = seq {"10.0.0.1"}})), 1, true)
  end)

  it("has a process of main's for each, on Unix sockets or on ports after those of all processes", function()
    local _, _, made = servers(WORKERS, on(8008, {"client"}), on(9, {"federation"}), on(10, {"keys"}))
    assert.equal("/run/synlua/sockets/main_public_2.sock", made.instances[1].addresses.public_2.socket)
    assert.equal("/run/synlua/sockets/main_public_3.sock", made.sockets.main_public_3)
    _, _, made = servers(with {SYNAPSE_PUBLIC_UNIX_SOCKETS = "no", SYNLUA_INTERNAL_PORTS = "20000"},
      on(8008, {"client"}), on(9, {"federation"}), on(10, {"keys"}))
    local main = made.instances[1].addresses
    assert.same({20000, 20005, 20006}, {main.public.port, main.public_2.port, main.public_3.port})
    assert.equal(main.public, main.health)
  end)

  it("are workers where the listener serves their paths", function()
    local _, _, _, view = servers(WORKERS, on(8008, {"client"}), on(8448, {"federation"}), on(9, {"media"}),
      on(10, {"keys"}), on(11, {"client", "federation"}))
    local made, values = configuration(view)
    assert.is_truthy(made[1]["/_matrix/client/v3/sync"] and made[1]["/_matrix/media/"])
    assert.is_nil(made[1]["/_matrix/federation/v1/send/"])
    assert.is_nil(made[2]["/_matrix/client/v3/sync"])
    assert.is_nil(made[2]["/_matrix/client/v1/media/"])
    assert.is_truthy(made[2]["/_matrix/federation/v1/send/"] and made[2]["/_matrix/media/"])
    assert.is_truthy(made[3]["/_matrix/client/v1/media/"] and made[3]["/_matrix/media/"])
    assert.is_nil(made[3]["/_matrix/federation/v1/send/"])
    assert.is_nil(made[3]["/_matrix/client/v3/sync"])
    assert.is_nil(made[3]["/_synapse/admin/v1/media/"])
    assert.same({}, made[4])
    assert.is_truthy(made[5]["/_matrix/client/v3/sync"] and made[5]["/_matrix/federation/v1/send/"])
    for at, server in ipairs(values.servers) do assert.is_false(server.media_on_main, at) end
  end)

  it("takes uploads for main where the listener has media, and delegation where it has clients", function()
    local _, _, _, view = servers(with {SYNAPSE_SERVE_SERVER_WELLKNOWN = "yes",
      SYNAPSE_PUBLIC_BASEURL = "https://example.org"}, on(8008, {"client"}), on(8448, {"federation"}), on(9, {"media"}),
      on(10, {"keys"}))
    local _, values = configuration(view)
    local media, delegation = {}, {}
    for at, server in ipairs(values.servers) do
      media[at], delegation[at] = server.media_on_main, #server.well_known > 0
    end
    assert.same({true, true, true, false}, media)
    assert.same({true, false, false, false}, delegation)
  end)

  it("has each listener's own modules, compression and name of requests", function()
    local module = map {module = "a.B"}
    local _, warnings, made, view = servers(WORKERS,
      map {type = "http", port = 8008, request_id_header = "X-Request-Id", resources = seq {
        map {names = seq {"client"}, compress = true}, map {names = seq {"federation"}, compress = false}}},
      on(8448, {"federation"}, {additional_resources = map {["/_matrix/x"] = module}}))
    assert.same({}, warnings)
    local mains = synapse_listeners.of(made.instances[1])
    assert.same({"X-Request-Id"}, {mains[1].request_id_header, mains[2].request_id_header})
    assert.equal("X-Request-Id", synapse_listeners.of(made.instances[4])[1].request_id_header)
    assert.is_nil(mains[1].additional_resources)
    assert.same({["/_matrix/x"] = {module = "a.B"}}, mains[2].additional_resources)
    local _, values = configuration(view)
    assert.same({true, false}, {values.servers[1].compress, values.servers[2].compress})
  end)

  it("keeps the mode of a socket", function()
    local _, _, made = servers(MACHINE, listener({"client"}, {path = "/s", mode = 432}),
      listener({"client"}, {path = "/t"}), listener({"federation"}, {path = "/u", mode = 384}))
    assert.same({{path = "/s", mode = 432, gid = 991}, {path = "/u", mode = 384, gid = 991}},
      made.services.nginx.modes)
  end)

  it("needs listeners as Synapse would take them", function()
    local function said(more, names)
      return fixture.problems {homeserver = {server_name = "example.org", listeners = seq {on(8008, names or {"client"},
        more)}}}
    end
    assert.equal("", said {x_forwarded = true, tls = false, mode = 432})
    assert.matches('the resource "webclient", which Synapse does not know (take it out: Synapse no longer has',
      said({}, {"client", "webclient"}), 1, true)
    assert.matches('the resource "clients", which Synapse does not know', said({}, {"federation", "clients"}), 1, true)
    local cases = {
      {{resources = seq {map {names = "client"}}}, "has names that are no list"},
      {{resources = seq {map {names = seq {"client"}, compress = "yes"}}}, "a compress that is neither true nor false"},
      {{resources = seq {map {names = seq {"client"}, compres = true}}}, 'has "compres" in an item of resources'},
      {{resources = seq {map {names = seq {"client"}}, 5}}, "an item in resources that is no mapping"},
      {{tag = 5}, "has a tag that is no text"}, {{request_id_header = true}, "a request_id_header that is no text"},
    }
    for _, case in ipairs(cases) do assert.matches(case[2], said(case[1]), 1, true) end
    for _, mode in ipairs {"0660", -1, 512, 4.5} do
      assert.matches("a mode that is no number of permissions", fixture.problems {homeserver = {
        server_name = "example.org", listeners = seq {listener({"client"}, {path = "/s", mode = mode})}}}, 1, true)
    end
  end)

  it("tells what it does not heed of a listener", function()
    local function told(...)
      local _, problems, warnings = make(MACHINE, ...)
      assert.same({}, problems)
      local texts = {}
      for at, warning in ipairs(warnings) do texts[at] = warning.what end
      return table.concat(texts, "\n")
    end
    assert.equal("", told(on(8008, {"client"}, {tls = false, x_forwarded = true, bind_addresses = seq {"::"}}),
      map {type = "metrics", port = 9}))
    assert.equal('the listener at port 8008 has the tag "one", but Synapse calls every Unix socket unix, and listens '
      .. "on one behind nginx", told(on(8008, {"client"}, {tag = "one"})))
    assert.equal('the listener at port 8008 has "bind_adresses", which Synapse ignores; did you mean bind_addresses?',
      told(on(8008, {"client"}, {bind_adresses = seq {}})))
    assert.equal("the listener at port 8008 has mode, which only a Unix socket has",
      told(on(8008, {"client"}, {mode = 432})))
    assert.equal("the listener at port 9 has resources, which means nothing to a listener of type manhole",
      told(map {type = "manhole", port = 9, resources = seq {}}))
    local _, _, warnings = make(with {SYNAPSE_PUBLIC_UNIX_SOCKETS = "no"}, on(8008, {"client"}, {tag = "one"}))
    assert.same({}, warnings)
    local _, _, _, view = make(MACHINE, listener({"client"}, {path = "/s", tls = true}))
    assert.same({"/s"}, view.listeners.sockets)
  end)
end)

describe("a path", function()
  local function of(path)
    local found = resources.of(template.parse(path)[1])
    local names = {}
    for name in pairs(found.names) do names[#names + 1] = name end
    table.sort(names)
    return table.concat(names, " "), found
  end

  it("belongs to the resources that serve it", function()
    assert.equal("client", (of "/_matrix/client/v3/rooms/{room}/messages"))
    assert.equal("client media", (of "/_matrix/client/v1/media/*"))
    assert.equal("federation media", (of "/_matrix/federation/v1/media/download/*"))
    assert.equal("client federation media", (of "/_matrix/media/*"))
    assert.equal("federation openid", (of "/_matrix/federation/v1/openid/userinfo"))
    assert.equal("federation keys", (of "/_matrix/key/v2/server"))
    assert.equal("client", (of "/_synapse/admin/v1/rooms/{room}"))
    assert.equal("replication", (of "/_synapse/replication/*"))
  end)

  it("of no resource is everywhere; what is of several is where clients and servers are", function()
    local _, found = of "/_synapse/mine/*"
    assert.is_true(resources.serve({keys = true}, found))
    _, found = of "/_matrix/*"
    assert.is_true(resources.serve({client = true, federation = true}, found))
    assert.is_false(resources.serve({client = true}, found))
    _, found = of "/_synapse/replication/*"
    assert.is_false(resources.serve({client = true, federation = true}, found))
  end)
end)

describe("SYNAPSE_HTTP_FED_PORT", function()
  it("is a port for federation alone, beside one for both", function()
    assert.same({"127.0.0.1:8008 = client federation", "127.0.0.1:8009 = federation"},
      servers(with {SYNAPSE_HTTP_FED_PORT = "8009"}))
  end)

  it("adds to the listeners of homeserver.yaml", function()
    assert.same({"0.0.0.0:8008 = client", "127.0.0.1:8009 = federation"},
      servers(with {SYNAPSE_HTTP_FED_PORT = "8009"}, on(8008, {"client"})))
    assert.same({"127.0.0.1:8008 /s = client", "127.0.0.1:8009 = federation"},
      servers(with {SYNAPSE_HTTP_FED_PORT = "8009"}, listener({"client"}, {path = "/s"})))
  end)

  it("changes nothing where a listener serves federation on that port", function()
    assert.same({"127.0.0.1:8008 = client federation"}, servers(with {SYNAPSE_HTTP_FED_PORT = "8008"}))
    assert.same({"0.0.0.0:8008 = client", "0.0.0.0:8009 = federation"},
      servers(with {SYNAPSE_HTTP_FED_PORT = "8009"}, on(8008, {"client"}), on(8009, {"federation"})))
  end)

  it("is refused where another listener has that port, and names both", function()
    local function problems(environment, ...)
      return fixture.problems {environment = environment, homeserver = {server_name = "example.org",
        listeners = seq {...}}}
    end
    local said = problems(with {SYNAPSE_HTTP_FED_PORT = "8008"}, on(8008, {"client"}))
    assert.matches("SYNAPSE_HTTP_FED_PORT: is 8008, but .* gives this port to a listener without federation", said)
    said = problems(with {SYNAPSE_HTTP_FED_PORT = "8009", SYNLUA_METRICS_PORT = "8009"})
    assert.matches("SYNAPSE_HTTP_FED_PORT", said)
  end)
end)

describe("NGINX_LISTEN_UNIX_SOCKET", function()
  local SOCKET = with {NGINX_LISTEN_UNIX_SOCKET = "/sockets/matrix.sock"}

  it("leads to what clients get on the port", function()
    assert.same({"127.0.0.1:8008 /sockets/matrix.sock = client federation"}, servers(SOCKET))
    assert.same({"0.0.0.0:8009 /sockets/matrix.sock = client", "0.0.0.0:8008 = federation"},
      servers(SOCKET, on(8008, {"federation"}), on(8009, {"client"})))
  end)

  it("is one with a socket of homeserver.yaml that has its path", function()
    assert.same({"127.0.0.1:8008 /sockets/matrix.sock = client"},
      servers(SOCKET, listener({"client"}, {path = "/sockets/matrix.sock"})))
  end)

  it("has a directory that is made if it is missing, and keeps its owner if not", function()
    local _, _, made = servers(SOCKET)
    local found
    for _, item in ipairs(made.directories) do found = item.base == "/sockets" and item or found end
    assert.same({"", "nobody", 33}, {found.path, found.adopt, found.uid})
    local leftovers = made.services.nginx.leftovers
    assert.same({{base = "/sockets", path = "matrix.sock"}}, leftovers)
  end)

  it("does not close the port of a file that names only loopback", function()
    assert.same({"0.0.0.0:8008 /s/a.sock = client"}, servers({NGINX_LISTEN_UNIX_SOCKET = "/s/a.sock"},
      on(8008, {"client"}, {bind_addresses = seq {"127.0.0.1"}})))
  end)

  it("is refused where it cannot be", function()
    for path, why in pairs {["/run/synlua/a.sock"] = "SYNLUA_RUNTIME_DIR %(/run/synlua%), which each start empties",
      ["/a.sock"] = "in the root directory", ["/a/$b"] = "a %$ in it",
      ["/" .. ("x"):rep(100) .. "/a.sock"] = "has 108 bytes, .* at most 107"} do
      assert.matches(why, settings_fixture.problem("NGINX_LISTEN_UNIX_SOCKET", path).what)
    end
  end)
end)
