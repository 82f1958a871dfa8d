local support = require "run.support"

-- Wrong arguments for each function. None of them may start, write or stop anything.
local NOWHERE = "/nonexistent/x"
local WRONG = {
  {}, {{}}, {true}, {false}, {print}, {io.stdout}, {coroutine.create(print)}, {{}, {}}, {print, print},
  {NOWHERE, {}}, {{}, NOWHERE}, {NOWHERE, print, {}}, {{}, {}, {}}, {NOWHERE, NOWHERE, print},
  {setmetatable({}, {__index = math.abs})},
}

local MODULES = {"control", "file", "log", "loop", "probe", "process", "serve", "system", "usage"}
-- Fine without arguments, or with any string first.
local TAKES_ANY = {
  ["loop.call"] = true, ["process.cancel"] = true,
  ["system.environment"] = true, ["system.give_back"] = true, ["system.identity"] = true, ["system.now"] = true,
  ["system.versions"] = true,
  ["usage.own"] = true, ["usage.of_all"] = true, -- of none
  ["log.plain"] = true, -- any text
  ["process.running"] = true, -- of no service
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
  it("searches only synlua's directories and loads no other C modules", function()
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

  it("ends by a signal with its number if the stop is an interruption", function()
    local output, status = support.in_loop [[
      core.loop.on("stopping", function() say "stopping" end)
      core.loop.on("interrupted", function() say "interrupted" end)
      os.execute("kill -TERM " .. core.system.identity().pid)]]
    assert.truthy(output:find("stopping\ninterrupted\n", 1, true), output)
    assert.equal(143, status)
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

-- Code that begins to run after the limit of 50 ms was set; the program ends with 7 when it was cut short.
local function limited(before, code)
  local output, status = support.in_loop(before .. [[

    core.loop.limit(50)
    core.a = core.loop.timer(1, function() ]] .. code .. [[ end)
    core.b = core.loop.timer(300, function() core.loop.stop(7) end)]])
  assert.truthy(output:find("ran for more than 50 ms: ended", 1, true), output)
  assert.equal(7, status)
end

describe("the limit of a call", function()
  it("holds for a coroutine that was made before", function()
    limited("local co = coroutine.create(function() while true do end end)", "assert(coroutine.resume(co))")
    limited("local co = coroutine.wrap(function() while true do end end)", "co()")
    limited([[local co = coroutine.create(function()
      local last <close> = setmetatable({}, {__close = function() while true do end end})
      coroutine.yield()
    end)
    coroutine.resume(co)]], "assert(coroutine.close(co))")
  end)

  it("holds for coroutines within coroutines that catch every error", function()
    limited("", [[
      local function spin(depth)
        if depth == 0 then while true do end end
        while true do coroutine.resume(coroutine.create(spin), depth - 1) end
      end
      spin(3)]])
  end)

  it("holds for finalizers", function()
    local spins = "{__gc = function() while true do end end}"
    limited("", ("setmetatable({}, %s) collectgarbage()"):format(spins))
    limited("", ("debug.setmetatable({}, %s) collectgarbage()"):format(spins))
  end)

  it("cannot be taken away", function()
    assert.is_nil(debug.sethook)
    assert.is_nil(debug.getregistry)
  end)
end)

describe("a finalizer", function()
  it("gets its object, also where several have one metatable", function()
    local seen = {}
    local meta = {__gc = function(object) seen[#seen + 1] = object.name end}
    for _, name in ipairs {"a", "b"} do setmetatable({name = name}, meta) end
    collectgarbage()
    table.sort(seen)
    assert.same({"a", "b"}, seen)
  end)

  it("that fails is logged", function()
    local output, status = support.in_loop [[
      setmetatable({}, {__gc = function() error "in a finalizer" end})
      collectgarbage()
      setmetatable({}, {__gc = function() coroutine.yield() end})
      collectgarbage()
      core.loop.stop(3)]]
    assert.truthy(output:find("error: .*check.lua:%d+: in a finalizer\n"), output)
    assert.truthy(output:find("error: finalizer: it yielded\n", 1, true), output)
    assert.equal(3, status)
  end)
end)

describe("coroutines", function()
  it("are as Lua has them", function()
    local co = coroutine.create(function(a, b)
      local c = coroutine.yield(a + b)
      error("no " .. c, 0)
    end)
    assert.same({true, 3}, {coroutine.resume(co, 1, 2)})
    assert.same({false, "no x"}, {coroutine.resume(co, "x")})
    assert.same({false, "cannot resume dead coroutine"}, {coroutine.resume(co)})
    local next_one = coroutine.wrap(function(...)
      for at = 1, select("#", ...) do coroutine.yield(at, (select(at, ...))) end
      error {}
    end)
    assert.same({1, "a"}, {next_one("a", "b")})
    assert.same({2, "b"}, {next_one()})
    assert.is_table(select(2, pcall(next_one)))
    local _, message = pcall(function() next_one() end)
    assert.truthy(message:find "vm_spec.lua:%d+: cannot resume dead coroutine$", message)
    assert.error_matches(function() coroutine.resume(1) end, "bad argument #1 to 'resume' %(%a+ expected")
    assert.error_matches(function() coroutine.wrap(1) end, "function expected")
    assert.is_true(coroutine.close(coroutine.create(print)))
  end)
end)

describe("memory", function()
  local BIG = "local big = ('x'):rep(1 << 16):rep(1 << 10)\n" -- 64 MB
  local MORE = BIG .. "for at = 1, 10 do core[at] = big .. at end"

  it("has a limit: a call that exceeds it fails, and the program goes on", function()
    local output, status = support.in_loop(([[
      core.c = core.loop.timer(1, function()
        %s
      end)
      core.d = core.loop.timer(50, function()
        for at = 1, 10 do core[at] = nil end
        local text = ("x"):rep(1 << 20)
        for _ = 1, 7 do text = text .. text end
        core.loop.stop(#text == 1 << 27 and 7 or 8)
      end)]]):format(MORE))
    assert.truthy(output:find("error: Lua needed more than 512 MB", 1, true), output)
    assert.equal(1, select(2, output:gsub("512 MB", "")), output)
    assert.equal(7, status)
  end)

  it("is reported although the script catches the error", function()
    local output, status = support.in_loop(([[
      core.c = core.loop.timer(1, function()
        say(tostring(select(2, pcall(function() %s end))))
        say(select(2, pcall(string.rep, "x", 600 << 20)))
        core.loop.stop(7)
      end)]]):format(MORE))
    assert.equal(2, select(2, output:gsub("not enough memory\n", "")), output)
    assert.truthy(output:find("error: Lua needed more than 512 MB", 1, true), output)
    assert.equal(7, status)
  end)

  it("is given back by collecting before anything fails", function()
    local output, status = support.in_loop(([[
      collectgarbage "stop"
      core.c = core.loop.timer(1, function()
        %s for at = 1, 10 do local text = big .. at end
        core.loop.stop(7)
      end)]]):format(BIG))
    assert.equal("", output)
    assert.equal(7, status)
  end)
end)

describe("os.exit", function()
  it("ends a program that has started nothing at once, as Lua does", function()
    for code, status in pairs {[""] = 0, ["true"] = 0, ["false"] = 1, ["5"] = 5} do
      assert.equal(status, select(2, support.in_loop(("os.exit(%s)"):format(code))))
    end
  end)

  it("ends the children first once there are any, and then with its status", function()
    local output, status = support.in_loop [[
      core.loop.on("exit", function(how) say("end", how.kind, how.code) end)
      assert(core.process.spawn {name = "kid", environment = {},
        argv = {"/bin/sh", "-c", "trap 'exit 9' TERM; : >" .. core.home .. "/up; sleep 100 & wait"}})
      local function look()
        if core.file.stat(core.home .. "/up") then os.exit(5) end
        core.a = core.loop.timer(10, look)
      end
      look()]]
    assert.truthy(output:find("end exit 9\n", 1, true), output)
    assert.truthy(output:find("check.lua:%d+: os.exit%(5%): stopping"), output)
    assert.equal(5, status)
  end)

  it("is no fault of the file where the command itself asks for it", function()
    local output, status = support.in_loop [[
      assert(core.process.spawn {name = "kid", argv = {"/bin/sleep", "100"}, environment = {}})
      os.exit(5)]]
    assert.truthy(output:find "check.lua:%d+: os.exit%(5%): stopping", output)
    assert.is_nil(output:find("problem", 1, true), output)
    assert.is_nil(output:find("again", 1, true), output)
    assert.equal(5, status)
  end)

  it("is a stop also where nothing is alive for the moment", function()
    local output, status = support.in_loop [[
      core.loop.on("stopping", function() say "told" end)
      core.a = core.loop.timer(1, function() os.exit(false) end)]]
    assert.truthy(output:find("os.exit(1): stopping", 1, true), output)
    assert.equal(1, status)
  end)
end)
