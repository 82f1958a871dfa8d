-- core.watch: changes in directories.

local support = require "run.support"
local watch = require "core.watch"

local directory

-- Runs code in the loop; `step` of it is called 200 ms after each change that is told, and at the start.
local function in_loop(names, steps)
  return (support.in_loop(([[
    local at, told, steps = 0, 0, {%s}
    local function step()
      at = at + 1
      if not steps[at] then return core.loop.stop(0) end
      steps[at]()
      core.next = core.loop.timer(200, function()
        say(told)
        told = 0
        step()
      end)
    end
    core.watch_kept = assert(core.watch.open(%q, {%s}, function() told = told > 0 and 1 or told + 1 end))
    step()]]):format(steps:gsub("DIR", directory), directory, names)))
end

describe("core.watch", function()
  before_each(function() directory = support.directory() end)
  after_each(function() support.remove(directory) end)

  it("tells of files of the given names that are made, written, replaced, linked anew or removed", function()
    assert.equal(("1\n"):rep(6), in_loop('"a", "b"', [[
      function() os.execute "echo 1 >DIR/a" end, function() os.execute "echo 2 >>DIR/a" end,
      function() os.execute "echo 3 >DIR/x; mv DIR/x DIR/a" end, function() os.execute "ln -s a DIR/b" end,
      function() os.execute "ln -s c DIR/n; mv -T DIR/n DIR/b" end, function() os.execute "rm DIR/b" end]]))
  end)

  it("says nothing of other names, and nothing after a close", function()
    assert.equal("0\n0\n", in_loop('"a"', [[
      function() os.execute "echo 1 >DIR/other; mkdir DIR/ab; rm DIR/other" end,
      function() core.watch_kept:close(); core.watch_kept:close(); os.execute "echo 1 >DIR/a" end]]))
  end)

  it("tells that the directory itself is gone, by its own name", function()
    assert.equal("1\n", in_loop(("%q"):format(directory:match "[^/]+$"), [[
      function() os.execute "rmdir DIR" end]]))
    assert(os.execute("mkdir " .. directory))
  end)

  it("may be closed by its own function", function()
    assert.equal("closed\n", (support.in_loop(([[
      core.kept = assert(core.watch.open(%q, {"a"}, function()
        core.kept:close()
        say "closed"
        core.next = core.loop.timer(100, function() core.loop.stop(0) end)
      end))
      core.first = core.loop.timer(1, function() os.execute "echo 1 >%s/a; echo 2 >%s/a" end)]]):format(directory,
        directory, directory))))
  end)

  it("says why a directory cannot be watched, and where a link leads", function()
    local none, why, name = watch.open(directory .. "/none", {}, print)
    assert.is_nil(none)
    assert.equal("ENOENT", name)
    assert.matches("watching " .. directory:gsub("%p", "%%%0") .. "/none: no such file", why)
    assert(os.execute(("ln -s ../x/y %s/link"):format(directory)))
    assert.equal("../x/y", watch.link(directory .. "/link"))
    assert.equal("EINVAL", select(3, watch.link(directory)))
    assert.equal("ENOENT", select(3, watch.link(directory .. "/none")))
    assert.error(function() watch.open(directory, {}) end)
    assert.error(function() watch.open(directory, {{}}, print) end)
  end)
end)
