local own = require "core.own"
local file = require "core.file"
local support = require "run.support"

local base

local function run(walk)
  local more
  repeat
    more = walk:step(2)
    assert.is_not_nil(more)
  until not more
end

describe("core.own", function()
  before_each(function()
    base = support.directory()
    support.write(base .. "/a/b", "x")
    support.write(base .. "/kept/c", "x")
  end)
  after_each(function() support.remove(base) end)

  it("gives everything to a user in steps, except the skipped paths", function()
    local walk = assert(own.walk(base, {uid = 4711, gid = 4712, change = true, skip = {"kept"}}))
    run(walk)
    local counts, named = walk:counts()
    assert.same({seen = 3, changed = 3, left = 0}, counts)
    assert.same({}, named)
    assert.equal(4711, file.stat(base .. "/a/b").uid)
    assert.equal(4712, file.stat(base .. "/a/b").gid)
    assert.equal(0, file.stat(base .. "/kept/c").uid)
  end)

  it("gives single files, and the way to them, where a user could not read them", function()
    os.execute(("chmod 755 %s; chmod 700 %s/a; chmod 600 %s/a/b %s/kept/c"):format(base, base, base, base))
    local counts, named = own.ways(base, {uid = 4711, gid = 4712}, {"", "a/b"})
    assert.same({seen = 3, changed = 0, left = 2}, counts)
    assert.same({{path = "a", uid = 0, why = "closed"}, {path = "a/b", uid = 0, why = "closed"}}, named)
    counts = own.ways(base, {uid = 4711, gid = 4712, change = true}, {"", "a/b"})
    assert.same({seen = 3, changed = 2, left = 0}, counts)
    assert.equal(4711, file.stat(base .. "/a/b").uid)
    assert.equal(0, file.stat(base .. "/kept/c").uid)
    assert.error_matches(function() own.ways(base, {uid = 1, gid = 1}, {1}) end, "strings only")
    assert.error_matches(function() own.ways(base, {uid = 1, gid = 1}) end, "table expected")
  end)

  it("names the files that a user cannot use", function()
    os.execute(("chmod 777 %s %s/a %s/kept && chmod 600 %s/a/b"):format(base, base, base, base))
    local walk = assert(own.walk(base, {uid = 4711, gid = 4712}))
    run(walk)
    local counts, named = walk:counts()
    assert.equal(1, counts.left)
    assert.same({{path = "a/b", uid = 0, why = "closed"}}, named)
  end)

  it("closes a secret to others", function()
    support.write(base .. "/key", "x")
    os.execute("chmod 644 " .. base .. "/key")
    assert.is_true(file.give(base, "key", file.stat(base .. "/key").uid, {mode = 384}))
    assert.equal(384, file.stat(base .. "/key").mode)
  end)

  it("reports a missing directory and wrong arguments", function()
    local walk, what, name = own.walk(base .. "/none", {uid = 1, gid = 1})
    assert.is_nil(walk)
    assert.truthy(what:find("none", 1, true))
    assert.equal("ENOENT", name)
    assert.error_matches(function() own.walk(base, {uid = -1, gid = 1}) end, "uid and gid")
    assert.error_matches(function() own.walk(base, {uid = 1, gid = 1, skip = {1}}) end, "strings only")
    local many = {}
    for at = 1, 25 do many[at] = "x" end
    assert.error_matches(function() own.walk(base, {uid = 1, gid = 1, skip = many}) end, "too much")
    walk = assert(own.walk(base, {uid = 0, gid = 0}))
    assert.error_matches(function() walk:step(0) end, "from 1 to")
    getmetatable(walk).__gc(walk)
    assert.error_matches(function() walk:step(1) end, "is closed")
  end)
end)
