-- The owners of the files in the data directory after a start, and the messages about them.

local file = require "core.file"
local support = require "run.support"

local run

local function data(name) return run:path("data/" .. name) end
local function owner(name) return file.stat(data(name)).uid end
-- Root's, with the sticky bit and Synapse's group; homeserver.yaml is root's too, and Synapse reads it.
local function shared()
  local directory, config = file.stat(data ""), file.stat(data "homeserver.yaml")
  assert.same({0, 991, 1017}, {directory.uid, directory.gid, directory.mode})
  assert.same({0, 991, 32}, {config.uid, config.gid, config.mode & 58})
end

local function shell(command) assert(os.execute(("cd %s && %s"):format(run.directory, command))) end

-- What an image that runs everything as root leaves, and things that are not Synapse's.
local function old_volume(options)
  run = support.pair({"ready"}, {"ready"}, options)
  support.write(data "homeserver.yaml", "server_name: localhost\nreport_stats: false\n")
  support.write(data "media_store/local_content/aa/bb", "x")
  support.write(data "localhost.registration.key", "secret\n")
  support.write(data "lost+found/x", "")
  support.write(data "metrics.token", "0123456789abcdef\n")
  support.write(data "synlua/note", "")
  support.write(run:path "outside", "")
  shell "chmod 600 outside data/homeserver.yaml && ln -s ../outside data/link && ln outside data/second"
end

local function ready() run:start():says "synlua | ready in" end

local function forget()
  os.remove(run:path "status")
  os.remove(run:path "log")
  os.remove(run:path "pid") -- or the next start would be taken for this one
end

local function stop()
  run:stop()
  forget()
end

describe("a data directory with files of root's", function()
  after_each(support.finish)

  it("is given to Synapse's user once, except for files of others and in other places", function()
    old_volume {variables = {SYNLUA_USER_DIR = nil}}
    ready()
    run:says "now belong to 991:991; this is done once"
    run:says "data/second: has several names, so it keeps its owner, uid 0"
    run:says "data: now belongs to root, with the sticky bit"
    run:says "data/homeserver.yaml: now belongs to root, and uid 991 can read it"
    for _, name in ipairs {"media_store", "media_store/local_content/aa/bb", "localhost.registration.key"} do
      assert.equal(991, owner(name), name)
    end
    shared()
    for _, name in ipairs {"lost+found/x", "second", "metrics.token"} do assert.equal(0, owner(name), name) end
    assert.equal(0, file.stat(run:path "outside").uid)
    assert.equal(384, file.stat(data "localhost.registration.key").mode)
    stop()
    shell "chown 0:0 data/media_store/local_content"
    ready()
    assert.equal(0, owner "media_store/local_content")
    assert.is_nil(run:log():find("done once", 1, true))
    shared()
  end)

  it("goes back to plain Synapse's user as the words of leave say", function()
    run = support.pair({"ready"}, {"ready"})
    shell "chown 991:991 data"
    ready()
    stop()
    shared()
    local function leave()
      os.remove(run:path "left.yaml")
      local said, status = support.capture(run:command():gsub("run$", "leave " .. run:path "left.yaml"))
      assert.equal(0, status)
      return said
    end
    local back = leave():match "\n *(chown 991:991 [^\n]+)\n"
    local at = run:path "data"
    assert.equal(("chown 991:991 %s/homeserver.yaml %s && chmod 755 %s"):format(at, at, at), back)
    shell(back)
    local directory = file.stat(run:path "data")
    assert.same({991, 991, 493}, {directory.uid, directory.gid, directory.mode})
    assert.equal(991, owner "homeserver.yaml")
    assert.is_nil(leave():find("chown", 1, true))
    ready()
    shared()
  end)

  it("is only reported if the admin forbids the change", function()
    old_volume {variables = {SYNLUA_CHOWN = "no"}}
    shell "chown 991:991 data" -- or it could not start
    run:start():says "data/homeserver.yaml as uid 991: Permission denied"
    assert.equal(78, run:status(30))
    forget()
    shell "chmod 644 data/homeserver.yaml"
    ready()
    run:says "data/media_store: belongs to uid 0, and uid 991 cannot use it"
    run:says("chown -R 991:991 " .. run:path "data")
    assert.equal(0, owner "media_store")
    assert.is_false(support.exists(data ".synlua.owners"))
  end)

  it("that is somebody else's is taken over if the admin says so", function()
    old_volume {variables = {SYNLUA_CHOWN = "yes"}}
    shell "rm data/second && chown -R 12345:12345 data"
    ready()
    assert.equal(991, owner "media_store")
    shared()
  end)

  it("can be listed by nobody but Synapse after that, whatever could be before", function()
    for _, mode in ipairs {"755", "2755"} do
      old_volume {variables = {}}
      shell(("rm data/second && chmod %s data"):format(mode))
      ready()
      assert.equal(1017, file.stat(data "").mode, mode)
      support.finish()
    end
  end)

  it("that was Synapse's becomes root's with the sticky bit, once, as does its homeserver.yaml", function()
    old_volume {variables = {}}
    shell "rm data/second && chown -R 991:991 data && chmod 750 data && chmod 666 data/homeserver.yaml"
    ready()
    run:says "data: now belongs to root, with the sticky bit: uid 991 can add files, and change only its own"
    assert.same({1017, 991, 420}, {file.stat(data "").mode, file.stat(data "").gid,
      file.stat(data "homeserver.yaml").mode & 420})
    shared()
    stop()
    ready()
    assert.is_nil(run:log():find("now belongs to root", 1, true))
  end)

  -- The configuration beside it, with what Synapse reads and what it does not.
  local function beside(options)
    options.variables.SYNAPSE_CONFIG_DIR = nil
    old_volume(options)
    for name, text in pairs {["homeserver.yaml"] = "server_name: localhost\nreport_stats: false\n"
      .. ("signing_key_path: %s/etc/keys/a.key\n"):format(run.directory), ["keys/a.key"] = "ed25519 a_1 x\n",
      ["keys/b"] = "", ["conf.d/a.yaml"] = "{}\n", other = ""} do
      support.write(run:path("etc/" .. name), text)
    end
    shell "chmod 700 etc/keys && chmod 600 etc/homeserver.yaml etc/*/* etc/other && chmod 644 etc/conf.d/a.yaml"
    run.options.variables.SYNAPSE_CONFIG_DIR = run:path "etc"
  end

  local function config_owners()
    local list = {}
    for _, name in ipairs {"", "homeserver.yaml", "keys", "keys/a.key", "keys/b", "conf.d/a.yaml", "other"} do
      list[#list + 1] = ("%s %d"):format(name, file.stat(run:path("etc/" .. name)).uid)
    end
    return table.concat(list, ", ")
  end

  it("has a configuration elsewhere of which only what Synapse must read and cannot is given, once", function()
    beside {variables = {}}
    local before = support.capture("md5sum " .. run:path "etc/homeserver.yaml")
    ready()
    run:says "etc/homeserver.yaml: now belongs to root, and uid 991 can read it"
    run:says "etc: 2 of 5 files and directories now belong to 991:991; this is done once"
    assert.equal(" 0, homeserver.yaml 0, keys 991, keys/a.key 991, keys/b 0, conf.d/a.yaml 0, other 0",
      config_owners())
    assert.equal(before, support.capture("md5sum " .. run:path "etc/homeserver.yaml"))
    stop()
    ready()
    assert.is_nil(run:log():find("done once", 1, true))
  end)

  it("has a configuration elsewhere of which only words are said where that is wanted", function()
    beside {variables = {SYNLUA_CHOWN = "no"}}
    shell "chown 991:991 data" -- or it could not start
    ready()
    for _, name in ipairs {"homeserver.yaml", "keys", "keys/a.key"} do
      run:says(("etc/%s: belongs to uid 0, and uid 991 cannot use it; chown 991:991"):format(name))
    end
    assert.equal(" 0, homeserver.yaml 0, keys 0, keys/a.key 0, keys/b 0, conf.d/a.yaml 0, other 0", config_owners())
  end)

  it("has a configuration in a directory of everybody's, which stays that", function()
    beside {variables = {}}
    shell "chmod 1777 etc && chmod 644 etc/homeserver.yaml"
    ready()
    assert.equal(1023, file.stat(run:path "etc").mode)
  end)

  it("has a configuration elsewhere that is a person's, and so stays it", function()
    beside {variables = {}}
    shell "chown -R 12345:12345 etc"
    ready()
    run:says "etc/homeserver.yaml: belongs to uid 12345, and uid 991 cannot use it"
    assert.equal(12345, file.stat(run:path "etc/keys/a.key").uid)
  end)

  it("is not given away when nothing in it is a homeserver's", function()
    run = support.pair({"ready"}, {"ready"})
    support.write(data "photos/a", "x")
    ready()
    assert.equal(0, owner "photos/a")
  end)

  it("is reported to another user, with the user id that does not fit", function()
    old_volume {copied = true, inside = {"setpriv", "--reuid=4711", "--regid=4711", "--clear-groups"}}
    shell "rm data/second && chown -R 4711:4711 . && chown 0:0 data/media_store"
    ready()
    run:says "data/media_store: belongs to uid 0, and uid 4711 cannot use it"
  end)
end)
