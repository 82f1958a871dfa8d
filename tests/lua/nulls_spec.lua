-- A null in a layer above homeserver.yaml removes an option, so that the layers below count.

local configured = require "input.config_variables"
local document = require "lib.document"
local fixture = require "plan_fixture"
local layers = require "input.layers"

local map = document.map
local NULL = document.scalar {text = "null", style = "plain"}

local function in_file(content)
  return {name = "/data/homeserver.d/x.yaml", document = map(content), info = {lines = {}}}
end

local function by_variable(content)
  local items = {}
  for name, value in pairs(content) do
    items[#items + 1] = {name = "SYNAPSE_CONFIG__" .. name, key = "SYNAPSE_CONFIG__" .. name, value = value}
  end
  return (configured.layer(items))
end

-- The view of a plan in which both files and variables take options back.
local function taken_back(name, options, layer)
  options = options or {}
  options.homeserver = options.homeserver or {}
  options.homeserver.server_name = options.homeserver.server_name or "example.org"
  local input = fixture.input(options)
  input.above = {layer {[name] = NULL}}
  local made, problems, warnings, view = fixture.run(input)
  return view, problems, warnings, made
end

describe("a null in a layer above homeserver.yaml", function()
  for what, layer in pairs {["homeserver.d"] = in_file, ["SYNAPSE_CONFIG__"] = by_variable} do
    it("gives an option that synlua needs back to its default, from " .. what, function()
      for name, default in pairs {
        signing_key_path = "/data/example.org.signing.key", media_store_path = "/data/media_store",
        report_stats = false, suppress_key_server_warning = true,
        macaroon_secret_key_path = "/data/example.org.macaroon.key",
        log_config = "/run/synlua/synapse/main.log.config", server_name = "example.org",
      } do
        local view, problems = taken_back(name, {homeserver = {[name] = name == "server_name" and "other.org" or "x"}},
          layer)
        assert.same({}, problems, name)
        assert.equal(default, view.homeserver.options[name], name)
        assert.equal(default, document.plain(view.homeserver.overlay)[name], name)
        view, problems = taken_back(name, {}, layer)
        assert.same({}, problems, name)
        assert.equal(default, view.homeserver.options[name], name)
      end
    end)

    it("gives listeners and the database back, from " .. what, function()
      local given = {listeners = document.seq {map {port = 9000, type = "http",
        resources = document.seq {map {names = document.seq {"client"}}}}}}
      local view, problems = taken_back("listeners", {homeserver = given}, layer)
      assert.same({}, problems)
      assert.equal(8008, view.listeners.port)
      given = {database = map {name = "psycopg2", args = map {host = "db"}}}
      view, problems = taken_back("database", {homeserver = given}, layer)
      assert.same({}, problems)
      assert.equal("sqlite", view.database.kind)
      assert.equal("sqlite3", view.homeserver.options.database.name)
      view, problems = taken_back("database", {homeserver = {database = map {name = "sqlite3"}},
        environment = {POSTGRES_HOST = "db2"}}, layer)
      assert.same({}, problems)
      assert.equal("db2", view.homeserver.options.database.args.host)
    end)

    it("lets a variable act again, from " .. what, function()
      local view, problems, warnings = taken_back("max_upload_size", {homeserver = {max_upload_size = "1M"},
        environment = {SYNAPSE_MAX_UPLOAD_SIZE = "20M"}}, layer)
      assert.same({{}, {}}, {problems, warnings})
      assert.equal("20M", view.homeserver.options.max_upload_size)
      view = taken_back("email", {homeserver = {email = map {smtp_host = "a"}}, environment = {SYNAPSE_EMAIL = "yes",
        SYNAPSE_EMAIL_SMTP_HOST = "b", SYNAPSE_EMAIL_NOTIF_FROM = "c@d.example"}}, layer)
      assert.equal("b", view.homeserver.options.email.smtp_host)
    end)

    it("is said to Synapse where nothing stands below, from " .. what, function()
      local view = taken_back("url_preview_enabled", {homeserver = {url_preview_enabled = true}}, layer)
      assert.is_nil(view.homeserver.options.url_preview_enabled)
      assert.equal("null", view.homeserver.overlay.url_preview_enabled.text)
    end)

    it("silences no option that excludes it, from " .. what, function()
      local view = taken_back("turn_shared_secret", {homeserver = {turn_shared_secret_path = "/x"}}, layer)
      assert.equal("/x", view.homeserver.options.turn_shared_secret_path)
      view = taken_back("signing_key", {homeserver = {signing_key_path = "/k"}}, layer)
      assert.equal("/k", view.homeserver.options.signing_key_path)
    end)
  end

  it("can be followed by a layer that says the option again", function()
    local input = fixture.input {homeserver = {server_name = "example.org",
      database = map {name = "sqlite3", args = map {database = "/x.db"}}}, environment = {POSTGRES_HOST = "db"}}
    input.above = {in_file {database = NULL}, by_variable {database__args__cp_max = 7}}
    local _, problems, _, view = fixture.run(input)
    assert.same({}, problems)
    assert.same({"psycopg2", "db", 7}, {view.homeserver.options.database.name,
      view.homeserver.options.database.args.host, view.homeserver.options.database.args.cp_max})
  end)

  it("of a database's engine or arguments takes these back alone", function()
    local input = fixture.input {homeserver = {server_name = "example.org",
      database = map {name = "sqlite3", args = map {database = "/x.db"}}}}
    input.above = {by_variable {database__args = NULL}}
    local _, _, _, view = fixture.run(input)
    assert.same({name = "sqlite3"}, view.homeserver.options.database)
    assert.is_nil(view.homeserver.merged.database.args)
  end)

  it("is no place that says the option", function()
    local list = {{name = "a", document = map {x = 1}, info = {lines = {}}}, in_file {x = NULL}}
    assert.equal("a", layers.place(list, "x"))
  end)
end)
