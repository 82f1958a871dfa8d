local configured = require "input.config_variables"
local diff = require "files.diff"
local document = require "lib.document"
local explain = require "cli.option_origins"
local fixture = require "plan_fixture"
local hide = require "files.hide"
local option_names = require "cli.option_names"
local leave = require "plan.homeserver.leave"
local tables = require "lib.tables"

local map, seq, scalar = document.map, document.seq, document.scalar

local function view(options, above)
  local input = fixture.input(options)
  input.above = above
  local _, problems, _, made = fixture.run(input)
  assert.same({}, problems)
  return made
end

local function variable(name, value, hidden)
  return (configured.layer {{name = name, key = name:gsub("_FILE$", ""), value = value, hidden = hidden}})
end

describe("an option explained", function()
  it("names the layer that set it, and what those below it said", function()
    local made = view({homeserver = {server_name = "example.org", max_upload_size = "10M"},
      environment = {SYNAPSE_MAX_UPLOAD_SIZE = "20M"}}, {variable("SYNAPSE_CONFIG__max_upload_size", "30M")})
    assert.same({
      'max_upload_size: "30M"', "    set by SYNAPSE_CONFIG__max_upload_size", '    over /data/homeserver.yaml: "10M"',
      '    over SYNAPSE_MAX_UPLOAD_SIZE: "20M"',
    }, explain.lines(made, "max_upload_size"))
  end)

  it("names the layer that took it back, and what counts then", function()
    local made = view({homeserver = {server_name = "example.org", max_upload_size = "10M"},
      environment = {SYNAPSE_MAX_UPLOAD_SIZE = "20M"}}, {variable("SYNAPSE_CONFIG__max_upload_size",
      scalar {text = "null", style = "plain"})})
    assert.same({
      'max_upload_size: "20M"', "    taken back by SYNAPSE_CONFIG__max_upload_size",
      '    over /data/homeserver.yaml: "10M"', "    set by SYNAPSE_MAX_UPLOAD_SIZE",
    }, explain.lines(made, "max_upload_size"))
  end)

  it("is taken apart where it is a mapping, and names a database's variables one by one", function()
    local made = view {environment = {POSTGRES_HOST = "db", POSTGRES_CP_MAX = "7"}}
    local text = table.concat(explain.lines(made, "database.args"), "\n")
    assert.matches('database.args.cp_max: 7\n    set by POSTGRES_CP_MAX', text, 1, true)
    assert.matches('database.args.host: "db"\n    set by POSTGRES_HOST', text, 1, true)
  end)

  it("leaves out a database that homeserver.yaml names although its content was moved", function()
    local db = "/data/homeserver.db"
    local file = {server_name = "example.org", database = {name = "sqlite3", args = {database = db}}}
    local store = {record = "builtin", moved = db, sqlite_named = db, cluster = "15"}
    local made = view {homeserver = file, store = store}
    assert.same({'database.name: "psycopg2"', "    set by synlua's default"}, explain.lines(made, "database.name"))
  end)

  it("names options that synlua sets, and options of single processes", function()
    local made = view {environment = {SYNAPSE_WORKER_TYPES = "media_repository"}}
    local text = table.concat(explain.lines(made, "enable_media_repo"), "\n")
    assert.matches("enable_media_repo: false\n    set by synlua, which owns it", text, 1, true)
    assert.matches("media_repository1 alone: true", text, 1, true)
  end)

  it("names the worker type whose file sets it", function()
    local made = view {environment = {SYNAPSE_WORKER_TYPES = "typing, event_persister:2"}}
    assert.same({'stream_writers.typing: ["typing1"]',
      "    set by synlua, which owns it: workers/typing.lua, by SYNAPSE_WORKER_TYPES"},
      explain.lines(made, "stream_writers.typing"))
    assert.equal("    set by synlua, which owns it: workers/event_persister.lua, by SYNAPSE_WORKER_TYPES",
      explain.lines(made, "stream_writers.events")[2])
    assert.equal("    set by synlua, which owns it: the addresses of SYNAPSE_WORKER_TYPES",
      explain.lines(made, "instance_map.typing1")[2])
    assert.equal("    set by synlua, which owns it", explain.lines(made, "log_config")[2])
  end)

  it("is named where it was misspelt", function()
    local made = view {homeserver = {server_name = "example.org", caches = {per_cache_factors = {a = 1}}}}
    local function meant(path)
      return option_names.meant(made.homeserver.merged, path, {"enable_search", "max_upload_size"})
    end
    assert.equal("max_upload_size", meant "max_uplod_size")
    assert.equal("enable_search.x", meant "enable_saerch.x")
    assert.equal("caches.per_cache_factors", meant "caches.per_cache_factor")
    assert.equal("caches.per_cache_factors.a", meant "caches.per_cache_factosr.a")
    assert.equal("server_name", meant "server_nam")
    for _, path in ipairs {"enable_search", "enable_search.x", "wholly_different", "caches.wholly_different", "",
      "."} do
      assert.is_nil(meant(path), path)
    end
  end)

  it("is nothing where no layer sets it", function()
    assert.is_nil(explain.lines(view {}, "no_such.option"))
  end)

  it("never shows a secret, whichever layer sets it", function()
    local made = view({homeserver = {server_name = "example.org", form_secret = "hush-1", modules = seq {map {
      config = map {api_key = "hush-2", url = "https://me:hush-3@example.org/"}}}},
      environment = {SYNAPSE_TURN_SECRET = "hush-4"}},
      {variable("SYNAPSE_CONFIG__oddly_named_FILE", "hush-5", true)})
    for _, key in ipairs {"form_secret", "modules", "turn_shared_secret", "oddly_named"} do
      local text = table.concat(explain.lines(made, key), "\n")
      assert.is_nil(text:find("hush", 1, true), text)
      assert.matches("(hidden)", text, 1, true)
    end
  end)
end)

describe("a hidden value", function()
  it("are values by the name of their key, not switches, paths and times", function()
    local open = {registration_requires_token = true, form_secret_path = "/x", turn_user_lifetime = "1h",
      trusted_key_servers = seq {map {server_name = "x"}}, password_config = map {enabled = true}}
    assert.same(document.plain(map(tables.copy(open))), document.plain(hide.document(map(open))))
    local shown = document.plain(hide.document(map {admin_token = scalar {text = "x"},
      secret = seq {"a", map {b = "c"}}}))
    assert.same({admin_token = "(hidden)", secret = {"(hidden)", {b = "(hidden)"}}}, shown)
  end)

  it("is everything inside a hidden path, a list or mapping too", function()
    local shown = document.plain(hide.document(map {a = map {b = seq {"x", map {c = "y"}}}, d = "x"}, {["a.b"] = true}))
    assert.same({a = {b = {"(hidden)", {c = "(hidden)"}}}, d = "x"}, shown)
  end)
end)

describe("the difference of two texts", function()
  it("is the lines that differ with those around them", function()
    assert.same({"...", " c", " d", " e", "-f", "+F", "+G", " g", " h", " i"},
      diff.lines("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n", "a\nb\nc\nd\ne\nF\nG\ng\nh\ni\nj\nk\n"))
    assert.same({"+a"}, diff.lines("", "a\n"))
    assert.same({"-a"}, diff.lines("a", ""))
    assert.same({}, diff.lines("a\nb\n", "a\nb\n"))
  end)

  it("turns one into the other, whatever they are", function()
    local random = require "samples".generator(7)
    for _ = 1, 300 do
      local function text()
        local lines = {}
        for at = 1, random(5) - 1 do lines[at] = ("abc"):sub(random(3)):sub(1, 1) end
        return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
      end
      local before, after = text(), text()
      local kept = {["-"] = {}, ["+"] = {}}
      for _, line in ipairs(diff.lines(before, after)) do
        local mark, rest = line:sub(1, 1), line:sub(2)
        if mark ~= "+" then table.insert(kept["-"], rest) end
        if mark ~= "-" then table.insert(kept["+"], rest) end
      end
      if before ~= after then
        assert.equal(before, table.concat(kept["-"], "\n") .. (#kept["-"] > 0 and "\n" or ""))
        assert.equal(after, table.concat(kept["+"], "\n") .. (#kept["+"] > 0 and "\n" or ""))
      end
    end
  end)
end)

describe("what plain Synapse would be left with", function()
  it("is everything that the layers set, without synlua's own options", function()
    local made = leave.document(view {environment = {POSTGRES_HOST = "db", SYNAPSE_WORKER_TYPES = "pusher",
      SYNAPSE_HTTP_PORT = "8009"}})
    local plain = document.plain(made)
    assert.same({"db", 8009}, {plain.database.args.host, plain.listeners[1].port})
    for _, key in ipairs {"redis", "instance_map", "pusher_instances", "worker_replication_secret_path",
      "log_config"} do
      assert.is_nil(plain[key], key)
    end
    assert.equal("/data/example.org.signing.key", plain.signing_key_path)
    assert.is_false(plain.report_stats)
  end)

  it("has the admin's own listeners, and words on what goes with it", function()
    local made = view {homeserver = {server_name = "example.org", listeners = seq {map {type = "manhole", port = 9}},
      media_store_path = "media"}}
    local file = leave.document(made)
    assert.same({{type = "manhole", port = 9}}, document.plain(file.listeners))
    local text = table.concat(leave.words(made, file, "/x.yaml"), "\n")
    assert.matches("media: /data/media\n", text, 1, true)
    assert.matches("the signing key: /data/example.org.signing.key\n", text, 1, true)
  end)
end)
