-- Everything that listens on a port, and clashes between them.

local document = require "lib.document"
local fixture = require "plan_fixture"

local map, seq = document.map, document.seq

local TLS = {SYNAPSE_TLS_CERT = "/tls/cert.pem", SYNAPSE_TLS_KEY = "/tls/key.pem"}

local function listener(names, port, more)
  local made = {type = "http", port = port, resources = seq {map {names = seq(names)}}}
  for key, value in pairs(more or {}) do made[key] = value end
  return map(made)
end

-- The problems with these variables, and with these listeners in homeserver.yaml, line 10 and on.
local function problems(environment, ...)
  local input = fixture.input {environment = environment}
  if select("#", ...) > 0 then
    local list = {...}
    input.homeserver = {path = "/data/homeserver.yaml", info = {lines = {}},
      document = map {server_name = "example.org", listeners = seq(list)}}
    for at, item in ipairs(list) do input.homeserver.info.lines[item] = 9 + at end
    input.homeserver_exists = true
  end
  local _, found = fixture.run(input)
  local lines = {}
  for at, problem in ipairs(found) do lines[at] = ("%s: %s"):format(problem.where, problem.what) end
  return table.concat(lines, "\n")
end

local function with(...)
  local all = {}
  for _, part in ipairs {...} do
    for name, value in pairs(part) do all[name] = value end
  end
  return all
end

describe("ports", function()
  it("of TLS and of the metrics, of manholes or of processes meet, and both are named", function()
    assert.equal("SYNLUA_METRICS_PORT: port 8448 for synlua's own metrics is also that of nginx with TLS "
      .. "(SYNAPSE_TLS_CERT)", problems(with(TLS, {SYNLUA_METRICS_PORT = "8448"})))
    assert.equal("SYNLUA_INTERNAL_PORTS: port 8448 for public of main is also that of nginx with TLS "
      .. "(SYNAPSE_TLS_CERT)", problems(with(TLS, {SYNLUA_INTERNAL_PORTS = "8448",
        SYNAPSE_PUBLIC_UNIX_SOCKETS = "no"})))
    assert.equal("SYNLUA_INTERNAL_PORTS: port 8448 for manhole of main is also that of nginx with TLS "
      .. "(SYNAPSE_TLS_CERT)", problems(with(TLS, {SYNLUA_INTERNAL_PORTS = "8444", SYNAPSE_MANHOLE_MASTER = "yes"})))
    assert.equal("SYNAPSE_HTTP_PORT: port 8448 for nginx is also that of nginx with TLS (SYNAPSE_TLS_CERT)",
      problems(with(TLS, {SYNAPSE_HTTP_PORT = "8448"})))
    assert.equal("SYNLUA_METRICS_PORT: port 18010 for synlua's own metrics is also that of public of main "
      .. "(SYNLUA_INTERNAL_PORTS)", problems {SYNLUA_METRICS_PORT = "18010", SYNAPSE_PUBLIC_UNIX_SOCKETS = "no"})
    assert.equal("SYNLUA_METRICS_PORT: port 8008 for synlua's own metrics is also that of nginx (SYNAPSE_HTTP_PORT)",
      problems {SYNLUA_METRICS_PORT = "8008"})
  end)

  it("of homeserver.yaml are named by file and line", function()
    assert.equal("SYNLUA_METRICS_PORT: port 9000 for synlua's own metrics is also that of nginx "
      .. "(/data/homeserver.yaml:11)", problems({SYNLUA_METRICS_PORT = "9000"}, listener({"client"}, 8008),
      listener({"federation"}, 9000)))
    assert.equal("SYNLUA_METRICS_PORT: port 9000 for synlua's own metrics is also that of Synapse's own listener "
      .. "(metrics) (/data/homeserver.yaml:10)", problems({SYNLUA_METRICS_PORT = "9000"},
      map {type = "metrics", port = 9000}))
    assert.equal("/data/homeserver.yaml:10: port 8448 for nginx is also that of nginx with TLS (SYNAPSE_TLS_CERT)",
      problems(TLS, listener({"client"}, 8448)))
    assert.equal("/data/homeserver.yaml:10: port 8008 for nginx with TLS is also that of nginx (SYNAPSE_HTTP_PORT)",
      problems(TLS, listener({"client"}, 8008, {tls = true})))
    assert.equal("/data/homeserver.yaml:11: port 9000 for Synapse's own listener (manhole) is also that of Synapse's "
      .. "own listener (metrics) (/data/homeserver.yaml:10)", problems({}, map {type = "metrics", port = 9000},
      map {type = "manhole", port = 9000}))
  end)

  it("of options from before listeners count too", function()
    local text = fixture.problems {homeserver = {server_name = "example.org", manhole = 8008}}
    assert.matches("/data/homeserver.yaml: port 8008 for Synapse's manhole is also that of nginx (SYNAPSE_HTTP_PORT)",
      text, 1, true)
  end)

  it("of a PostgreSQL or Redis server on this host are in use, whichever layer names it", function()
    for _, host in ipairs {"127.0.0.1", "localhost"} do
      assert.equal("SYNAPSE_HTTP_PORT: port 5432 for nginx is also that of the PostgreSQL server (POSTGRES_PORT)",
        problems {SYNAPSE_HTTP_PORT = "5432", POSTGRES_HOST = host})
      assert.equal("SYNLUA_METRICS_PORT: port 5432 for synlua's own metrics is also that of the PostgreSQL server "
        .. "(POSTGRES_PORT)", problems {SYNLUA_METRICS_PORT = "5432", POSTGRES_HOST = host})
    end
    assert.equal("SYNAPSE_HTTP_PORT: port 6380 for nginx is also that of the Redis server (SYNAPSE_REDIS_PORT)",
      problems {SYNAPSE_HTTP_PORT = "6380", SYNAPSE_REDIS_HOST = "localhost", SYNAPSE_REDIS_PORT = "6380"})
    assert.matches("SYNAPSE_HTTP_PORT: port 5433 for nginx is also that of the PostgreSQL server "
      .. "(/data/homeserver.yaml)", fixture.problems {environment = {SYNAPSE_HTTP_PORT = "5433"}, homeserver = {
        server_name = "example.org", database = map {name = "psycopg2", args = map {host = "localhost", port = 5433}}}},
      1, true)
    assert.matches("SYNAPSE_HTTP_PORT: port 6379 for nginx is also that of the Redis server (/data/homeserver.yaml)",
      fixture.problems {environment = {SYNAPSE_HTTP_PORT = "6379"}, homeserver = {server_name = "example.org",
        redis = map {enabled = true, host = "localhost"}}}, 1, true)
    assert.equal("", problems {SYNAPSE_HTTP_PORT = "5432", POSTGRES_HOST = "db"})
    assert.equal("", problems {SYNLUA_METRICS_PORT = "5432", POSTGRES_HOST = "db"})
    assert.equal("", problems {SYNAPSE_HTTP_PORT = "5432"})
    assert.equal("", problems {SYNLUA_METRICS_PORT = "9100"})
  end)

  it("do not meet on addresses that have nothing in common", function()
    assert.equal("", problems({NGINX_LISTEN_ADDRESS = "10.0.0.1"}, listener({"client"}, 8008),
      map {type = "manhole", port = 8008, bind_addresses = seq {"127.0.0.1"}}))
    assert.equal("", problems {NGINX_LISTEN_ADDRESS = "10.0.0.1,::1", SYNLUA_METRICS_PORT = "8008"})
    assert.equal("", problems {NGINX_LISTEN_ADDRESS = "::", SYNAPSE_HTTP_PORT = "5432", POSTGRES_HOST = "127.0.0.1"})
    assert.matches("also that of nginx", problems {NGINX_LISTEN_ADDRESS = "127.0.0.1", SYNLUA_METRICS_PORT = "8008"})
    assert.matches("also that of the PostgreSQL server", problems {NGINX_LISTEN_ADDRESS = "0:0:0:0:0:0:0:1",
      SYNAPSE_HTTP_PORT = "5432", POSTGRES_HOST = "::1"})
    assert.matches("listener %(manhole%) is also that of nginx", problems({NGINX_LISTEN_ADDRESS = "10.0.0.1"},
      listener({"client"}, 8008), map {type = "manhole", port = 8008}))
  end)

  it("of services in the user's directory count as well", function()
    local input = fixture.input {}
    local catalog = fixture.catalog()
    catalog.mine = {plan = function()
      return {process = {argv = {"/x"}}, ready = {notify = true}, listens = {{address = "127.0.0.1", port = 8008}}}
    end}
    local _, found = require "plan".make((require "settings".read(input)), input, catalog)
    assert.equal(1, #found)
    assert.same({"SYNAPSE_HTTP_PORT", "port 8008 for nginx is also that of the service mine (services/mine.lua)"},
      {found[1].where, found[1].what})
  end)

  it("end at 65535", function()
    assert.equal("SYNLUA_INTERNAL_PORTS: would need ports up to 65538", problems {SYNLUA_INTERNAL_PORTS = "65533",
      SYNAPSE_PUBLIC_UNIX_SOCKETS = "no", SYNAPSE_WORKER_TYPES = "synchrotron", POSTGRES_HOST = "db",
      SYNAPSE_REDIS_HOST = "redis"})
  end)
end)
