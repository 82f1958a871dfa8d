-- Whose the files of the data directory are after a start, and what is said of them.

local file = require "core.file"
local support = require "run.support"

local run

local function data(name) return run:path("data/" .. name) end
local function owner(name) return file.stat(data(name)).uid end
local function shell(command) assert(os.execute(("cd %s && %s"):format(run.directory, command))) end

-- What an image that runs everything as root leaves, and things that are not Synapse's.
local function old_volume(options)
  run = support.pair({"ready"}, {"ready"}, options)
  support.write(data "homeserver.yaml", "server_name: localhost\nreport_stats: false\n")
  support.write(data "media_store/local_content/aa/bb", "x")
  support.write(data "localhost.registration.key", "secret\n")
  support.write(data "lost+found/x", "")
  support.write(data "synlua/note", "")
  support.write(run:path "outside", "")
  shell "chmod 600 outside data/homeserver.yaml && ln -s ../outside data/link && ln outside data/second"
end

local function ready() run:start():says "synlua | ready in" end

local function stop()
  run:stop()
  os.remove(run:path "status")
  os.remove(run:path "log")
  os.remove(run:path "pid") -- or the next start would be taken for this one
end

describe("a data directory with files of root's", function()
  after_each(support.finish)

  it("is given to Synapse's user once, but for what is another's or lies elsewhere", function()
    old_volume {variables = {SYNLUA_USER_DIR = nil}}
    ready()
    run:says "now belong to 991:991; this is done once"
    run:says "data/second: has several names, so it keeps its owner, uid 0"
    for _, name in ipairs {"", "homeserver.yaml", "media_store/local_content/aa/bb", "localhost.registration.key"} do
      assert.equal(991, owner(name), name)
    end
    for _, name in ipairs {"lost+found/x", "second"} do assert.equal(0, owner(name), name) end
    assert.equal(0, file.stat(run:path "outside").uid)
    assert.equal(384, file.stat(data "localhost.registration.key").mode)
    stop()
    shell "chown 0:0 data/media_store"
    ready()
    assert.equal(0, owner "media_store")
    assert.is_nil(run:log():find("done once", 1, true))
  end)

  it("is only told of where that is not wanted", function()
    old_volume {variables = {SYNLUA_CHOWN = "no"}}
    ready()
    run:says "data/homeserver.yaml: belongs to uid 0, and uid 991 cannot use it"
    run:says("chown -R 991:991 " .. run:path "data")
    assert.equal(0, owner "media_store")
    assert.is_false(support.exists(data ".synlua.owners"))
  end)

  it("that is somebody else's is taken over where that is said", function()
    old_volume {variables = {SYNLUA_CHOWN = "yes"}}
    shell "rm data/second && chown -R 12345:12345 data"
    ready()
    for _, name in ipairs {"", "media_store", "homeserver.yaml"} do assert.equal(991, owner(name), name) end
  end)

  it("is not given away when nothing in it is a homeserver's", function()
    run = support.pair({"ready"}, {"ready"})
    support.write(data "photos/a", "x")
    ready()
    assert.equal(0, owner "photos/a")
  end)

  it("is told of to another user, with the user id that does not fit", function()
    old_volume {copied = true, inside = {"setpriv", "--reuid=4711", "--regid=4711", "--clear-groups"}}
    shell "rm data/second && chown -R 4711:4711 . && chown 0:0 data/media_store"
    ready()
    run:says "data/media_store: belongs to uid 0, and uid 4711 cannot use it"
  end)
end)
