local file = require "core.file"
local support = require "run.support"

local base

local function path(name) return base .. "/" .. name end
local function shell(command) assert(os.execute("cd " .. base .. " && " .. command)) end

-- The triple of a fault: nil, a message that has the text, the name.
local function fails(name, text, ...)
  local result, what, got = ...
  assert.is_nil(result)
  assert.equal("string", type(what))
  assert.truthy(what:find(text, 1, true), what)
  assert.equal(name, got)
end

local function timeless(stat)
  stat.mtime, stat.mtime_ns = nil, nil
  return stat
end

describe("core.file", function()
  before_each(function() base = support.directory() end)
  after_each(function() support.remove(base) end)

  it("reads every byte of a file", function()
    local bytes = ("\0\1\r\n\255"):rep(10000)
    support.write(path "bytes", bytes)
    support.write(path "empty", "")
    assert.equal(bytes, file.read(path "bytes"))
    assert.equal("", file.read(path "empty"))
  end)

  it("reads up to the limit and no further", function()
    support.write(path "ten", "0123456789")
    assert.equal("0123456789", file.read(path "ten", 10))
    fails("EFBIG", path "ten", file.read(path "ten", 9))
    fails("EFBIG", "ten", file.read_below(base, "ten", 9))
    assert.error_matches(function() file.read(path "ten", -1) end, "must not be negative")
    assert.error_matches(function() file.read_below(base, "ten", -1) end, "must not be negative")
  end)

  it("says why a file cannot be read", function()
    fails("ENOENT", "reading " .. path "none" .. ": No such file", file.read(path "none"))
    fails("EISDIR", "Is a directory", file.read(base))
    fails("ENOTDIR", "Not a directory", file.read "/dev/null/x")
    shell "mkfifo fifo" -- must not wait for a writer
    assert.equal("", file.read(path "fifo"))
  end)

  it("reads a file below a directory, and returns its stat", function()
    support.write(path "a/b/file", "text")
    shell "chmod 640 a/b/file"
    local text, stat = file.read_below(base, "a/b/file")
    assert.equal("text", text)
    assert.is_true(math.abs(os.time() - stat.mtime) < 60)
    assert.same({kind = "file", mode = 416, uid = 0, gid = 0, size = 4}, timeless(stat))
    assert.same(stat, timeless(file.stat_below(base, "a/b/file")))
  end)

  it("follows no link below the directory, and does not leave it", function()
    support.write(path "real/file", "text")
    shell "ln -s real link; ln -s file real/link"
    fails("ENOTDIR", "link", file.stat_below(base, "link/file"))
    assert.equal("link", file.stat_below(base, "real/link").kind)
    fails("ENOTDIR", "link", file.read_below(base, "link/file"))
    fails("ELOOP", "real/link", file.read_below(base, "real/link"))
    fails("EINVAL", "leads out of its directory", file.read_below(path "real", "../real/file"))
    fails("ENOENT", "none", file.read_below(path "none", "file"))
  end)

  it("replaces a file, with its owner and mode, and leaves nothing beside it", function()
    for _, durable in ipairs {false, true} do
      assert.is_true(file.replace(base, "new", "one\0two", {mode = 416, uid = 991, gid = 33, durable = durable}))
      local text, stat = file.read_below(base, "new")
      assert.equal("one\0two", text)
      assert.same({kind = "file", mode = 416, uid = 991, gid = 33, size = 7}, timeless(stat))
    end
    assert.is_true(file.replace(base, "new", "", {}))
    assert.same({kind = "file", mode = 384, uid = 0, gid = 0, size = 0}, timeless(file.stat(path "new")))
    assert.equal("new\n", (support.capture("ls -A " .. base)))
  end)

  it("replaces a link itself and not its target", function()
    support.write(path "target", "kept")
    shell "ln -s target link"
    assert.is_true(file.replace(base, "link", "new", {}))
    assert.equal("kept", file.read(path "target"))
    assert.equal("file", file.list(base, "").link.kind)
  end)

  it("says why a file cannot be replaced", function()
    shell "mkdir directory; ln -s directory link"
    fails("EISDIR", "writing " .. path "directory", file.replace(base, "directory", "", {}))
    fails("ENOTDIR", "link", file.replace(base, "link/file", "", {}))
    fails("ENOENT", "none", file.replace(base, "none/file", "", {}))
    fails("EINVAL", "leads out", file.replace(base, "directory/../x", "", {}))
    assert.equal("directory\nlink\n", (support.capture("ls -A " .. base)))
  end)

  it("makes directories, the last one with owner and mode", function()
    assert.is_true(file.mkdir(base, "a/b", {mode = 1512, uid = 991, gid = 33}))
    assert.same({kind = "directory", mode = 1512, uid = 991, gid = 33}, (function(stat)
      stat.size = nil
      return timeless(stat)
    end)(file.stat(path "a/b")))
    assert.is_true(file.mkdir(base, "a/b", {mode = 448, uid = 0, gid = 0}))
    assert.equal(448, file.stat(path "a/b").mode)
    assert.is_true(file.mkdir(base, "", {mode = 493}))
  end)

  it("gives a plain file from one user to another, if that is its only name", function()
    shell "echo x >file && chmod 666 file && chown 991:991 file && ln -s file link && mkfifo fifo && mkdir directory"
    shell "echo x >two && chown 991 two && ln two names"
    for _, name in ipairs {"two", "directory", "fifo"} do
      fails("EPERM", name .. ": not a plain file of uid 991 with one name",
        file.give(base, name, 991, {mode = 416, uid = 0, gid = 33}))
    end
    fails("ELOOP", "link", file.give(base, "link", 991, {mode = 416, uid = 0, gid = 33}))
    fails("EPERM", "file: not a plain file of uid 0", file.give(base, "file", 0, {mode = 416, uid = 0, gid = 33}))
    assert.is_true(file.give(base, "file", 991, {mode = 416, uid = 0, gid = 33}))
    local stat = file.stat(path "file")
    assert.same({416, 0, 33}, {stat.mode, stat.uid, stat.gid})
    assert.equal(991, file.stat(path "two").uid)
  end)

  it("tries as another user whether something can be made in a directory, and leaves nothing", function()
    shell "mkdir roots shared its && chmod 1771 shared && chown 0:991 shared && chown 991 its"
    shell "chmod 755 ."
    fails("EACCES", "uid 991 cannot create files in it", file.try(path "roots", 991, 991))
    fails("ENOENT", "none", file.try(path "none", 991, 991))
    for _, name in ipairs {"shared", "its"} do assert.is_true(file.try(path(name), 991, 991)) end
    assert.is_true(file.try(path "roots", 0, 0))
    assert.equal("", (support.capture(("find %s -mindepth 2"):format(base))))
  end)

  it("refuses an owner or mode that there is not, instead of taking another one", function()
    local function refuses(message, owner)
      assert.error_matches(function() file.replace(base, "x", "", owner) end, message)
      assert.error_matches(function() file.mkdir(base, "x", owner) end, message)
    end
    for _, id in ipairs {1 << 32, (1 << 32) - 1, -2, math.mininteger} do
      refuses("uid and gid must be from 0 to 4294967294", {uid = id, gid = 0})
      refuses("uid and gid must be from 0 to 4294967294", {uid = 0, gid = id})
    end
    refuses("number expected", {uid = "root"})
    for _, mode in ipairs {-1, 4096, (1 << 32) + 384, 1.5} do refuses("mode", {mode = mode}) end
    assert.is_nil(file.stat(path "x"))
  end)

  it("keeps set-group-id of a directory for another group where CAP_FSETID is missing", function()
    local code = ("require('core.file').mkdir('%s', 'a', {mode = 1512, uid = 991, gid = 33})"):format(base)
    for _ = 1, 2 do -- made, then given again
      local output = support.capture(("setpriv --bounding-set=-fsetid %s eval -e %s 2>&1")
        :format(support.SYNLUA, support.quote(code)))
      local stat = file.stat(path "a")
      assert.same({1512, 991, 33}, {stat.mode, stat.uid, stat.gid}, output)
    end
  end)

  it("makes no directory through a link, over a file, or outside", function()
    support.write(path "file", "")
    shell "mkdir real; ln -s real link"
    fails("ENOTDIR", "link", file.mkdir(base, "link/new", {}))
    fails("ENOTDIR", "file", file.mkdir(base, "file", {}))
    fails("EINVAL", "..", file.mkdir(base, "real/../other", {}))
    assert.is_nil(file.stat(path "real/new"))
  end)

  it("removes a file, and finds nothing wrong with one that is gone", function()
    support.write(path "file", "")
    shell "mkdir -p directory"
    assert.is_true(file.remove(base, "file"))
    assert.is_nil(file.stat(path "file"))
    assert.is_true(file.remove(base, "file"))
    assert.is_true(file.remove(path "none", "file"))
    fails("EISDIR", "removing " .. path "directory", file.remove(base, "directory"))
  end)

  it("removes a tree, but nothing that its links point to", function()
    support.write(path "tree/a/b", "")
    support.write(path "kept/file", "text")
    shell "ln -s ../kept tree/link; ln -s nowhere tree/dangling"
    assert.is_true(file.remove_tree(base, "tree"))
    assert.is_nil(file.stat(path "tree"))
    assert.equal("text", file.read(path "kept/file"))
    assert.is_true(file.remove_tree(base, "tree"))
    for _, name in ipairs {"", ".", "..", "kept/.."} do
      fails("EINVAL", "", file.remove_tree(base, name))
    end
    assert.equal("text", file.read(path "kept/file"))
  end)

  it("lists a directory with what each entry is, without following links", function()
    support.write(path "file", "four")
    shell "mkdir directory; ln -s nowhere link; mkfifo fifo; touch .hidden"
    local kinds = {}
    for name, stat in pairs(file.list(base, "")) do kinds[name] = stat.kind end
    assert.same({file = "file", directory = "directory", link = "link", fifo = "other", [".hidden"] = "file"}, kinds)
    assert.equal(4, file.list(base, "").file.size)
    assert.same({}, file.list(base, "directory"))
    fails("ENOENT", "none", file.list(base, "none"))
    fails("ENOTDIR", "file", file.list(base, "file"))
    fails("ENOTDIR", "link", file.list(base, "link"))
  end)

  it("lists many entries", function()
    shell "seq -f 'name-%g' 3000 | xargs touch"
    local count = 0
    for _ in pairs(file.list(base, "")) do count = count + 1 end
    assert.equal(3000, count)
  end)

  it("follows links in stat and realpath", function()
    shell "mkdir real; ln -s real link"
    assert.equal("directory", file.stat(path "link").kind)
    assert.equal(file.realpath(base) .. "/real", file.realpath(path "link"))
    fails("ENOENT", path "none", file.stat(path "none"))
    fails("ENOENT", path "none", file.realpath(path "none"))
  end)

  it("sees a socket", function()
    local server = support.listen()
    local stat = file.stat(server.path)
    server:close()
    assert.equal("socket", stat.kind)
  end)

  it("gives a socket of ours its mode, and nothing else", function()
    local server = support.listen()
    assert.is_true(file.admit_as(nil, server.path, {mode = 432}))
    assert.equal(432, file.stat(server.path).mode)
    shell(("ln -s %s link; touch file"):format(server.path))
    for _, name in ipairs {"link", "file"} do
      local done, _, code = file.admit_as(nil, path(name), {mode = 511})
      assert.same({nil, "EPERM"}, {done, code})
    end
    server:close()
    assert.error(function() file.admit_as(nil, path "file", {mode = 512}) end)
    assert.error(function() file.admit_as({uid = 1}, path "file", {mode = 0}) end)
  end)
end)
