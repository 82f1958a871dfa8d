local document = require "lib.document"
local fixture = require "plan_fixture"
local plan = require "plan"
local split = require "plan.listeners.split"
local show = require "cli.shell.show"
local tables = require "lib.tables"
local words = require "processes.words"

local function listener(names, more)
  local made = {type = "http", port = 8008, resources = document.seq {document.map {names = document.seq(names)}}}
  for key, value in pairs(more or {}) do made[key] = value end
  return document.map(made)
end

local function divide(...) return split.of(document.map {listeners = document.seq {...}}) end

describe("an admin's listeners", function()
  it("give nginx the port of the first client listener", function()
    local other = listener({"client"}, {port = 9})
    local divided = divide(listener({"federation"}, {port = 8448}), listener {"client"}, other)
    assert.equal(8008, divided.said_port)
    assert.same({}, divided.kept)
  end)

  it("stay Synapse's if nginx does not replace them", function()
    local manhole = document.map {type = "manhole", port = 9000}
    local metrics = listener({"metrics"}, {port = 9001})
    local tls = listener({"metrics"}, {port = 8448, tls = true})
    local modules = document.map {type = "http", port = 9002, additional_resources = document.map {}}
    local replication, health = listener({"replication"}, {port = 9003}), listener({"health"}, {port = 9004})
    local divided = divide(manhole, metrics, listener {"client", "federation"}, tls, modules, replication, health)
    assert.same({manhole, metrics, tls, modules, replication, health}, divided.kept)
    assert.same({8008, {}}, {divided.said_port, divided.ports})
  end)

  it("hand their resources to the one that nginx speaks to, and no others", function()
    local _, problems, _, view = fixture.make {homeserver = {server_name = "example.org",
      listeners = document.seq {listener {"client", "consent", "metrics"}}}}
    assert.same({}, problems)
    assert.same({client = true, consent = true, metrics = true}, view.public[1].resources)
    assert.same(view.public[1].resources, view.instances[1].resources)
  end)

  it("hand on what modules serve beside clients", function()
    local module = document.map {module = "a.B"}
    local extra = listener({"client"}, {additional_resources = document.map {["/_matrix/x"] = module}})
    assert.equal(8008, divide(extra).said_port)
    local _, _, _, view = fixture.make {homeserver = {server_name = "example.org", listeners = document.seq {extra}}}
    assert.same({["/_matrix/x"] = {module = "a.B"}}, view.public[1].additional)
  end)

  it("give nginx every further port, once, and every Unix socket", function()
    local divided = divide(listener({"client"}, {bind_addresses = {"127.0.0.1"}}),
      listener({"client"}, {bind_addresses = {"::1"}}), listener({"federation"}, {port = 8448}),
      listener({"client"}, {port = 8009}), document.map {type = "http", path = "/s", resources = document.seq {
        document.map {names = document.seq {"client"}}}})
    assert.same({8008, {8448, 8009}, {"/s"}}, {divided.said_port, divided.ports, divided.sockets})
  end)

  local function listens(environment, ipv6, ...)
    local made, problems, warnings = fixture.make {environment = environment, host = {ipv6 = ipv6},
      homeserver = {server_name = "example.org", listeners = document.seq {...}}}
    assert.same({}, problems)
    local list = {}
    for at, listen in ipairs(made.services.nginx.listens or made.listens) do
      list[at] = ("%s %d"):format(listen.address, listen.port)
    end
    return table.concat(list, ", "), warnings
  end

  local MACHINE = {SYNLUA_CONTAINER = "no"}

  it("keep their addresses as Synapse means them, each port its own", function()
    local function on(port, addresses, old)
      return listener({"client"}, {port = port, bind_addresses = addresses and document.seq(addresses),
        bind_address = old})
    end
    local cases = {
      {on(1), "0.0.0.0 1, :: 1", "0.0.0.0 1"}, {on(1, {}), "0.0.0.0 1, :: 1", "0.0.0.0 1"},
      {on(1, {"::"}), "0.0.0.0 1, :: 1", "0.0.0.0 1"}, {on(1, {"0.0.0.0"}), "0.0.0.0 1", "0.0.0.0 1"},
      {on(1, {"::1", "127.0.0.1"}), "127.0.0.1 1, ::1 1", "127.0.0.1 1"}, {on(1, {"::1"}), "::1 1", "::1 1"},
      {on(1, {"localhost"}), "127.0.0.1 1", "127.0.0.1 1"}, {on(1, nil, "10.0.0.1"), "10.0.0.1 1", "10.0.0.1 1"},
      {on(1, nil, ""), "0.0.0.0 1, :: 1", "0.0.0.0 1"},
      {on(1, {"::1"}, "127.0.0.1"), "127.0.0.1 1, ::1 1", "127.0.0.1 1"},
      {on(1, {"127.0.0.1", "0.0.0.0", "127.0.0.1"}), "0.0.0.0 1", "0.0.0.0 1"},
    }
    for at, case in ipairs(cases) do
      assert.equal(case[2], (listens(MACHINE, true, case[1])), "case " .. at)
      assert.equal(case[3], (listens(MACHINE, false, case[1])), "case " .. at .. " without IPv6")
    end
    assert.equal("127.0.0.1 1, ::1 1, 10.0.0.1 2, 0.0.0.0 3", (listens(MACHINE, true, on(1, {"127.0.0.1"}),
      on(2, {"10.0.0.1"}), on(1, {"::1"}), on(3, {"0.0.0.0"}))))
  end)

  it("give way to NGINX_LISTEN_ADDRESS where that is set", function()
    local environment = {NGINX_LISTEN_ADDRESS = "10.0.0.9"}
    local said, warnings = listens(environment, true, listener({"client"}, {bind_addresses = document.seq {"::1"}}),
      listener({"client"}, {port = 8009}))
    assert.equal("10.0.0.9 8008, 10.0.0.9 8009", said)
    assert.same({}, warnings)
  end)

  it("of one machine alone are opened in a container, the first one and not in silence", function()
    local inner = {bind_addresses = document.seq {"::1", "127.0.0.1"}}
    local second = {port = 8009, bind_addresses = document.seq {"127.0.0.1"}}
    local said, warnings = listens({}, true, listener({"client"}, inner), listener({"client"}, second))
    assert.equal("0.0.0.0 8008, :: 8008, 127.0.0.1 8009", said)
    assert.matches("port 8008 listens on every address of this container", warnings[1].what, 1, true)
    said, warnings = listens(MACHINE, true, listener({"client"}, inner))
    assert.equal("127.0.0.1 8008, ::1 8008", said)
    assert.same({}, warnings)
    said, warnings = listens({NGINX_LISTEN_ADDRESS = "127.0.0.1"}, true, listener({"client"}, inner))
    assert.equal("127.0.0.1 8008", said)
    assert.same({}, warnings)
    local _
    _, warnings = listens({}, true, listener {"client"})
    assert.same({}, warnings)
  end)

  it("are client and federation if the file has none", function()
    assert.same({kept = {}, taken = {}, ports = {}, tls_ports = {}, addresses = {}, sockets = {}, faults = {}},
      split.of(nil))
    local _, _, _, view = fixture.make()
    assert.same({client = true, federation = true}, view.public[1].resources)
  end)

  it("are refused where they cannot be kept, with the reason", function()
    local function problems(environment, ...)
      return fixture.problems {environment = environment,
        homeserver = {server_name = "example.org", listeners = document.seq {...}}}
    end
    local certificate = {SYNAPSE_TLS_CERT = "/c", SYNAPSE_TLS_KEY = "/k"}
    assert.equal("", problems(certificate, listener({"client"}, {port = 8448, tls = true}),
      document.map {type = "manhole", port = 9000}))
    assert.matches("port 8008 for nginx with TLS is also that of nginx (SYNAPSE_HTTP_PORT)", problems(certificate,
      listener({"client"}, {tls = true})), 1, true)
    assert.matches("serves replication together with resources that everybody may reach", problems({},
      listener {"client", "replication"}), 1, true)
    for _, addresses in ipairs {"127.0.0.1", document.seq {"example.org"}, document.seq {"fe80::1%eth0"},
      document.seq {1}} do
      assert.matches("the listener at port 8008 ", problems({}, listener({"client"}, {bind_addresses = addresses})), 1,
        true)
    end
    for _, port in ipairs {"8008", 0, 65536, 80.5, "x"} do
      assert.matches("has no number from 1 to 65535 as its port", problems({}, listener({"client"}, {port = port})), 1,
        true)
    end
    assert.matches("port 8448 for nginx is also that of nginx with TLS (SYNAPSE_TLS_CERT)", problems(
      {SYNAPSE_TLS_CERT = "/c", SYNAPSE_TLS_KEY = "/k"}, listener({"client"}, {port = 8448})), 1, true)
    assert.matches("the socket 7 is no absolute path", problems({}, document.map {type = "http", path = 7,
      resources = document.seq {{names = document.seq {"client"}}}}), 1, true)
    assert.matches("the socket /x has a port as well", problems({}, listener({"client"}, {path = "/x"})), 1, true)
    assert.matches("additional_resources of the listener at port 8008 are no mapping", problems({},
      listener({"client"}, {additional_resources = "x"})), 1, true)
    assert.matches("listeners: an item is no mapping", problems({SYNLUA_METRICS_PORT = "9"}, 5), 1, true)
    assert.matches("signing_key_path must be a path", fixture.problems {homeserver = {server_name = "example.org",
      signing_key_path = document.seq {"x"}}}, 1, true)
    assert.matches("port 9 has the type nil, which Synapse", problems({}, document.map {port = 9}), 1, true)
    assert.matches("port 9 has the type replication", problems({}, document.map {type = "replication", port = 9}), 1,
      true)
    assert.matches("the socket s is no absolute path", problems({},
      document.map {type = "http", path = "s", resources = document.seq {{names = document.seq {"client"}}}}), 1, true)
  end)
end)

describe("a service with a long name", function()
  it("is a problem that names its file", function()
    local input, catalog = fixture.input {}, fixture.catalog()
    local name = ("x"):rep(64)
    catalog[name] = {plan = function() return {process = {argv = {"/x"}}, ready = {notify = true}} end}
    local _, problems = plan.make((require "settings".read(input)), input, catalog)
    assert.same({"services/" .. name .. ".lua", "has a name of 64 bytes, but at most 63 are allowed: " .. name},
      {problems[1].where, problems[1].what})
  end)
end)

describe("two services of one name", function()
  it("are a problem that names both files", function()
    local input = fixture.input {environment = {SYNAPSE_WORKER_TYPES = "typing", POSTGRES_HOST = "db",
      SYNAPSE_REDIS_HOST = "redis"}}
    local catalog = fixture.catalog()
    catalog.mine = {plan = function() return {typing1 = {process = {argv = {"/x"}}, ready = {notify = true}}} end}
    local _, problems = plan.make((require "settings".read(input)), input, catalog)
    assert.equal(1, #problems)
    assert.equal("services/synapse.lua", problems[1].where)
    assert.equal("makes a service typing1, which services/mine.lua makes too", problems[1].what)
  end)
end)

describe("an admin's server name", function()
  it("must be one, as Synapse sees it", function()
    for _, name in ipairs {"https://example.org", "", "a_b", "example.org:0"} do
      assert.matches(('server_name "%s" is not a server name'):format(name), fixture.problems {
        environment = {SYNAPSE_SERVER_NAME = ""}, homeserver = {server_name = name}}, 1, true)
    end
    for _, name in ipairs {"Example.org", "127.0.0.1:8448", "[::1]"} do
      assert.equal("", fixture.problems {environment = {SYNAPSE_SERVER_NAME = ""}, homeserver = {server_name = name}})
    end
  end)
end)

describe("tables", function()
  it("are iterated in one order whatever their keys are", function()
    local seen = {}
    for key in tables.sorted {b = 1, a = 2, [2] = 3, [1] = 4, [true] = 5} do seen[#seen + 1] = tostring(key) end
    assert.same({"true", "1", "2", "a", "b"}, seen)
  end)

  it("are copied deeply", function()
    local before = {a = {b = {}}}
    local after = tables.copy(before)
    assert.same(before, after)
    assert.are_not.equal(before.a.b, after.a.b)
  end)

  it("raise when frozen: for unknown fields and for writing", function()
    local frozen = tables.freeze({a = 1}, "thing", {a = true, b = true})
    assert.equal(1, frozen.a)
    assert.is_nil(frozen.b)
    assert.has_error(function() return frozen.c end, 'thing has no field "c"')
    assert.has_error(function() frozen.a = 2 end, 'thing is read-only (field "a")')
  end)
end)

describe("words", function()
  it("distinguish an exit status from a signal", function()
    assert.equal("exit status 9", words.exit {kind = "exit", code = 9})
    assert.equal("killed by SIGKILL", words.exit {kind = "signal", code = 9, signal = "SIGKILL"})
  end)

  it("say a span as people do", function()
    assert.equal("0.84 s", words.span(842))
    assert.equal("12.3 s", words.span(12345))
    assert.equal("4 min 10 s", words.span(250000))
    assert.equal("3 h 0 min", words.span(10800000))
  end)
end)

describe("the shell", function()
  it("shows tables sorted, and no line break of a value", function()
    assert.equal('{\n  "x",\n  a = "1\\n2",\n  ["b c"] = {}\n}', show.value {["b c"] = {}, a = "1\n2", "x"})
  end)

  it("shows a loop as such", function()
    local loop = {}
    loop.self = loop
    assert.equal("{\n  self = {...}\n}", show.value(loop))
  end)

  it("never shows a secret", function()
    local settings = {A = "hidden", B = 1, sources = {A = "A_FILE"}}
    local shown = show.settings(settings, {{name = "A", secret = true}, {name = "B"}})
    assert.same({A = "(secret, from A_FILE)", B = 1}, shown)
  end)
end)
