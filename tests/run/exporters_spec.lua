-- The real exporters, at servers outside with passwords that are hard to write, and at the built-in ones.

local support = require "run.support"
local system = require "core.system"

local PASSWORD = [[it's: a "\pass", {word} #1 $é ]] .. "end"
local AS_POSTGRES = system.identity().uid == 0 and "setpriv --reuid=postgres --regid=postgres --clear-groups " or ""
local PROGRAMS = support.postgres_programs() .. "/"

local base, ends

-- What a page says of a metric; nil until it does.
local function metric(port, name)
  local text = support.capture(("curl -s -m 10 http://127.0.0.1:%d/metrics"):format(port))
  return tonumber(text:match("\n" .. name .. " (%S+)\n"))
end

local function becomes(port, name, wanted)
  local value
  support.poll(support.LONG, function()
    value = metric(port, name)
    return value == wanted
  end)
  assert.equal(wanted, value, name)
end

local function shell(command, ...)
  local output, status = support.capture(command:format(...) .. " 2>&1")
  assert(status == 0, output)
  return output
end

local function redis_outside(port)
  support.write(base .. "/redis.conf", ("port %d\nbind 127.0.0.1\nsave \"\"\nuser watcher on +@all ~* &* #%s\n"
    .. "user default off\n"):format(port, shell("printf %%s %s | sha256sum", support.quote(PASSWORD)):match "%x+"))
  shell("redis-server %s/redis.conf --daemonize yes --pidfile %s/redis.pid --dir %s --logfile %s/redis.log", base, base,
    base, base)
  ends[#ends + 1] = function()
    os.execute(("kill $(cat %s/redis.pid)"):format(base))
  end
end

local function postgres_outside(port)
  local data = base .. "/cluster"
  support.write(base .. "/password", PASSWORD)
  shell("install -d -m 700 %s %s", AS_POSTGRES ~= "" and "-o postgres -g postgres" or "", data)
  shell("chmod 644 %s/password && %s%sinitdb -D %s -U synapse -A scram-sha-256 --pwfile=%s/password --no-sync", base,
    AS_POSTGRES, PROGRAMS, data, base)
  shell("cd / && %s%spg_ctl -w -D %s -l %s/log -o '-c listen_addresses=127.0.0.1 -c fsync=off -p %d -k %s' start "
    .. ">/dev/null", AS_POSTGRES, PROGRAMS, data, data, port, data)
  ends[#ends + 1] = function()
    shell("cd / && %s%spg_ctl -D %s -m immediate stop", AS_POSTGRES, PROGRAMS, data)
  end
end

-- A run with a fake Synapse.
local function start(variables, fakes)
  local all = {SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no", SYNLUA_CONTAINER = "no",
    SYNAPSE_ENABLE_REDIS_METRIC_EXPORT = "yes", SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT = "yes"}
  for name, value in pairs(variables) do all[name] = value end
  local services = {}
  for _, name in ipairs(fakes) do services[name] = support.service {"say:I am " .. name, "ready"} end
  local run = support.run(services, {variables = all})
  run:start():says("synlua | ready in", 5 * support.LONG) -- a cluster is made
  return run
end

-- The environment and arguments of a service's process.
local function words_of(run, program)
  local pid = support.poll(support.LONG, function()
    return support.capture(("pgrep -x -P %d %s"):format(run.pid, program:sub(1, 15))):match "%d+"
  end)
  return support.read(("/proc/%s/environ"):format(pid)) .. support.read(("/proc/%s/cmdline"):format(pid))
end

describe("the exporters", function()
  before_each(function()
    base, ends = support.directory(), {}
  end)
  after_each(function()
    support.finish()
    for _, fn in ipairs(ends) do fn() end
    support.remove(base)
  end)

  it("log in to servers outside, whose passwords stand in no argument and no environment", function()
    local port = support.port()
    redis_outside(port)
    postgres_outside(port + 1)
    local run = start({SYNAPSE_REDIS_HOST = "127.0.0.1", SYNAPSE_REDIS_PORT = port, SYNAPSE_REDIS_USER = "watcher",
      SYNAPSE_REDIS_PASSWORD = PASSWORD, POSTGRES_HOST = "127.0.0.1", POSTGRES_PORT = port + 1,
      POSTGRES_USER = "synapse", POSTGRES_DB = "postgres", POSTGRES_PASSWORD = PASSWORD},
      {"synapse", "nginx", "redis_outside", "database_check"})
    becomes(9121, "redis_up", 1)
    becomes(9187, "pg_up", 1)
    for _, name in ipairs {"prometheus-redis-exporter", "prometheus-postgres-exporter"} do
      assert.is_nil(words_of(run, name):find("pass", 1, true) and words_of(run, name):find("{word}", 1, true))
    end
    local listens = shell "ss -Hltn"
    for _, exporter in ipairs {9121, 9187} do
      assert.truthy(listens:find("127.0.0.1:" .. exporter, 1, true), listens)
      assert.is_nil(listens:find("*:" .. exporter, 1, true), listens)
    end
    run:stop()
  end)

  it("measure the built-in servers, and may change nothing in the database", function()
    shell("cp %s/synapse.py %s/python", support.FAKES, base)
    local run = start({SYNAPSE_WORKER_TYPES = "pusher", SYNLUA_SYNAPSE_PYTHON = base .. "/python",
      SYNLUA_FORK_SERVER = "no", SYNAPSE_HTTP_PORT = support.port()}, {})
    becomes(9121, "redis_up", 1)
    becomes(9187, "pg_up", 1)
    local socket = run:path "run/postgres/run"
    local psql = AS_POSTGRES .. PROGRAMS .. "psql -h " .. socket .. " -U synlua_metrics -d synapse -tAc "
    assert.equal("f|f|f\n", shell("cd / && %s%s", psql, support.quote(
      "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user")))
    local output, status = support.capture("cd / && " .. psql .. "'CREATE TABLE mine ()' 2>&1")
    assert.equal(1, status, output)
    assert.truthy(output:find("permission denied", 1, true), output)
    run:stop()
  end)
end)
