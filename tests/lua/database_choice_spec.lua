local database = require "plan.database.choice"
local document = require "lib.document"
local fixture = require "plan_fixture"
local records = require "lib.records"

local SQLITE = {name = "sqlite3", args = {database = "/data/homeserver.db"}}
local OUTSIDE = {name = "psycopg2", args = {host = "db", user = "u", password = "p", cp_max = 7}}
local WORKERS = {SYNAPSE_WORKER_TYPES = "pusher"}

local function file(said) return {server_name = "example.org", database = said} end

local function choice(options)
  local made, problems, warnings, view = fixture.make(options)
  assert.same({}, problems)
  return made.database, view, warnings
end

describe("the database", function()
  it("is the one of homeserver.yaml first of all", function()
    assert.equal("outside", choice {homeserver = file(OUTSIDE), store = {sqlite = "/data/homeserver.db"}})
    assert.equal("sqlite", choice {homeserver = file(SQLITE)})
    local same = {POSTGRES_HOST = "db", POSTGRES_USER = "u"}
    assert.equal("outside", choice {homeserver = file(OUTSIDE), environment = same})
  end)

  it("that variables name must be that of homeserver.yaml", function()
    local function problem(said, environment)
      return fixture.problems {homeserver = file(said), environment = environment}
    end
    assert.matches("POSTGRES_HOST: asks for PostgreSQL, but /data/homeserver.yaml says SQLite "
      .. "(unset it; or move the content there: synlua migrate-database)",
      problem(SQLITE, {POSTGRES_HOST = "db"}), 1, true)
    assert.matches("POSTGRES_HOST: differs from database.args.host of /data/homeserver.yaml",
      problem(OUTSIDE, {POSTGRES_HOST = "other"}), 1, true)
    local hidden = problem(OUTSIDE, {POSTGRES_PASSWORD = "very secret"})
    assert.matches("POSTGRES_PASSWORD: differs", hidden, 1, true)
    assert.is_nil(hidden:find("very secret", 1, true))
  end)

  it("of variables must be the one with the main data, where homeserver.yaml has several", function()
    local main = {name = "psycopg2", data_stores = document.seq {"main"}, args = {host = "db", user = "u"}}
    local state = {name = "psycopg2", data_stores = document.seq {"state"}, args = {host = "other", user = "s"}}
    local function several(all, environment)
      return {homeserver = {server_name = "example.org", databases = document.map(all)}, environment = environment}
    end
    for _, all in ipairs {{a = state, b = main}, {a = main, b = state},
      {a = {name = "psycopg2", args = main.args}, b = state}} do
      assert.equal("", fixture.problems(several(all, {POSTGRES_HOST = "db", POSTGRES_USER = "u"})))
      assert.equal("outside", (choice(several(all))))
    end
    local text = fixture.problems(several({a = state, b = main}, {POSTGRES_HOST = "other", POSTGRES_USER = "s"}))
    assert.matches("POSTGRES_HOST: differs from databases.b.args.host of /data/homeserver.yaml", text, 1, true)
    assert.matches("POSTGRES_USER: differs from databases.b.args.user", text, 1, true)
    text = fixture.problems(several({a = SQLITE}, {POSTGRES_HOST = "db"}))
    assert.matches("POSTGRES_HOST: asks for PostgreSQL, but /data/homeserver.yaml says SQLite", text, 1, true)
    assert.equal("sqlite", (choice(several {a = SQLITE})))
    local both = several {a = main}
    both.homeserver.database = SQLITE
    assert.matches("/data/homeserver.yaml: databases cannot be used together with database", fixture.problems(both), 1,
      true)
  end)

  it("has room for the connections of all of them", function()
    local made = fixture.make {homeserver = {server_name = "example.org", databases = document.map {
      a = {name = "psycopg2", data_stores = document.seq {"main"}, args = {cp_max = 7}},
      b = {name = "psycopg2", data_stores = document.seq {"state"}, args = {cp_max = 4}}}}}
    assert.equal(11, made.budget.connections)
  end)

  it("is the one that variables name after that", function()
    assert.equal("outside", choice {environment = {POSTGRES_HOST = "db"}})
    assert.equal("outside", choice {environment = {POSTGRES_PASSWORD = "x"}})
    assert.equal("sqlite", choice {environment = {POSTGRES_USER = "u", POSTGRES_DB = "d"}})
  end)

  it("is the one in the data directory from then on", function()
    assert.equal("builtin", choice {store = {cluster = "15"}})
    assert.equal("sqlite", choice {store = {sqlite = "/data/homeserver.db"}})
    assert.equal("builtin", choice {store = {cluster = "15", record = "builtin"}})
  end)

  it("is a new one at last: built-in PostgreSQL for workers, else SQLite", function()
    assert.equal("sqlite", choice {})
    local kind, view = choice {environment = WORKERS}
    assert.equal("builtin", kind)
    assert.same({name = "psycopg2", args = {host = "/run/synlua/postgres/run", user = "synapse", dbname = "synapse",
      cp_min = 1, cp_max = 10}}, view.homeserver.options.database)
  end)

  it("is recorded, in words that are read back", function()
    local _, view = choice {environment = WORKERS}
    local record = database.record(view)
    assert.equal("/data", record.base)
    assert.equal("builtin", records.database(record.bytes))
    assert.is_nil(records.database "# x\nsomething\n")
  end)

  it("is spared by the kernel, and its connections are not", function()
    local process = fixture.make {store = {cluster = "15", record = "builtin"}}.services.postgres.process
    assert.equal(-500, process.oom_score_adj)
    local variables = table.concat(process.environment, " ")
    assert.matches("PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj PG_OOM_ADJUST_VALUE=0", variables, 1, true)
  end)

  it("stays where it is when the workers go", function()
    local made = fixture.make {store = {cluster = "15", record = "builtin"}}
    assert.is_truthy(made.services.postgres)
    assert.is_nil(made.services.redis)
  end)
end)

describe("a start", function()
  it("with workers on SQLite is refused, with the way out", function()
    local text = fixture.problems {environment = WORKERS, store = {sqlite = "/data/homeserver.db", record = "sqlite"}}
    assert.matches("SYNAPSE_WORKER_TYPES: asks for workers, but the database is SQLite", text, 1, true)
    assert.matches("synlua migrate-database", text, 1, true)
    text = fixture.problems {environment = WORKERS, homeserver = file(SQLITE), store = {record = "sqlite"}}
    assert.matches("nothing is stored yet: take database out of /data/homeserver.yaml", text, 1, true)
  end)

  it("never leaves what holds data for something empty", function()
    local db = "/data/homeserver.db"
    local cases = {
      {{environment = {POSTGRES_HOST = "db"}, store = {sqlite = db, record = "sqlite"}},
        "POSTGRES_HOST: would leave the SQLite file /data/homeserver.db, which this server has used so far"},
      {{environment = {POSTGRES_PASSWORD = "db"}, store = {sqlite = db}}, "POSTGRES_PASSWORD: would leave the SQLite"},
      {{environment = {POSTGRES_HOST = "db"}, store = {cluster = "15", record = "builtin"}},
        "would leave the built-in PostgreSQL /data/postgres, which this server has used so far"},
      {{store = {record = "outside"}}, "would leave a PostgreSQL server outside, which this server has used so far"},
      {{environment = WORKERS, store = {record = "outside"}}, "set POSTGRES_HOST and the related variables again"},
      {{homeserver = file(OUTSIDE), store = {sqlite = db, record = "sqlite"}},
        "rename /data/homeserver.db and remove /data/.synlua.database"},
    }
    for _, case in ipairs(cases) do assert.matches(case[2], fixture.problems(case[1]), 1, true) end
  end)

  it("may change its mind while nothing is stored", function()
    assert.equal("builtin", choice {environment = WORKERS, store = {record = "sqlite"}})
    assert.equal("outside", choice {environment = {POSTGRES_HOST = "db"}, store = {record = "builtin"}})
    assert.equal("outside", choice {homeserver = file(OUTSIDE), store = {sqlite = "/data/homeserver.db"}})
  end)
end)

describe("the built-in PostgreSQL", function()
  local function services(options)
    options = options or {}
    options.environment = WORKERS
    local made, problems = fixture.make(options)
    assert.same({}, problems)
    return made.services, made
  end

  it("is made once, served, and prepared, in this order", function()
    local all = services()
    assert.same({"postgres_init"}, all.postgres.needs)
    assert.same({"postgres"}, all.postgres_setup.needs)
    assert.is_true(all.postgres_init.one_shot and all.postgres_setup.one_shot)
    assert.is_nil(services {store = {cluster = "15"}}.postgres_init)
    assert.is_nil(services {store = {cluster = "15"}}.postgres.needs)
  end)

  it("runs as its own user and is stopped fast", function()
    local process = services().postgres.process
    assert.equal(103, process.uid)
    assert.equal("INT", process.stop_signal)
    assert.same({{base = "/data", path = "postgres/15/postmaster.pid"}}, services().postgres.leftovers)
  end)

  it("lets its user get to the cluster, and to nothing else", function()
    local _, made = services()
    local modes = {}
    for _, item in ipairs(made.directories) do modes[item.base .. "/" .. item.path] = ("%o"):format(item.mode) end
    assert.equal("1771", modes["/data/"])
    assert.equal("700", modes["/data/postgres"])
    assert.equal("2750", modes["/run/synlua/postgres/run"])
    assert.equal("/data/", made.directories[1].base .. "/" .. made.directories[1].path)
  end)

  it("has a socket whose path is not too long", function()
    local directory = "/run/" .. ("x"):rep(76)
    local function with(store)
      return fixture.problems {environment = {SYNLUA_RUNTIME_DIR = directory}, store = store}
    end
    assert.equal("", with {})
    assert.matches("SYNLUA_RUNTIME_DIR: makes a socket with a path of 108 bytes; at most 107 are allowed",
      with {cluster = "15"}, 1, true)
  end)

  it("has a socket that its clients can name, which they cannot with a comma in its path", function()
    local said = "SYNLUA_RUNTIME_DIR: is /run/a,b, and the clients of PostgreSQL take a comma in the path of a socket "
      .. "for the end of the path"
    local environment = {SYNLUA_RUNTIME_DIR = "/run/a,b"}
    assert.equal("", fixture.problems {environment = environment})
    assert.matches(said, fixture.problems {environment = environment, store = {cluster = "15"}}, 1, true)
    assert.matches(said, fixture.problems {environment = environment, upgrades = "move",
      store = {cluster = "15", record = "builtin", older = {}}, host = {postgres = {["15"] = "/a", ["17"] = "/b"}}},
      1, true)
  end)

  it("of another version is explained", function()
    local text = fixture.problems {environment = WORKERS, store = {cluster = "13"}}
    assert.matches("/data/postgres/13: is a cluster of PostgreSQL 13, and only version 15 is installed here", text, 1,
      true)
    assert.matches("install postgresql-13; or dump", text, 1, true)
    local _, made = services {store = {cluster = "15"}, host = {postgres = {["15"] = "/a", ["17"] = "/b"}}}
    assert.equal("/a/postgres", made.services.postgres.process.argv[1])
    assert.matches("PostgreSQL: is not installed", fixture.problems {environment = WORKERS, host = {postgres = {}}})
    assert.matches("has no user postgres", fixture.problems {environment = WORKERS, host = {users = {
      ["www-data"] = {uid = 33, gid = 33}, redis = {uid = 1, gid = 1}}}})
  end)

  it("allows every connection of every process, and sets its memory by that of the host", function()
    local _, made = services {host = {memory = 4 << 30}}
    assert.equal(20, made.budget.connections)
    assert.equal(30, made.budget.max_connections)
    assert.equal(512 << 20, made.budget.shared_buffers)
    _, made = services {host = {memory = 100 << 20}}
    assert.equal(32 << 20, made.budget.shared_buffers)
  end)

  it("gives initdb a name for its user if the user has none", function()
    local made = fixture.make {environment = WORKERS, host = {uid = 1234, gid = 1234, named = false,
      name_library = "/usr/lib/x/libnss_wrapper.so"}}
    local environment = table.concat(made.services.postgres_init.process.environment, " ")
    assert.matches("LD_PRELOAD=/usr/lib/x/libnss_wrapper.so NSS_WRAPPER_PASSWD=/run/synlua/postgres/passwd",
      environment, 1, true)
    assert.is_falsy(made.services.postgres.process.uid)
    local text = fixture.problems {environment = WORKERS, host = {uid = 1234, gid = 1234, named = false}}
    assert.matches("uid 1234: has no name in /etc/passwd", text, 1, true)
  end)
end)

describe("a PostgreSQL server outside", function()
  it("is looked at before Synapse starts, with no password in the arguments", function()
    local made = fixture.make {environment = {POSTGRES_HOST = "db", POSTGRES_PASSWORD = "s3cret",
      SYNAPSE_WORKER_TYPES = "pusher:2"}}
    local check = made.services.database_check
    assert.is_true(check.one_shot and check.passes_status)
    assert.equal("30", check.process.argv[4])
    assert.is_nil(table.concat(check.process.argv, " "):find "s3cret")
    assert.same({"redis", "database_check"}, made.services.synapse.needs)
    assert.is_nil(made.services.postgres)
  end)
end)

describe("Redis", function()
  local function redis(environment, homeserver)
    local made, problems, warnings, view = fixture.make {environment = environment, homeserver = homeserver}
    assert.same({}, problems)
    return made.redis, view.homeserver.options.redis, warnings, made
  end
  local OWN = {POSTGRES_HOST = "db", SYNAPSE_WORKER_TYPES = "pusher"}

  local function with(more)
    local environment = {}
    for _, set in ipairs {OWN, more} do
      for name, value in pairs(set) do environment[name] = value end
    end
    return environment
  end

  it("is built in for workers", function()
    local kind, options, _, made = redis(OWN)
    assert.equal("builtin", kind)
    assert.same({enabled = true, path = "/run/synlua/redis/run/redis.sock"}, options)
    assert.equal(101, made.services.redis.process.uid)
    assert.same({notify = true}, made.services.redis.ready)
  end)

  it("does not run without workers, unless variables ask for it", function()
    assert.equal("none", (redis {}))
    local kind, options = redis {SYNAPSE_REDIS_HOST = "cache"}
    assert.equal("outside", kind)
    assert.same({enabled = true, host = "cache", port = 6379}, options)
  end)

  it("outside is named by variables", function()
    local _, options, _, made = redis(with {SYNAPSE_REDIS_HOST = "cache", SYNAPSE_REDIS_PORT = "6380",
      SYNAPSE_REDIS_PASSWORD = "p", SYNAPSE_REDIS_DB = "3", SYNAPSE_REDIS_TLS = "yes"})
    assert.same({enabled = true, host = "cache", port = 6380, password = "p", dbid = 3, use_tls = true}, options)
    assert.is_nil(made.services.redis)
    assert.same({"database_check"}, made.services.pusher1.needs)
  end)

  it("outside may be a socket", function()
    local _, options = redis(with {SYNAPSE_REDIS_HOST = "/run/other/redis.sock"})
    assert.same({enabled = true, path = "/run/other/redis.sock"}, options)
  end)

  it("is the admin's own where homeserver.yaml has a section", function()
    local own = {server_name = "example.org", redis = {enabled = true, host = "mine"}}
    local kind, options, warnings = redis(with {SYNAPSE_REDIS_HOST = "cache"}, own)
    assert.equal("file", kind)
    assert.same(own.redis, options)
    assert.equal("SYNAPSE_REDIS_HOST", warnings[1].where)
    options = select(2, redis(OWN, {server_name = "example.org", redis = {host = "mine"}}))
    assert.same({enabled = true, host = "mine"}, options)
  end)

  it("has its password from one place, the file's", function()
    local kind, options, warnings = redis(with {SYNAPSE_REDIS_HOST = "cache", SYNAPSE_REDIS_PASSWORD = "p"},
      {server_name = "example.org", redis = document.map {password_path = "/etc/redis.pw"}})
    assert.equal("outside", kind)
    assert.same({enabled = true, host = "cache", port = 6379, password_path = "/etc/redis.pw"}, options)
    assert.equal("SYNAPSE_REDIS_PASSWORD", warnings[1].where)
  end)

  it("switched off in homeserver.yaml is a problem for workers only", function()
    local off = {server_name = "example.org", redis = {enabled = false}}
    assert.matches("redis.enabled is false, but the workers of SYNAPSE_WORKER_TYPES need Redis",
      fixture.problems {environment = OWN, homeserver = off}, 1, true)
    assert.equal("", fixture.problems {homeserver = off})
  end)

  it("that is not installed is a problem, with the way out", function()
    assert.matches("redis%-server: is not installed, and workers need Redis .*SYNAPSE_REDIS_HOST",
      fixture.problems {environment = OWN, host = {programs = {nginx = "/n"}}})
  end)

  it("variables have no effect without a host, and a user needs a password", function()
    local read = require "settings_fixture".read
    local _, problems, warnings = read {SYNAPSE_REDIS_PORT = "1", SYNAPSE_REDIS_USER = "u"}
    assert.equal("SYNAPSE_REDIS_PASSWORD", problems[1].where)
    assert.equal("no effect without SYNAPSE_REDIS_HOST", warnings[1].what)
  end)
end)

describe("a database section that names no server", function()
  local map = document.map

  local function plan(section, options)
    options = options or {}
    options.homeserver = file(section)
    local made, problems, _, view = fixture.make(options)
    assert.same({}, problems)
    return made, view.homeserver.options.database, view
  end

  it("has the built-in PostgreSQL, with what it says beside a server", function()
    for _, section in ipairs {map {name = "psycopg2"}, map {name = "psycopg2", args = map {}},
      map {name = "psycopg2", args = map {cp_max = 5}}} do
      local made, options, view = plan(section)
      assert.equal("builtin", made.database)
      assert.equal("psycopg2", options.name)
      assert.equal("/run/synlua/postgres/run", options.args.host)
      assert.equal(section.args and section.args.cp_max or 10, options.args.cp_max)
      assert.truthy(view.homeserver.overlay.database)
      assert.is_nil(made.services.database_check)
    end
  end)

  it("has the server of variables where they name one", function()
    local made, options = plan(map {name = "psycopg2", args = map {cp_max = 5}}, {environment = {POSTGRES_HOST = "db"}})
    assert.equal("outside", made.database)
    assert.equal("db", options.args.host)
    assert.equal(5, options.args.cp_max)
  end)

  it("is one outside where it names a user or a database: that is a server on this machine's socket", function()
    for _, args in ipairs {map {user = "synapse"}, map {database = "synapse"}, map {host = "db"}} do
      local made = plan(map {name = "psycopg2", args = args})
      assert.equal("outside", made.database)
      assert.truthy(made.services.database_check)
    end
  end)

  it("does not leave SQLite that is in use", function()
    assert.matches("would leave the SQLite file", fixture.problems {homeserver = {server_name = "example.org",
      database = map {name = "psycopg2"}}, store = {sqlite = "/data/homeserver.db", record = "sqlite"}}, 1, true)
  end)
end)
