local configured = require "input.config_variables"
local document = require "lib.document"
local fixture = require "plan_fixture"
local layers = require "input.layers"
local relative = require "input.relative_paths"

local map, seq = document.map, document.seq

local function file(name, content) return {name = name, document = map(content), info = {lines = {}}} end

-- A plan of layers above homeserver.yaml.
local function make(homeserver, above, environment, beside)
  local input = fixture.input {homeserver = homeserver, environment = environment}
  if input.homeserver then input.homeserver.name, input.homeserver.beside = input.homeserver.path, beside end
  input.above = above
  return fixture.run(input)
end

local function variable(name, value) return {name = name, key = name, value = value} end

local function set(...)
  local layer, problems = configured.layer {...}
  return layer, problems
end

describe("layers", function()
  it("go over each other deeply, in their order", function()
    local _, problems, _, view = make({server_name = "example.org", caches = map {global_factor = 1, a = 1}},
      {file("/data/homeserver.d/a.yaml", {caches = map {a = 2, b = 2}}),
        file("/data/homeserver.d/b.yaml", {caches = map {b = 3}}),
        (set(variable("SYNAPSE_CONFIG__caches__c", 4)))})
    assert.same({}, problems)
    assert.same({global_factor = 1, a = 2, b = 3, c = 4}, view.homeserver.options.caches)
    assert.same({global_factor = 1, a = 2, b = 3, c = 4}, document.plain(view.homeserver.overlay.caches))
    local origins = {}
    for _, key in ipairs {"global_factor", "a", "b", "c"} do
      origins[key] = view.homeserver.origins["caches." .. key]
    end
    assert.same({global_factor = "homeserver.yaml", a = "/data/homeserver.d/a.yaml", b = "/data/homeserver.d/b.yaml",
      c = "SYNAPSE_CONFIG__caches__c"}, origins)
  end)

  it("ignore an option without a value, as Synapse does", function()
    local null = document.scalar {text = "", style = "plain"}
    assert.is_nil(document.plain(null))
    local _, problems, _, view = make({server_name = "example.org", database = null, signing_key_path = null,
      media_store_path = "/m", email = null, listeners = null}, nil, {SYNAPSE_MAX_UPLOAD_SIZE = "1M"},
      {file("/data/conf.d/x.yaml", {media_store_path = null, max_upload_size = null})})
    assert.same({}, problems)
    assert.equal("sqlite3", view.homeserver.options.database.name)
    assert.equal("/data/conf.d/example.org.signing.key", view.homeserver.overlay.signing_key_path)
    assert.equal("/data/media_store", view.homeserver.overlay.media_store_path)
    assert.equal("1M", view.homeserver.overlay.max_upload_size)
    assert.is_nil(view.homeserver.overlay.email)
  end)

  it("begin with files that plain Synapse merges by whole keys", function()
    local _, _, _, view = make({server_name = "example.org", caches = map {a = 1}, redis = map {}}, nil, nil,
      {file("/data/conf.d/x.yaml", {caches = map {b = 2}})})
    assert.same({b = 2}, view.homeserver.options.caches)
    assert.is_nil(view.homeserver.overlay.caches)
    assert.equal("/data/conf.d/example.org.signing.key", view.homeserver.overlay.signing_key_path)
  end)

  it("are there without homeserver.yaml, which then is still made", function()
    local _, problems, _, view = make(nil, {file("/data/homeserver.d/a.yaml", {enable_search = false})})
    assert.same({}, problems)
    assert.is_nil(view.admin.file)
    assert.is_false(view.homeserver.overlay.enable_search)
  end)

  it("silence a secret below by the path of one, and say so to Synapse", function()
    local _, _, _, view = make({server_name = "example.org", form_secret = "f"},
      {file("/data/homeserver.d/a.yaml", {form_secret_path = "/x"})})
    assert.is_nil(view.homeserver.options.form_secret)
    assert.equal("/x", view.homeserver.overlay.form_secret_path)
    assert.equal("null", view.homeserver.overlay.form_secret.text)
  end)

  it("silence another engine's database below, and go into one of the same", function()
    local sqlite = {server_name = "example.org", database = map {name = "sqlite3", args = map {database = "/x"}}}
    local above = file("/data/homeserver.d/a.yaml", {database = map {name = "psycopg2", args = map {host = "db"}}})
    local list = {file("homeserver.yaml", sqlite), above}
    assert.same({name = "psycopg2", args = {host = "db"}}, document.plain(layers.merged(list, 1).database))
    list[3] = set(variable("SYNAPSE_CONFIG__database__args__cp_max", 5))
    assert.same({host = "db", cp_max = 5}, document.plain(layers.merged(list, 1).database.args))
  end)

  it("put one argument into the database that variables name", function()
    local _, problems, _, view = make(nil, {(set(variable("SYNAPSE_CONFIG__database__args__cp_max", 5)))},
      {POSTGRES_HOST = "db"})
    assert.same({}, problems)
    assert.equal("db", view.homeserver.options.database.args.host)
    assert.equal(5, view.homeserver.options.database.args.cp_max)
  end)

  it("that are no mappings are problems", function()
    local input = fixture.input {}
    input.above = {{name = "/data/homeserver.d/a.yaml", document = seq {}, info = {lines = {}}}}
    local _, problems = fixture.run(input)
    assert.equal("/data/homeserver.d/a.yaml:1", problems[1].where)
  end)
end)

describe("SYNAPSE_CONFIG__ variables", function()
  it("set keys, with the value unchanged", function()
    local layer, problems = set(variable("SYNAPSE_CONFIG__a__b_c", 1), variable("SYNAPSE_CONFIG__a__d.e", seq {2}))
    assert.same({}, problems)
    assert.same({a = {b_c = 1, ["d.e"] = {2}}}, document.plain(layer.document))
    assert.equal("SYNAPSE_CONFIG__a__b_c", layers.place({layer}, "a"))
  end)

  it("that set the same option twice are problems that name both", function()
    for _, other in ipairs {"SYNAPSE_CONFIG__a", "SYNAPSE_CONFIG__a__b__c"} do
      local first, second = variable("SYNAPSE_CONFIG__a__b", 1), variable(other, 2)
      local _, problems = set(first, second)
      assert.same({{where = other, what = "sets what SYNAPSE_CONFIG__a__b sets", hint = "unset one of the two"}},
        problems)
    end
    local layer, problems = set(variable("SYNAPSE_CONFIG__a", map {x = 1}), variable("SYNAPSE_CONFIG__a__b", 1))
    assert.same({{}, {a = {x = 1, b = 1}}}, {problems, document.plain(layer.document)})
  end)

  it("need a name in each part", function()
    for _, name in ipairs {"SYNAPSE_CONFIG__", "SYNAPSE_CONFIG__a__", "SYNAPSE_CONFIG__a____b"} do
      local _, problems = set(variable(name, 1))
      assert.equal("has an empty part in its name", problems[1].what)
    end
  end)

  it("name no items of a list", function()
    local _, problems = make({server_name = "example.org", turn_uris = seq {"turn:a"}},
      {(set(variable("SYNAPSE_CONFIG__turn_uris__0", "turn:b")))})
    assert.same({{where = "SYNAPSE_CONFIG__turn_uris__0", what = "names an item of the list turn_uris",
      hint = "set the whole list: SYNAPSE_CONFIG__turn_uris='[...]'"}}, problems)
    _, problems = make({server_name = "example.org", turn_uris = seq {"turn:a"}},
      {(set(variable("SYNAPSE_CONFIG__turn_uris", map {["0"] = 1})))})
    assert.same({}, problems)
  end)
end)

describe("variables beside files that say something else", function()
  local function warnings(homeserver, environment, above)
    homeserver.server_name = "example.org"
    local _, problems, found = make(homeserver, above, environment)
    assert.same({}, problems)
    return found
  end

  it("are named in one warning, with the places", function()
    local found = warnings({max_upload_size = "10M", allow_guest_access = false, report_stats = false},
      {SYNAPSE_MAX_UPLOAD_SIZE = "20M", SYNAPSE_ALLOW_GUEST = "yes"},
      {file("/data/homeserver.d/x.yaml", {allow_guest_access = false})})
    assert.equal(1, #found)
    assert.equal("SYNAPSE_MAX_UPLOAD_SIZE, SYNAPSE_ALLOW_GUEST", found[1].where)
    assert.equal("not used: /data/homeserver.yaml, /data/homeserver.d/x.yaml say something else", found[1].what)
  end)

  it("are not where both mean the same", function()
    assert.same({}, warnings({
      max_upload_size = 10485760, public_baseurl = "https://a.example", turn_user_lifetime = "1h",
    }, {
      SYNAPSE_MAX_UPLOAD_SIZE = "10M", SYNAPSE_PUBLIC_BASEURL = "https://a.example/",
      SYNAPSE_TURN_USER_LIFETIME = "60m",
    }))
  end)

  it("never show a value", function()
    local found = warnings({turn_shared_secret = "very secret"}, {SYNAPSE_TURN_SECRET = "other secret"})
    assert.is_nil((found[1].what .. found[1].where .. found[1].hint):find("secret"))
  end)
end)

describe("options that Synapse does not have", function()
  local function warned(name, known)
    local input = fixture.input {homeserver = {server_name = "example.org", [name] = 1}}
    input.known = known
    local _, _, found = fixture.run(input)
    return found[1] and found[1].what
  end

  it("are warned of, with the one that was meant", function()
    assert.equal("max_uplaod_size is no option of Synapse, which ignores it; did you mean max_upload_size?",
      warned "max_uplaod_size")
    assert.equal("nothing_like_it_at_all is no option of Synapse, which ignores it", warned "nothing_like_it_at_all")
  end)

  it("are not those of the installed Synapse, nor places for anchors", function()
    assert.is_nil(warned("brand_new", {brand_new = true}))
    assert.is_nil(warned "x-anchors")
  end)
end)

describe("relative paths", function()
  local function choose(paths, files)
    local there = {}
    for _, path in ipairs(files) do there[path] = true end
    return relative.directory(paths, {"/data", "/etc/synapse", "/"}, function(path) return there[path] == true end)
  end

  it("are those of files that Synapse reads or keeps", function()
    assert.same({["database.args.database"] = "homeserver.db", media_store_path = "media", form_secret_path = "f",
      ["app_service_config_files.2"] = "b"}, relative.of(map {
      database = map {args = map {database = "homeserver.db"}}, media_store_path = "media", pid_file = "p",
      form_secret_path = "f", signing_key_path = "/k", app_service_config_files = seq {"/a", "b"}, web_client = "x"}))
    assert.same({}, relative.of(map {database = map {name = "psycopg2", args = map {database = "synapse"}}}))
  end)

  it("go from where what they name is", function()
    assert.equal("/data", choose({a = "x"}, {}))
    assert.equal("/etc/synapse", choose({a = "x", b = "new"}, {"/etc/synapse/x"}))
    assert.equal("/", choose({a = "x"}, {"/x"}))
    assert.equal("/data", choose({a = "x"}, {"/data/x", "/x"}))
    assert.equal("/d", relative.directory({a = "x", b = "y"}, {"/d", "/d", "/"}, function(path)
      return path == "/d/x" or path == "/d/y"
    end))
  end)

  it("that would need two directories are a problem", function()
    local directory, what = choose({a = "x", b = "y"}, {"/data/x", "/y"})
    assert.is_nil(directory)
    assert.equal("has relative paths of files in different directories: a (x) in /data, b (y) in /", what)
  end)
end)

describe("a logging configuration of the admin's", function()
  local log_copy = require "plan.process.log_config"

  it("is copied for a worker with files of its own", function()
    local config = map {version = 1, handlers = map {
      file = map {class = "x", filename = document.scalar {text = "/data/homeserver.log"}}, console = map {class = "y"},
      odd = map {filename = "log"},
    }}
    local copy = document.plain(log_copy.of(config, "typing1"))
    assert.same({version = 1, handlers = {file = {class = "x", filename = "/data/homeserver.typing1.log"},
      console = {class = "y"}, odd = {filename = "log.typing1"}}}, copy)
    assert.equal("/data/homeserver.log", config.handlers.file.filename.text)
  end)

  it("without files is the same", function()
    local config = map {version = 1}
    assert.equal(config, log_copy.of(config, "typing1"))
  end)
end)
