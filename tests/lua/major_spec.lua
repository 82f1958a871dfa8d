-- The built-in PostgreSQL on its way to a newer major version.

local fixture = require "plan_fixture"
local planner = require "plan"
local settings = require "settings"

local OLD, NEW = "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/17/bin"
local BOTH, WORKERS = {["15"] = OLD, ["17"] = NEW}, {SYNAPSE_WORKER_TYPES = "pusher"}

local function given(upgrades, versions, more)
  local store = {cluster = "15", record = "builtin", older = {}}
  for key, value in pairs(more or {}) do store[key] = value end
  return {upgrades = upgrades, store = store, host = {postgres = versions}}
end

-- What the script gets from its second argument on.
local function made(...)
  local input = fixture.input(given(...))
  local plan, problems = planner.make(settings.read(input), input, {
    upgrade_database = require "services.upgrade_database"})
  assert.same({}, problems)
  local service = plan.services.upgrade_database
  return {table.unpack(service.process.argv, 3)}, service
end

local function refused(...) return fixture.problems(given(...)) end

local PLACES = {"/data/postgres", "/run/synlua/postgres/upgrade"}

describe("the built-in PostgreSQL on its way to a newer version", function()
  it("is dumped and loaded at once where both versions are installed", function()
    local argv, service = made("move", BOTH)
    assert.same({"move", PLACES[1], PLACES[2], "15", OLD, "17", NEW}, argv)
    assert.equal(103, service.process.uid)
    assert.is_true(service.one_shot)
    assert.is_false(service.start_limit_ms)
    assert.equal(1, service.give_up_after)
  end)

  it("is only dumped, with the newest programs that are there, where that is said", function()
    assert.same({"dump", PLACES[1], PLACES[2], "15", OLD, "", ""}, (made("dump", {["15"] = OLD})))
    assert.same({"dump", PLACES[1], PLACES[2], "15", OLD, "17", NEW}, (made("dump", BOTH)))
  end)

  it("is loaded without the old programs where a dump is there", function()
    assert.same({"load", PLACES[1], PLACES[2], "15", "", "17", NEW}, (made("move", {["17"] = NEW}, {dumped = true})))
  end)

  it("is refused with a way out where versions are missing", function()
    assert.matches("no version after 15 is installed here (install a newer one beside it; or write a dump",
      refused("move", {["15"] = OLD}), 1, true)
    assert.matches("PostgreSQL 15: made the cluster, and without its programs nothing can read it ",
      refused("move", {["17"] = NEW}), 1, true)
    assert.matches("without its programs", refused("dump", {["17"] = NEW}), 1, true)
    assert.matches("to load /data/postgres/15.dump", refused("move", {["15"] = OLD}, {dumped = true}), 1, true)
    assert.matches("--dump: /data/postgres/15.dump is there already", refused("dump", BOTH, {dumped = true}), 1, true)
    assert.matches("no version after 17", refused("move", BOTH, {cluster = "17"}), 1, true)
  end)

  it("is refused where there is no cluster", function()
    local options = given("move", BOTH)
    options.store = {record = "sqlite", sqlite = "/data/homeserver.db"}
    assert.matches("nothing to upgrade: this server uses the SQLite file", fixture.problems(options), 1, true)
    options.environment = {POSTGRES_HOST = "db"}
    options.store = {record = "outside"}
    assert.matches("upgrade that server by its own means", fixture.problems(options), 1, true)
    options = {upgrades = "move", environment = WORKERS, host = {postgres = BOTH}}
    assert.matches("which has no cluster yet", fixture.problems(options), 1, true)
  end)
end)

describe("a start beside an upgrade of PostgreSQL", function()
  local function start(store, versions)
    return fixture.problems {environment = WORKERS, store = store, host = {postgres = versions}}
  end

  it("is refused while a dump waits, because what came after the dump would be lost", function()
    local store = {cluster = "15", record = "builtin", dumped = true}
    assert.matches("database: is on its way from PostgreSQL 15 to a newer one: /data/postgres/15.dump waits",
      start(store, BOTH), 1, true)
    assert.matches("to stay with 15, remove /data/postgres/15.dump", start(store, BOTH), 1, true)
  end)

  it("goes on with the cluster's version while no upgrade was begun", function()
    local plan = fixture.workers("pusher", {store = {cluster = "15", record = "builtin"}, host = {postgres = BOTH}})
    assert.equal(OLD .. "/postgres", plan.services.postgres.process.argv[1])
    assert.is_nil(plan.services.upgrade_database)
  end)

  it("says that a newer version is installed, and how to move to it", function()
    local function said(versions)
      local _, _, warnings = fixture.workers("pusher", {store = {cluster = "15", record = "builtin"},
        host = {postgres = versions}})
      local texts = {}
      for _, one in ipairs(warnings) do texts[#texts + 1] = ("%s %s (%s)"):format(one.where, one.what, one.hint) end
      return table.concat(texts, "\n")
    end
    assert.matches("PostgreSQL 15 serves the cluster that it made, and 17 is installed too "
      .. "(stop synlua and run once: synlua upgrade-database)", said(BOTH), 1, true)
    assert.not_matches("PostgreSQL", said {["15"] = OLD})
    assert.not_matches("PostgreSQL", said {["13"] = OLD, ["15"] = OLD})
  end)

  it("says how to move where only a newer version is installed", function()
    local text = start({cluster = "15", record = "builtin"}, {["17"] = NEW})
    assert.matches("and only version 17 is installed here (install postgresql-15; or dump",
      text, 1, true)
    assert.matches("synlua upgrade-database --dump there, then synlua upgrade-database here", text, 1, true)
    assert.not_matches("upgrade-database", start({cluster = "18", record = "builtin"}, {["17"] = NEW}), 1, true)
  end)
end)
