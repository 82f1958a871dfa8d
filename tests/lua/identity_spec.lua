-- The signing key, the server's name and the owners of the data directory in the plan.

local document = require "lib.document"
local files = require "files"
local fixture = require "plan_fixture"
local ownership = require "plan.identity.ownership"
local records = require "lib.records"
local secrets = require "plan.identity.secrets"

local function with_keys(names, options)
  options = options or {}
  options.keys = {}
  for _, name in ipairs(names) do options.keys[name] = true end
  return options
end

describe("the signing key", function()
  local function used(options) return fixture.make(options).signing.used end

  it("is known to a database that is there", function()
    assert.is_nil(used())
    assert.equal("/data/homeserver.db", used {store = {sqlite = "/data/homeserver.db"}})
    assert.equal("/data/postgres/15", used {store = {cluster = "15"}})
    local outside = {POSTGRES_HOST = "db"}
    assert.is_nil(used {environment = outside})
    assert.equal("the PostgreSQL server outside", used {environment = outside, store = {record = "outside"}})
  end)

  it("may be new where that is said", function()
    assert.is_nil(used {store = {sqlite = "/data/homeserver.db"}, environment = {SYNLUA_NEW_SIGNING_KEY = "yes"}})
  end)

  it("is not the only sign of another server: the record of the last start names its own", function()
    local record = {version = "1.1.1", newest = "1.1.1", schema = 1, compat = 1, server = "other.org"}
    local text = fixture.problems {store = {sqlite = "/data/homeserver.db", synapse = record}}
    assert.matches("SYNAPSE_SERVER_NAME: is example.org, but /data/homeserver.db is the database of other.org", text,
      1, true)
    text = fixture.problems {store = {cluster = "15", record = "builtin", synapse = record}}
    assert.matches("but /data/postgres/15 is the database of other.org", text, 1, true)
    assert.equal("", fixture.problems {store = {synapse = record}})
    assert.equal("", fixture.problems {store = {synapse = record, record = "outside"},
      environment = {POSTGRES_HOST = "db"}})
  end)

  it("is not checked for a SQLite file whose server is recorded, nor for a new database", function()
    local record = {version = "1.1.1", newest = "1.1.1", schema = 1, compat = 1}
    local function check(store) return fixture.make({store = store}).services.database_check end
    local asked = check {sqlite = "/data/homeserver.db", synapse = record}
    assert.same({"/data/homeserver.db", "example.org"}, {table.unpack(asked.process.argv, 4)})
    assert.same({"database_check"}, fixture.make({store = {sqlite = "/x.db"}}).services.synapse.needs)
    assert.is_nil(check {})
    record.server = "example.org"
    assert.is_nil(check {sqlite = "/data/homeserver.db", synapse = record})
  end)

  it("that is made beside a database outside is marked where the key is, until that confirms it", function()
    local function marks(environment, store)
      environment.POSTGRES_HOST = "db"
      local input = fixture.input {environment = environment, store = store, homeserver = {
        server_name = "example.org"}}
      input.homeserver.path = environment.SYNAPSE_CONFIG_PATH or input.homeserver.path
      local made, problems, _, view = fixture.run(input)
      assert.same({}, problems)
      local list = {}
      local without_services = setmetatable({catalog = {}}, {__index = view})
      for _, item in ipairs(files.make(without_services, {encode = function() return "" end})) do
        if item.path == records.NEW_KEY then list[#list + 1] = ("%s unless %s"):format(item.base, item.unless) end
      end
      return table.concat(list, ", "), made.services.database_check.process.argv[5]
    end
    assert.same({"/data unless example.org.signing.key", "/data/.synlua.new-key"}, {marks {}})
    assert.same({"/conf unless example.org.signing.key", "/conf/.synlua.new-key"}, {marks {SYNAPSE_CONFIG_DIR = "/conf",
      SYNAPSE_CONFIG_PATH = "/conf/homeserver.yaml"}})
    assert.equal("", (marks({}, {record = "outside"})))
  end)

  it("is no file where homeserver.yaml holds it", function()
    assert.is_nil(fixture.make({homeserver = {server_name = "example.org", signing_key = "ed25519 a b"}}).signing)
  end)

  it("of another server in the data directory is refused by that server's name", function()
    local text = fixture.problems(with_keys {"other.org.signing.key", "other.org.registration.key"})
    assert.truthy(text:find("SYNAPSE_SERVER_NAME: is example.org, but /data/other.org.signing.key", 1, true), text)
    assert.truthy(text:find("set it to other.org", 1, true), text)
    assert.equal("", fixture.problems(with_keys {"example.org.signing.key", "other.org.signing.key"}))
    local named = {server_name = "example.org", signing_key_path = "/data/homeserver.signing.key"}
    assert.equal("", fixture.problems(with_keys({"homeserver.signing.key"}, {homeserver = named})))
  end)
end)

describe("a relative path of a key", function()
  local function with(options)
    local input = fixture.input {homeserver = options, store = {sqlite = "/data/homeserver.db"}}
    input.cwd = "/srv/matrix"
    local made, problems, _, view = fixture.run(input)
    assert.same({}, problems)
    return made, view
  end

  it("goes from Synapse's working directory, wherever synlua was started", function()
    local made, view = with {server_name = "example.org", signing_key_path = "keys/a.key"}
    assert.equal("/srv/matrix/keys/a.key", made.signing.path)
    assert.equal("/srv/matrix/keys/a.key", made.secrets[1].path)
    assert.equal("/srv/matrix/keys/a.key", view.homeserver.overlay.signing_key_path)
  end)

  it("is where a key is made that is missing", function()
    local _, view = with {server_name = "example.org", signing_key_path = "a.key", form_secret_path = "b.key"}
    local found = {}
    local without_services = setmetatable({catalog = {}}, {__index = view})
    for _, item in ipairs(files.make(without_services, {encode = function() return "" end})) do
      found[item.base .. "/" .. item.path] = true
    end
    assert.is_true(found["/srv/matrix/a.key"])
    assert.is_true(found["/srv/matrix/b.key"])
  end)

  it("is the one that the check of a database outside looks at", function()
    local made = with {server_name = "example.org", signing_key_path = "a.key",
      database = document.map {name = "psycopg2", args = document.map {host = "db"}}}
    assert.same({"/srv/matrix/.synlua.new-key", "/srv/matrix/a.key"},
      {table.unpack(made.services.database_check.process.argv, 5, 6)})
  end)
end)

describe("secrets", function()
  local function of(options)
    local _, problems, _, view = fixture.make(options)
    assert.same({}, problems)
    local found = {}
    for _, secret in ipairs(secrets.list(view)) do
      found[secret.name] = (secret.source or "kept") .. (secret.path and " in " .. secret.path or "")
    end
    return found, view
  end

  it("are kept in files of the data directory by default", function()
    local found, view = of {environment = {SYNAPSE_WORKER_TYPES = "typing"}}
    assert.same({
      signing_key = "kept in /data/example.org.signing.key",
      registration_shared_secret = "kept in /data/example.org.registration.key",
      macaroon_secret_key = "kept in /data/example.org.macaroon.key",
      form_secret = "kept in /data/example.org.form.key",
      worker_replication_secret = "kept in /data/example.org.replication.key",
    }, found)
    assert.equal(5, #secrets.kept(view))
  end)

  it("name the variable, or the place in homeserver.yaml, and never the value", function()
    local found, view = of {
      environment = {SYNAPSE_FORM_SECRET = "v1", SYNAPSE_TURN_SECRET = "v2", POSTGRES_PASSWORD = "v3",
        SYNAPSE_REDIS_HOST = "redis", SYNAPSE_REDIS_PASSWORD = "v4"},
      homeserver = {server_name = "example.org", registration_shared_secret = "v5",
        macaroon_secret_key_path = "/run/secrets/macaroon"},
    }
    assert.equal("SYNAPSE_FORM_SECRET", found.form_secret)
    assert.equal("SYNAPSE_TURN_SECRET", found.turn_shared_secret)
    assert.equal("POSTGRES_PASSWORD", found["database.args.password"])
    assert.equal("SYNAPSE_REDIS_PASSWORD", found["redis.password"])
    assert.equal("registration_shared_secret of homeserver.yaml", found.registration_shared_secret)
    assert.equal("macaroon_secret_key_path of homeserver.yaml in /run/secrets/macaroon", found.macaroon_secret_key)
    for _, text in pairs(found) do assert.is_nil(text:find "v%d") end
    assert.same({"/data/example.org.signing.key"}, secrets.kept(view))
  end)
end)

describe("the owners of the data directory", function()
  local function plan(options) return fixture.make(options).ownership end
  local OLD = {sqlite = "/data/homeserver.db"}

  it("are made right once, and noted", function()
    local made = plan {store = OLD}
    assert.equal(1, #made.tasks)
    assert.equal("/data", made.tasks[1].base)
    assert.is_true(made.tasks[1].change)
    assert.equal(0, #plan({store = {sqlite = OLD.sqlite, owners = made.record}}).tasks)
    assert.equal(1, #plan({store = {sqlite = OLD.sqlite, owners = made.record}, environment = {UID = "1000"}}).tasks)
  end)

  it("is noted by the first start with its database, so that the second one writes nothing", function()
    local workers = {SYNAPSE_WORKER_TYPES = "pusher"}
    local first = plan {environment = workers}
    assert.same({}, first.tasks)
    assert.equal(first.record, plan({environment = workers, store = {cluster = "15", record = "builtin"}}).record)
  end)

  it("are left alone where nothing is a homeserver's, unless it is wanted", function()
    assert.equal(0, #plan().tasks)
    assert.equal(1, #plan({environment = {SYNLUA_CHOWN = "yes"}}).tasks)
  end)

  it("are only looked at where that is wanted, or where we are not root", function()
    assert.is_false(plan({store = OLD, environment = {SYNLUA_CHOWN = "no"}}).tasks[1].change)
    local task = plan({store = OLD, host = {uid = 1000, gid = 1000}}).tasks[1]
    assert.is_false(task.change)
    assert.equal(1000, task.uid)
  end)

  it("are PostgreSQL's for its cluster", function()
    local tasks = plan({store = {cluster = "15"}}).tasks
    assert.same({"data", "postgres"}, {tasks[1].area, tasks[2].area})
    assert.equal(103, tasks[2].uid)
  end)

  local APART = {SYNAPSE_CONFIG_DIR = "/etc/matrix", SYNAPSE_CONFIG_PATH = "/data/homeserver.yaml"}

  local function apart(environment)
    local input = fixture.input {environment = environment, store = OLD, homeserver = {
      server_name = "example.org", signing_key_path = "/etc/matrix/keys/signing.key", log_config = "/etc/matrix/log",
      media_store_path = "/etc/matrix/media", tls_certificate_path = "/etc/ssl/cert.pem",
      oidc_providers = {{client_secret_path = "/etc/matrix/oidc"}}, app_service_config_files = {"/etc/matrix/as.yaml"},
    }}
    input.homeserver.path = environment.SYNAPSE_CONFIG_PATH or "/etc/matrix/homeserver.yaml"
    return select(1, fixture.run(input)).ownership
  end

  it("are also those of what Synapse must read in a directory of the configuration alone", function()
    local made = apart({SYNAPSE_CONFIG_DIR = "/etc/matrix"})
    local task = made.tasks[2]
    assert.same({"config", "/etc/matrix", 991, true, "root"}, {task.area, task.base, task.uid, task.change, task.adopt})
    assert.same({"", "log", "oidc", "keys/signing.key", "homeserver.yaml", "as.yaml"}, task.paths)
    assert.matches("config 991:991 /etc/matrix\n", made.record, 1, true)
    for _, path in ipairs {"/etc/matrix", "/etc/matrix/keys", "/etc/matrix/keys/signing.key", "/etc/matrix/log"} do
      assert.equal(task, ownership.mends({ownership = made}, path), path)
    end
    for _, path in ipairs {"/etc", "/etc/matrix/other", "/etc/matrix/media", "/etc/ssl/cert.pem",
      "/etc/matrix/keys/b"} do
      assert.is_nil(ownership.mends({ownership = made}, path), path)
    end
  end)

  it("are not the directory of a file that was named alone, nor of one below the data", function()
    local task = apart({SYNAPSE_CONFIG_PATH = "/etc/matrix/homeserver.yaml"}).tasks[2]
    assert.equal("/etc/matrix", task.base)
    assert.equal("log", task.paths[1])
    assert.equal(1, #plan({store = OLD, environment = {SYNAPSE_CONFIG_DIR = "/data/conf"}}).tasks)
    assert.equal("/etc/matrix", apart(APART).tasks[2].base)
  end)

  it("may be anybody's where that is said, and stay everybody's where it is not wanted", function()
    assert.equal("any", apart({SYNAPSE_CONFIG_DIR = "/etc/matrix", SYNLUA_CHOWN = "yes"}).tasks[2].adopt)
    assert.is_false(apart({SYNAPSE_CONFIG_DIR = "/etc/matrix", SYNLUA_CHOWN = "no"}).tasks[2].change)
  end)

  it("are not those of what root runs or nginx reads", function()
    local made = {ownership = plan {store = OLD, environment = {SYNAPSE_TLS_CERT = "/data/tls/c.pem",
      SYNAPSE_TLS_KEY = "/data/tls/k.pem"}}}
    for _, path in ipairs {"/data", "/data/homeserver.db", "/data/synlua2", "/data/media_store/tls"} do
      assert.truthy(ownership.mends(made, path), path)
    end
    for _, path in ipairs {"/data/synlua", "/data/synlua/init.lua", "/data/tls/k.pem", "/data/tls",
      "/data/homeserver.yaml", "/data/homeserver.d/a.yaml", "/data/well-known.yaml", "/etc", "/data2",
      "/data/postgres/15"} do
      assert.is_nil(ownership.mends(made, path), path)
    end
  end)
end)

describe("what homeserver.yaml names and is missing", function()
  -- The files that are made, the directories, and what must be there already.
  local function named(homeserver, environment)
    homeserver.server_name = "example.org"
    local made, _, _, view = fixture.run(fixture.input {homeserver = homeserver, environment = environment})
    local found = {}
    local without_services = setmetatable({catalog = {}}, {__index = view})
    for _, item in ipairs(files.make(without_services, {encode = function() return "" end})) do
      found[item.base .. "/" .. item.path] = "made"
    end
    for _, item in ipairs(made.directories) do
      if item.path == "" then found[item.base] = "made" end
    end
    for _, reach in ipairs(made.reaches) do
      if reach.exists then found[reach.path] = reach.hint end
    end
    return found
  end

  local function is_the_admins(homeserver, path, option)
    local hint = named(homeserver)[path]
    local told = hint and hint:find("make that", 1, true) and hint:find(option, 1, true)
    assert.truthy(told, path .. ": " .. tostring(hint))
  end

  it("is made below the directories of data and configuration", function()
    assert.equal("made", named({form_secret_path = "/data/keys/form"})["/data/keys/form"])
    assert.equal("made", named({media_store_path = "/data/a/b"})["/data/a/b"])
    local apart = {SYNAPSE_CONFIG_DIR = "/etc/matrix"}
    assert.equal("made", named({form_secret_path = "/etc/matrix/f"}, apart)["/etc/matrix/f"])
  end)

  it("is the admin's to make elsewhere, whatever the way is called", function()
    for _, path in ipairs {"/etc/ld.so.preload", "/database/x", "/data/../etc/x", "/data/a/../../x", "/x"} do
      is_the_admins({form_secret_path = path}, path, "form_secret_path")
      is_the_admins({signing_key_path = path}, path, "signing_key_path")
      is_the_admins({media_store_path = path}, path, "media_store_path")
    end
  end)

  it("is made where a variable names it", function()
    assert.equal("made", named({}, {SYNAPSE_MEDIA_STORE_PATH = "/srv/media"})["/srv/media"])
  end)
end)
