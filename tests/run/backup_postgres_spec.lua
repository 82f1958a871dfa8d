-- Backups of a small PostgreSQL database, and restores: to the built-in one, and to one outside. There is no Synapse:
-- a server runs where the built-in one would. tests/e2e/backup_workers does it with a real homeserver.

local file = require "core.file"
local lfs = require "lfs"
local support = require "run.support"
local system = require "core.system"

local quoted = support.quote

local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or lfs.currentdir() .. "/.venv/bin/python"
local PROGRAMS = support.postgres_programs()
local VERSION = PROGRAMS:match "postgresql/(%d+)/"
local AS = system.identity().uid == 0 and "runuser -u postgres -- " or ""

local FILL = "CREATE TABLE users (name TEXT); INSERT INTO users VALUES ($$@a:example.org$$), ($$@b:example.org$$); "
  .. "CREATE TABLE rooms (x INT); CREATE TABLE events (x INT); INSERT INTO events SELECT generate_series(1, 500); "
  .. "CREATE TABLE e2e_one_time_keys_json (x INT); INSERT INTO e2e_one_time_keys_json VALUES (1); "
  .. "CREATE SEQUENCE events_stream_seq; SELECT setval($$events_stream_seq$$, 500);"

local base

local function shell(command, ...)
  local text, status = support.capture(("cd %s && { %s; } 2>&1"):format(base, command:format(...)))
  assert.equal(0, status, text)
  return text
end

local function synlua(arguments, environment)
  return support.capture(("cd %s && env -i SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no PATH=/usr/bin:/bin "
    .. "SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data SYNLUA_RUNTIME_DIR=%s/run SYNLUA_SYNAPSE_PYTHON=%s %s "
    .. "timeout 300 %s %s 2>&1"):format(base, base, base, base, quoted(PYTHON), environment or "",
    quoted(support.SYNLUA), arguments))
end

local good, refused = support.endings(synlua)

-- A server of that cluster, with its socket in that directory.
local function serve(cluster, sockets)
  shell("%s%s/postgres -D %s/%s -c listen_addresses= -k %s/%s -c log_min_messages=fatal >log 2>&1 & :", AS, PROGRAMS,
    base, cluster, base, sockets)
  assert(support.poll(support.LONG, function()
    return select(2, support.capture(("psql -h %s/%s -U postgres -d postgres -c 'SELECT 1' >%s/psql 2>&1"):format(base,
      sockets, base))) == 0
  end), support.read(base .. "/log"))
end

local function stop(cluster)
  local pid = support.read(("%s/%s/postmaster.pid"):format(base, cluster)):match "^%d+"
  shell("kill -INT %s", pid)
  assert(support.poll(support.LONG, function() return not support.exists(("/proc/%s"):format(pid)) end))
end

local function sql(sockets, database, text)
  return shell("psql -AtXq -v ON_ERROR_STOP=1 -h %s/%s -U postgres -d %s -c '%s'", base, sockets, database, text)
end

local function make(cluster)
  local owner = AS ~= "" and "postgres" or ""
  shell("mkdir -p %s sockets && [ -z '%s' ] || chown %s sockets %s", cluster:match "^(.*)/", owner, owner,
    cluster:match "^(.*)/")
  shell("%s%s/initdb -D %s/%s -U postgres -A trust --encoding=UTF8 --locale=C --no-sync >/dev/null", AS, PROGRAMS, base,
    cluster)
end

local function counts(sockets, database)
  return sql(sockets, database, "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM events), "
    .. "(SELECT count(*) FROM e2e_one_time_keys_json), nextval($$events_stream_seq$$)")
end

describe("a backup of PostgreSQL", function()
  local cluster = "data/postgres/" .. VERSION

  before_each(function()
    base = support.directory()
    good("generate", "SYNAPSE_WORKER_TYPES=pusher")
    make(cluster)
    shell "mkdir -p run/postgres/run && chmod 711 run run/postgres && chmod 777 run/postgres/run"
    serve(cluster, "run/postgres/run")
    sql("run/postgres/run", "postgres", "CREATE ROLE synapse LOGIN")
    sql("run/postgres/run", "postgres", "CREATE DATABASE synapse OWNER synapse TEMPLATE template0")
    shell("psql -AtXq -v ON_ERROR_STOP=1 -h %s/run/postgres/run -U synapse -d synapse -c '%s'", base,
      FILL)
  end)
  after_each(function()
    for _, one in ipairs {"data/postgres/" .. VERSION, "old/postgres/" .. VERSION, "outside/data"} do
      local pid = support.read(("%s/%s/postmaster.pid"):format(base, one)):match "^%d+"
      if pid then os.execute("kill -QUIT " .. pid .. " 2>/dev/null") end
    end
    support.remove(base)
  end)

  it("is rehearsed, leaves nothing behind, and goes back to the built-in one and to one outside", function()
    local text = good "backup"
    local path = assert(text:match "\n(/%S+): 2 users, 0 rooms, 500 events; 0 files of media", text)
    assert.truthy(text:find("its database was restored into a scratch one", 1, true), text)
    assert.equal("database.dump\nfiles.tar\nmedia.list\n", shell("ls -A %s/synapse", path))
    stop(cluster)
    shell "mv data old"
    path = path:gsub("/data/", "/old/", 1)
    assert.truthy(good("restore --check " .. path):find("can be restored", 1, true))
    good("restore " .. path)
    local place = base .. "/" .. cluster
    assert.equal("700\n", shell("stat -c %%a %s", place))
    assert.equal(shell("stat -c %%u %s/old/postgres", base), shell("stat -c %%u %s", place))
    assert.is_nil(file.stat(base .. "/data/.synlua.handover"))
    serve(cluster, "sockets")
    assert.equal("2|500|0|501\n", counts("sockets", "synapse"))
    assert.equal("synapse|synapse\n", sql("sockets", "synapse", "SELECT tableowner, current_database() FROM pg_tables "
      .. "WHERE tablename = $$users$$"))
    stop(cluster)
    -- Outside.
    make "outside/data"
    serve("outside/data", "sockets")
    sql("sockets", "postgres", "CREATE ROLE owner LOGIN")
    local outside = ("POSTGRES_HOST=%s/sockets POSTGRES_USER=owner POSTGRES_DB=theirs"):format(base)
    shell "rm -rf data"
    sql("sockets", "postgres", "CREATE DATABASE theirs OWNER owner TEMPLATE template0 LC_COLLATE $$C.UTF-8$$")
    refused("the encoding UTF8 and the collation C.UTF-8, and Synapse needs UTF8 and C", "restore " .. path, outside)
    sql("sockets", "postgres", "DROP DATABASE theirs")
    sql("sockets", "postgres", "CREATE DATABASE theirs OWNER owner TEMPLATE template0")
    text = good("restore " .. path, outside)
    assert.truthy(text:find("example.org is restored as of ", 1, true), text)
    assert.equal("2|500|0|501\n", counts("sockets", "theirs"))
    assert.matches("\noutside\n", support.read(base .. "/data/.synlua.database"))
    shell "rm -rf data"
    for _ = 1, 2 do refused("the database outside holds tables already", "restore " .. path, outside) end
    -- What an interrupted restore has loaded is good.
    shell("printf '%s\\nloads a database outside\\n' >data/.synlua.restoring", path:match "[^/]+$")
    good("restore " .. path, outside)
    stop "outside/data"
  end)

  it("says what is wrong where the server does not answer, and leaves nothing", function()
    stop(cluster)
    refused("database: cannot be reached: ", "backup")
    assert.equal("", shell("ls %s/data/backups", base))
  end)
end)
