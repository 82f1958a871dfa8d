-- What a backup holds, its manifest and its archive, and what a restore that was interrupted means.

local base64 = require "lib.base64"
local before = require "plan.backup.before"
local contents = require "plan.backup.contents"
local fixture = require "plan_fixture"
local kinds = require "settings.kinds"
local manifest = require "lib.manifest"
local sha256 = require "lib.sha256"
local tar = require "lib.tar"

local MADE = {
  made = "2026-03-01T04:00:00Z", server = "example.org", synlua = "1.0.0", synapse = "1.163.2", before = "1.164.0",
  database = "builtin",
  postgres = 15, moved = "/data/homeserver.db", data = "/data", config = "/data", homeserver = "/data/homeserver.yaml",
  media = "/data/media store", media_how = "link", media_files = 3, uid = 991, gid = 992, rehearsed = true,
  sealed = false,   variables = {"SYNAPSE_SERVER_NAME"}, rows = {users = 2, events = 40},
  pieces = {{name = "admin.tar", size = 1024, sum = "ab12"}},
}

local function flip(text, at, bit)
  return text:sub(1, at - 1) .. string.char(text:byte(at) ~ 1 << bit) .. text:sub(at + 1)
end

describe("SHA-256", function()
  it("is that of the standard, also around the length of a block", function()
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", sha256 "")
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sha256 "abc")
    assert.equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      sha256 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
    assert.equal("41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3", sha256(("a"):rep(1000)))
    for _, length in ipairs {55, 56, 57, 63, 64, 65, 119, 120, 121} do
      local pipe = assert(io.popen(("printf %%0%dd 0 | sha256sum"):format(length)))
      assert.equal(pipe:read "a":match "^%x+", sha256(("0"):rep(length)))
      pipe:close()
    end
  end)
end)

describe("Base64", function()
  it("is that of the standard, and gives back any bytes", function()
    assert.equal("", base64.encode "")
    assert.equal("Zg==", base64.encode "f")
    assert.equal("Zm8=", base64.encode "fo")
    assert.equal("Zm9vYmFy", base64.encode "foobar")
    for length = 0, 300 do
      local bytes = {}
      for at = 1, length do bytes[at] = string.char((at * 37 + length) % 256) end
      assert.equal(table.concat(bytes), base64.decode(base64.encode(table.concat(bytes))))
    end
    for _, text in ipairs {"a", "ab=c", "a===", "a b=", "aa\n="} do assert.is_nil(base64.decode(text)) end
  end)
end)

describe("the public key of a backup", function()
  local KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
  local function read(text) return kinds.parse(text, {kind = "age_recipients"}) end

  it("is one of age, or several", function()
    assert.same({KEY}, (read(KEY)))
    assert.same({KEY, KEY}, (read(KEY .. ", " .. KEY)))
  end)

  it("is no secret key, and none that was cut off", function()
    for _, text in ipairs {"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX", KEY:sub(1, 61),
      KEY .. "q", KEY:upper(), KEY .. " x"} do
      assert.equal("must be public keys of age", select(2, read(text)))
    end
  end)
end)

describe("an archive", function()
  local ENTRIES = {
    {name = "data/synlua", directory = true, mode = 493, uid = 0, gid = 0, mtime = 5},
    {name = "data/synlua/init.lua", mode = 384, uid = 0, gid = 991, mtime = 1772337600, bytes = "return {}\n"},
    {name = ("long/"):rep(40) .. "name", mode = 420, uid = 4000000000, gid = 4000000000, mtime = 0,
      bytes = ("x"):rep(1500)},
    {name = "data/empty", mode = 420, uid = 991, gid = 991, mtime = 0, bytes = ""},
  }

  it("gives back what went in, byte for byte", function() assert.same(ENTRIES, tar.read(tar.pack(ENTRIES))) end)

  it("is one that tar reads", function()
    local path = os.tmpname()
    local to = assert(io.open(path, "w"))
    to:write(tar.pack(ENTRIES)):close()
    local pipe = assert(io.popen(("tar -tf %s 2>&1; tar -xOf %s data/synlua/init.lua"):format(path, path)))
    assert.equal("data/synlua/\ndata/synlua/init.lua\n" .. ("long/"):rep(40) .. "name\ndata/empty\nreturn {}\n",
      pipe:read "a")
    pipe:close()
    os.remove(path)
  end)

  it("is refused where it is cut off or names what lies outside", function()
    local text = tar.pack(ENTRIES)
    for _, length in ipairs {0, 511, 512, 1300, #text - 1024} do
      assert.same({nil, "is cut off"}, {tar.read(text:sub(1, length))})
    end
    for _, name in ipairs {"../x", "/etc/x", "data/../../x", "data/./x", "a//b", ("x"):rep(101) .. "\0y"} do
      local entries, what = tar.read(tar.pack {{name = name, mode = 420, uid = 0, gid = 0, mtime = 0, bytes = "x"}})
      assert.is_nil(entries, name)
      assert.matches("which is no path below a directory", what)
    end
    local link = tar.pack {{name = "data/x", mode = 420, uid = 0, gid = 0, mtime = 0, bytes = ""}}
    assert.same({nil, "holds data/x, which is no file"}, {tar.read(link:sub(1, 156) .. "2" .. link:sub(158))})
  end)
end)

describe("a manifest", function()
  it("gives back what went in", function() assert.same(MADE, manifest.read(manifest.text(MADE))) end)

  it("is refused where any bit of it is another, or where its end is missing", function()
    local text = manifest.text(MADE)
    for at = 1, #text do
      local made, what = manifest.read(flip(text, at, at % 8))
      assert.is_nil(made, tostring(at))
      assert.is_string(what)
      assert.is_nil((manifest.read(text:sub(1, at - 1))))
    end
  end)

  it("of a later form is refused, with the reason", function()
    local body = "synlua backup 2\nmade later\n"
    assert.same({nil, "is of a later synlua (version 2 of backups)"},
      {manifest.read(("%send %s\n"):format(body, sha256(body)))})
  end)
end)

describe("a new backup", function()
  local function name(day) return manifest.name("example.org:8448", ("202603%02dT040000Z"):format(day)) end

  it("has a name that sorts by time and is its server's alone", function()
    assert.equal("example.org_8448-20260301T040000Z", name(1))
    assert.is_true(manifest.is_name(name(1), "example.org:8448"))
    for _, other in ipairs {"example.org", "org:8448", "example.org_8448-x"} do
      assert.is_false(manifest.is_name(name(1), other))
    end
    assert.is_false(manifest.is_name(name(1) .. ".old", "example.org:8448"))
  end)

  it("replaces the oldest beyond those that are kept, and what was never finished", function()
    local found = {["lost+found"] = false, ["other.org-20200101T000000Z"] = true, notes = true}
    for day = 1, 5 do found[name(day)] = day ~= 2 end
    assert.same({name(1), name(2), name(3)}, manifest.spare(found, "example.org:8448", 2))
    assert.same({name(2)}, manifest.spare(found, "example.org:8448", 4))
    assert.same({name(2)}, manifest.spare(found, "example.org:8448", math.maxinteger))
    assert.same({}, manifest.spare({[name(9)] = true}, "example.org:8448", 1))
  end)
end)

local function view_of(options) return select(4, fixture.make(options)) end

local function set(list)
  local made = {}
  for _, item in ipairs(list) do made[item] = true end
  return made
end

describe("the contents of a backup", function()
  it("leave out the database, media, backups and what each start makes", function()
    local out = set(contents.left_out(view_of {environment = {SYNLUA_BACKUP_DIR = "/data/safe"},
      store = {sqlite_named = "/data/homeserver.db"}}))
    for _, path in ipairs {"postgres", "media_store", "safe", "homeserver.db", "homeserver.db-wal", ".synlua.lock",
      ".synlua.restoring", ".synlua.tmp", ".synlua.jobs", "logs", "services"} do
      assert.is_true(out[path], path)
    end
    for _, path in ipairs {"homeserver.yaml", "synlua", ".synlua.synapse", ".synlua.owners", "python"} do
      assert.is_nil(out[path], path)
    end
  end)

  it("hold files that lie elsewhere, each once, but none of the runtime directory", function()
    local found = set(contents.elsewhere(view_of {
      environment = {SYNAPSE_TLS_CERT = "/etc/tls/cert.pem", SYNAPSE_TLS_KEY = "/etc/tls/key.pem"},
      homeserver = {server_name = "example.org", macaroon_secret_key_path = "/etc/secret", email = {
        notif_template_html = "x"}},
    }))
    assert.same(set {"/etc/tls/cert.pem", "/etc/tls/key.pem", "/etc/secret"}, found)
  end)

  it("come from the database that is in use", function()
    assert.is_nil(contents.database(view_of {}))
    assert.same({kind = "sqlite", path = "/data/homeserver.db"}, contents.database(view_of {
      store = {sqlite = "/data/homeserver.db", sqlite_named = "/data/homeserver.db"}}))
    local builtin = contents.database(view_of {environment = {SYNAPSE_WORKER_TYPES = "pusher"}})
    assert.same({"postgres", "/run/synlua/postgres/run", "synapse", "synapse"},
      {builtin.kind, builtin.args.host, builtin.args.user, builtin.args.dbname})
    local outside = contents.database(view_of {environment = {POSTGRES_HOST = "db", POSTGRES_PASSWORD = "x"}})
    assert.same({"db", "x"}, {outside.args.host, outside.args.password})
  end)

  it("name variables without their values", function()
    local names = contents.variables(view_of {environment = {POSTGRES_HOST = "db", POSTGRES_PASSWORD = "x"}})
    assert.same({"POSTGRES_HOST", "POSTGRES_PASSWORD", "SYNAPSE_REPORT_STATS", "SYNAPSE_SERVER_NAME"}, names)
  end)
end)

describe("a restore that was interrupted", function()
  it("keeps everything else from the data directory", function()
    assert.equal("/data/.synlua.restoring: the restore of example.org-20260301T040000Z was interrupted, so a part is "
      .. "missing (restore again, which begins anew: synlua restore BACKUP)",
      fixture.problems {store = {restoring = "example.org-20260301T040000Z\n"}})
  end)

  it("does not keep the next one from it", function()
    local input = fixture.input {store = {restoring = "x\n"}}
    input.restores = true
    local _, problems = fixture.run(input)
    assert.same({}, problems)
  end)
end)

describe("before a newer Synapse", function()
  local OLD = {version = "1.150.0", newest = "1.150.0", schema = 93, compat = 84, server = "example.org"}
  local NEW = {version = "1.163.2", schema = 94, compat = 84}

  local function options_of(more)
    local made = {environment = {SYNLUA_BACKUP_BEFORE_UPGRADE = "yes"}, synapse = NEW,
      store = {synapse = OLD, record = "sqlite", sqlite = "/data/homeserver.db"}}
    for key, value in pairs(more or {}) do made[key] = value end
    return made
  end

  it("a backup is made if it is wanted, and Synapse waits for it", function()
    local services = fixture.make(options_of()).services
    assert.is_nil(services.upgrade_backup.needs)
    assert.is_true(services.upgrade_backup.one_shot)
    assert.same({"upgrade_backup"}, services.synapse.needs)
    assert.is_nil(fixture.make(options_of {environment = {}}).services.upgrade_backup)
  end)

  it("a backup is made once the database can be reached, and workers wait for it too", function()
    local types = {SYNLUA_BACKUP_BEFORE_UPGRADE = "yes", SYNAPSE_WORKER_TYPES = "pusher"}
    local services = fixture.make(options_of {environment = types,
      store = {synapse = OLD, record = "builtin", cluster = "15"}}).services
    assert.same({"postgres_setup"}, services.upgrade_backup.needs)
    assert.same({"redis", "postgres_setup", "upgrade_backup"}, services.pusher1.needs)
    types.POSTGRES_HOST = "db"
    services = fixture.make(options_of {environment = types, store = {synapse = OLD, record = "outside"}}).services
    assert.same({"database_check"}, services.upgrade_backup.needs)
  end)

  it("no backup is made where nothing is known to change, or nothing is there", function()
    local function planned(more) return fixture.make(options_of(more)).services.upgrade_backup end
    local store = {synapse = {version = "1.163.2", newest = "1.163.2", schema = 94, compat = 84},
      sqlite = "/data/homeserver.db", record = "sqlite"}
    assert.is_nil(planned {store = store})
    store.synapse = {version = "1.164.0", newest = "1.164.0", schema = 94, compat = 84}
    assert.is_nil(planned {store = store})
    assert.is_nil(planned {store = {sqlite = "/data/homeserver.db"}})
    assert.is_nil(planned {store = {synapse = OLD}})
    store.synapse = {version = "1.163.1", newest = "1.163.1", schema = 94, compat = 84}
    assert.truthy(planned {store = store})
  end)

  it("a start that is tried again knows the backup of this change", function()
    local view = view_of(options_of())
    local said = {server = "example.org", synapse = "1.150.0", before = "1.163.2", made = "2026-03-01T04:00:00Z"}
    local at = "2026-03-01T00:00:00Z"
    local function with(key, value)
      local made = {}
      for name, one in pairs(said) do made[name] = one end
      made[key] = value
      return before.is_of(view, made, at)
    end
    assert.is_true(with("server", "example.org"))
    assert.is_false(with("server", "other.org"))
    assert.is_false(with("synapse", "1.149.0"))
    assert.is_false(with("before", nil))
    -- Since then the old one has run again.
    assert.is_false(with("made", "2026-02-27T04:00:00Z"))
  end)
end)
