-- The move of SQLite's content to PostgreSQL, and the starts after it.

local database = require "plan.database.choice"
local fixture = require "plan_fixture"
local records = require "lib.records"

local DB = "/data/homeserver.db"
local SQLITE = {server_name = "example.org", database = {name = "sqlite3", args = {database = DB}}}
local WORKERS = {SYNAPSE_WORKER_TYPES = "pusher"}

local function store(more)
  local made = {sqlite = DB, sqlite_named = DB, record = "sqlite"}
  for key, value in pairs(more or {}) do made[key] = value or nil end
  return made
end

local function move(options)
  options.migrates = true
  options.store = options.store or store()
  local made, problems, _, view = fixture.make(options)
  assert.same({}, problems)
  return made, view
end

local function refused(options)
  options.migrates = true
  return fixture.problems(options)
end

local function recorded(file) return {records.database(file.bytes)} end

describe("moving the database", function()
  it("goes to the built-in PostgreSQL where nothing else is named, whatever homeserver.yaml says of SQLite", function()
    for _, file in ipairs {false, SQLITE} do
      local made, view = move {homeserver = file or nil}
      assert.equal("builtin", made.database)
      assert.equal(DB, view.database.from)
      assert.same({host = "/run/synlua/postgres/run", user = "synapse", dbname = "synapse", cp_min = 1, cp_max = 10},
        view.homeserver.options.database.args)
    end
  end)

  it("goes to the server that variables or homeserver.yaml name", function()
    local made, view = move {environment = {POSTGRES_HOST = "db"}, homeserver = SQLITE}
    assert.equal("outside", made.database)
    assert.equal("db", view.homeserver.options.database.args.host)
    assert.is_nil(view.homeserver.options.database.args.database)
    local outside = {server_name = "example.org", database = {name = "psycopg2", args = {host = "theirs"}}}
    made, view = move {homeserver = outside}
    assert.equal("outside", made.database)
    assert.equal("theirs", view.homeserver.options.database.args.host)
  end)

  it("looks first, then runs Synapse's tool, each once and as Synapse's user", function()
    local all = move {}.services
    for name, action in pairs {migrate_check = "check", migrate = "move"} do
      assert.same({"/opt/synapse/bin/python", "-Iu", "/run/synlua/synapse/migrate_database.py", action, DB,
        "/run/synlua/synapse/migration.yaml", "builtin"}, all[name].process.argv)
      assert.equal(991, all[name].process.uid)
      assert.is_true(all[name].one_shot)
      assert.equal(1, all[name].give_up_after)
    end
    assert.same({"migrate_check", "postgres_setup"}, all.migrate.needs)
    assert.same({"migrate_check"}, all.postgres_init.needs)
    all = move {environment = {POSTGRES_HOST = "db"}}.services
    assert.same({"migrate_check", "database_check"}, all.migrate.needs)
    assert.same({"database_check"}, all.migrate_check.needs)
  end)

  it("goes on where it was", function()
    local all = move {store = store {moving = "builtin", cluster = "15"}}.services
    assert.equal("resume", all.migrate_check.process.argv[7])
  end)

  it("is refused where there is nothing to move, or something is in the way", function()
    local cases = {
      {{store = store {record = "builtin", cluster = "15"}}, "uses the built-in PostgreSQL already"},
      {{store = {sqlite_named = DB}}, "there is no /data/homeserver.db"},
      {{store = store {cluster = "15"}}, "/data/postgres: is a database already"},
      {{store = store {moving = "outside"}}, "goes to a PostgreSQL server outside, not to the built-in PostgreSQL"},
    }
    for _, case in ipairs(cases) do assert.matches(case[2], refused(case[1]), 1, true) end
  end)

  it("is recorded from its begin to its end", function()
    local _, view = move {}
    assert.same({"sqlite"}, recorded(database.record(view)))
    assert.same({"sqlite", "builtin"}, recorded(database.record_of_move(view, false)))
    assert.same({"builtin", nil, DB}, recorded(database.record_of_move(view, true)))
    _, view = move {store = store {moving = "builtin", cluster = "15"}}
    assert.same({"sqlite", "builtin"}, recorded(database.record(view)))
  end)

  it("never begins by a fork server", function()
    local all = move {environment = {SYNLUA_FORK_SERVER = "yes"}}.services
    for _, name in ipairs {"migrate_check", "migrate"} do
      assert.is_nil(all[name].process.fork)
      assert.is_nil(all[name].prefers)
    end
  end)

  it("is planned by no other command", function()
    local made = fixture.make {store = store()}
    assert.is_nil(made.services.migrate)
  end)
end)

describe("after a move", function()
  local AFTER = {record = "builtin", moved = DB, cluster = "15"}

  it("a start uses PostgreSQL although homeserver.yaml still names the SQLite file, kept or not", function()
    for _, sqlite in ipairs {DB, false} do
      local after = store(AFTER)
      after.sqlite = sqlite or nil
      local made, problems, _, view = fixture.make {homeserver = SQLITE, store = after, environment = WORKERS}
      assert.same({}, problems)
      assert.equal("builtin", made.database)
      assert.is_nil(view.homeserver.options.database.args.database)
      assert.equal("psycopg2", view.homeserver.overlay.database.name)
      assert.same({"builtin", nil, DB}, recorded(database.record(view)))
    end
  end)

  it("another SQLite file in homeserver.yaml is refused", function()
    local after = store(AFTER)
    after.sqlite_named = "/data/other.db"
    local text = fixture.problems {homeserver = SQLITE, store = after}
    assert.matches("would leave the built-in PostgreSQL", text, 1, true)
  end)

  it("a server outside must still be named", function()
    local after = store {record = "outside", moved = DB}
    local made, problems = fixture.make {homeserver = SQLITE, store = after, environment = {POSTGRES_HOST = "db"}}
    assert.same({}, problems)
    assert.equal("outside", made.database)
    assert.matches("set POSTGRES_HOST", fixture.problems {homeserver = SQLITE, store = after}, 1, true)
  end)
end)

describe("a move that is not finished", function()
  it("is reported by every start, with both ways to go on", function()
    for _, file in ipairs {false, SQLITE} do
      local text = fixture.problems {homeserver = file or nil, store = store {moving = "builtin", cluster = "15"}}
      assert.matches("was begun and is not finished", text, 1, true)
      assert.matches("synlua migrate-database; or, to stay with SQLite, remove /data/postgres and /data/.synlua.", text,
        1, true)
    end
  end)
end)
