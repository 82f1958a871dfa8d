local support = require "run.support"

-- What each function gets besides good arguments; nothing here may start, write or stop anything.
local NOWHERE = "/nonexistent/x"
local WRONG = {
  {}, {{}}, {true}, {false}, {print}, {io.stdout}, {coroutine.create(print)}, {{}, {}}, {print, print},
  {NOWHERE, {}}, {{}, NOWHERE}, {NOWHERE, print, {}}, {{}, {}, {}}, {NOWHERE, NOWHERE, print},
  {setmetatable({}, {__index = math.abs})},
}

local MODULES = {"control", "file", "log", "loop", "probe", "process", "serve", "system", "usage"}
-- Fine without arguments, or with any string first.
local TAKES_ANY = {
  ["control.release_signals"] = true, ["loop.call"] = true, ["process.cancel"] = true,
  ["system.environment"] = true, ["system.give_back"] = true, ["system.identity"] = true, ["system.now"] = true,
  ["system.versions"] = true,
  ["usage.own"] = true, ["usage.of_all"] = true, -- of none
}
-- What is not there is removed already, and free.
local CONTENT = {["file.remove"] = true, ["file.remove_tree"] = true, ["system.socket_is_free"] = true}

local function descriptors()
  collectgarbage()
  collectgarbage()
  local count = 0 -- not by a child: it may look before our end of its pipe is closed
  for _ in pairs(assert(require "core.file".list("/proc/self", "fd"))) do count = count + 1 end
  return count
end

local function each_function(visit)
  for _, module in ipairs(MODULES) do
    for name, fn in pairs(require("core." .. module)) do visit(module .. "." .. name, fn) end
  end
end

local function feed(name, fn)
  for _, arguments in ipairs(WRONG) do
    local ok, result, what, code = pcall(fn, table.unpack(arguments))
    if ok then -- a string was enough: then it is a fault of the host, as a triple
      local fine = TAKES_ANY[name] or result == "" or (CONTENT[name] and result == true)
        or (result == nil and type(what) == "string" and code:match "^E%u+$")
      assert(fine, ("%s took wrong arguments"):format(name))
    else
      assert(result:find "bad argument", ("%s: %s"):format(name, result))
    end
  end
end

describe("every binding", function()
  it("raises at wrong arguments and leaks nothing", function()
    each_function(feed)
    local before = descriptors()
    local memory = collectgarbage "count"
    for _ = 1, 50 do each_function(feed) end
    assert.equal(before, descriptors())
    assert.is_true(collectgarbage "count" < memory + 256)
  end)
end)

describe("the Lua state", function()
  it("searches only our own directories and loads no C modules but ours", function()
    local output = support.in_loop [[
      for entry in package.path:gmatch "[^;]+" do assert(entry:sub(1, 1) == "/", entry) end
      say(package.cpath == "" and "none" or package.cpath)
      say(tostring(package.path:find(package.home .. "/lua/?.lua", 1, true) == 1))
      core.loop.stop(0)]]
    assert.equal("none\ntrue\n", output)
  end)

  it("goes on after a fault in each kind of handler", function()
    local output, status = support.in_loop [[
      core.loop.on("signal", function()
        assert(core.process.spawn {name = "kid", argv = {"/bin/true"}, environment = {}})
        error "in signal"
      end)
      core.loop.on("exit", function()
        core.kept = core.loop.timer(1, function() core.loop.stop(4) end)
        error "in exit"
      end)
      core.loop.on("stopping", function() error "in stopping" end)
      os.execute("kill -HUP " .. core.system.identity().pid)]]
    for _, where in ipairs {"in signal", "in exit"} do assert.truthy(output:find(where, 1, true), output) end
    assert.equal(4, status)
  end)

  it("ends by a signal though the handler of the stop raises", function()
    local output, status = support.in_loop [[
      core.loop.on("stopping", function() error "in stopping" end)
      os.execute("kill -TERM " .. core.system.identity().pid)]]
    assert.truthy(output:find("in stopping", 1, true))
    assert.equal(0, status)
  end)

  it("ends what runs for too long, in a coroutine too, and goes on", function()
    local output, status = support.in_loop [[
      core.loop.limit(50)
      core.a = core.loop.timer(1, function()
        coroutine.wrap(function() while true do end end)()
      end)
      core.b = core.loop.timer(300, function()
        say("alive")
        while true do pcall(function() while true do end end) end
      end)
      core.c = core.loop.timer(600, function() core.loop.stop(7) end)]]
    assert.equal(2, select(2, output:gsub("ran for more than 50 ms: ended\n", "")), output)
    assert.truthy(output:find("alive\n", 1, true))
    assert.equal(7, status)
  end)

  it("ends nothing where no limit was set", function()
    local output, status = support.in_loop [[
      core.a = core.loop.timer(1, function()
        local ends = os.clock() + 0.3
        while os.clock() < ends do end
        core.loop.limit(50)
        core.loop.limit(0)
        while os.clock() < ends + 0.3 do end
        core.loop.stop(8)
      end)]]
    assert.equal("", output)
    assert.equal(8, status)
  end)
end)
