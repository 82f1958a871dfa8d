local json = require "dkjson"
local output = require "core.output"
local support = require "run.support"

local KID = [[
  local function kid(script, name)
    local argv = {"/bin/sh", "-c", script}
    assert(core.process.spawn {name = name or "kid", argv = argv, environment = {"PATH=/usr/bin:/bin"}})
  end
]]

local function in_loop(code) return support.in_loop(KID .. code) end

describe("core.output", function()
  it("keeps the last lines of each service, and our own", function()
    local said = in_loop [[
      core.loop.on("exit", function()
        core.log.write("warn", "one\ntwo")
        for _, name in ipairs {"kid", "synlua", "nobody"} do
          say(name, table.concat(core.output.last_lines(name, 2), ","), core.output.last_line(name),
            #core.output.last_lines(name, 100), #core.output.last_lines(name, 0))
        end
        core.loop.stop(0)
      end)
      kid "echo a; echo; printf b"]]
    assert.truthy(said:find("kid ,b b 3 0\n", 1, true), said)
    assert.truthy(said:find("synlua warning: one,  two   two 2 0\n", 1, true), said)
    assert.truthy(said:find("nobody   0 0\n", 1, true), said)
  end)

  it("knows who wrote how many lines in which order, and can be mute", function()
    local said = in_loop [[
      assert(core.output.configure {format = "text", when_blocked = "drop", mute = true})
      core.loop.on("exit", function()
        core.log.write("info", "between")
        local parts = {}
        for at, run in ipairs(core.output.runs()) do parts[at] = run.name .. run.lines end
        say("runs", table.concat(parts, " "), core.output.last_line "kid")
        core.loop.stop(0)
      end)
      kid "echo a; echo b"]]
    assert.truthy(said:find("runs synlua1 kid2 b\n", 1, true), said)
    assert.falsy(said:find("kid | a", 1, true), said)
  end)

  it("counts lines and bytes, of one and of all", function()
    local said = in_loop [[
      core.loop.on("exit", function()
        local one, all, none = core.output.counts "kid", core.output.counts(), core.output.counts "nobody"
        say("counts", one.lines, one.bytes, one.dropped, one.not_in_file, all.lines, none.lines)
        core.loop.stop(0)
      end)
      kid "echo a; printf b"]]
    assert.truthy(said:find("counts 2 4 0 0 2 0\n", 1, true), said)
  end)

  it("gives every line to a follower until the follower is removed", function()
    local said = in_loop [[
      core.output.on_line(function(name, text)
        say("told", name, text)
        if text == "in the follower" then error "a fault" end
        if text == "b" then core.log.write("info", "in the follower") end
        if text:find "a fault" then
          core.output.on_line(nil)
          core.log.write("info", "not followed")
          core.loop.stop(0)
        end
      end)
      kid "echo a; echo b >&2"]]
    for _, line in ipairs {"kid a", "kid b", "synlua in the follower"} do
      assert.truthy(said:find("told " .. line .. "\n", 1, true), said)
    end
    assert.truthy(said:find("told synlua error: [^\n]*: a fault"), said)
    assert.falsy(said:find("told synlua not followed", 1, true), said)
  end)

  it("writes JSON when asked, our own lines too", function()
    local said = in_loop [[
      assert(core.output.configure {format = "json", when_blocked = "drop"})
      core.loop.on("exit", function()
        core.log.write("warn", 'a "b"\n\27')
        core.loop.stop(0)
      end)
      kid "printf 'x\\\\\\377\\n'"]]
    local events = {}
    for line in said:gmatch "[^\n]+" do events[#events + 1] = assert(json.decode(line), line) end
    assert.equal(2, #events)
    for _, event in ipairs(events) do
      assert.truthy(event.ts:match "^20%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", event.ts)
      event.ts = nil
      if event.service == "kid" then
        assert.same({service = "kid", stream = "out", msg = "x\\\u{FFFD}"}, event)
      else
        assert.same({service = "synlua", stream = "err", level = "warning", msg = 'a "b"\n\27'}, event)
      end
    end
  end)

  it("writes files of a service's lines, and opens them anew", function()
    local directory = support.directory()
    local said = in_loop(([[
      local files = {base = %q, path = "logs", uid = false, max_bytes = 1000, max_age_s = 100, keep = 1}
      say(assert(core.output.configure {format = "text", when_blocked = "drop", files = files}) and "configured")
      local log = files.base .. "/logs/kid.log"
      core.loop.on("exit", function(exit)
        if exit.name == "second" then return core.loop.stop(0) end
        say("file", core.file.read(log))
        assert(os.rename(log, log .. ".moved"))
        core.output.reopen()
        kid("echo b", "second")
      end)
      kid "echo a"]]):format(directory))
    assert.truthy(said:find("configured\n", 1, true), said)
    assert.truthy(said:find("file a\n", 1, true), said)
    assert.equal("a\n", support.read(directory .. "/logs/kid.log.moved"))
    assert.equal("b\n", support.read(directory .. "/logs/second.log"))
    support.remove(directory)
  end)

  it("says why there can be no files", function()
    local files = {base = "/proc", path = "logs", max_bytes = 1, max_age_s = 1, keep = 1}
    local ok, message, name = output.configure {format = "text", when_blocked = "drop", files = files}
    assert.is_nil(ok)
    assert.truthy(message:find "^making the directory /proc/logs: ")
    assert.equal("ENOENT", name)
  end)

  it("refuses what makes no sense", function()
    local function wrong(what, text)
      local ok, message = pcall(output.configure, what)
      assert.is_false(ok)
      assert.truthy(message:find(text, 1, true), message)
    end
    wrong(nil, "table expected")
    wrong({}, "string expected")
    wrong({format = "xml", when_blocked = "drop"}, "invalid option 'xml'")
    wrong({format = "text", when_blocked = "fail"}, "invalid option 'fail'")
    wrong({format = "text", when_blocked = "drop", files = "x"}, "table expected")
    local senseless = {base = 1, path = false, max_bytes = 0, max_age_s = 0, keep = -1, uid = -2, gid = 0xffffffff}
    local too_large = {max_age_s = math.maxinteger // 1000 + 1, keep = 1 << 16, uid = 1 << 32, gid = 1 << 32}
    for _, set in ipairs {senseless, too_large} do
      for field, value in pairs(set) do
        local files = {base = "/proc", path = "logs", max_bytes = 1, max_age_s = 1, keep = 1}
        files[field] = value
        wrong({format = "text", when_blocked = "drop", files = files}, "bad argument")
      end
    end
    assert.is_false(pcall(output.last_lines, "a", -1))
    assert.is_false(pcall(output.last_lines, "a"))
    assert.is_false(pcall(output.last_line))
    assert.is_false(pcall(output.counts, {}))
    assert.is_false(pcall(output.on_line, 1))
    for _, words in ipairs {{}, {"a", "/"}, {"a", "/", "b", 1}, {"a", "/", "b", {uid = -2}}, {"a", {}, "b", {}}} do
      assert.is_false(pcall(output.receive, table.unpack(words)))
    end
    for _, texts in ipairs {1, {1}, {{}}, {{1}}, {{"a", 1}}, {{"a", {}}}} do
      assert.is_false(pcall(output.quiet, "a", texts))
    end
  end)

  it("takes the lines of a FIFO for those of a service, in its own file alone", function()
    local directory = support.directory()
    local said = support.in_loop(([[
      local files = {base = %q, path = "logs", only = "access", max_bytes = 1000, max_age_s = 60, keep = 1}
      assert(core.output.configure {format = "json", when_blocked = "drop", files = files})
      say(select(2, core.output.receive("access", files.base .. "/none", "fifo", {})))
      assert(core.output.receive("access", files.base, "fifo", {mute = false, object = true}))
      say(select(2, core.output.receive("access", files.base, "fifo", {})))
      core.output.on_line(function(name, text)
        say("line", name, text)
        if name == "access" then core.loop.stop(0) end
      end)
      local script = "echo own; echo '{\"a\":1}' >" .. files.base .. "/fifo"
      core.process.spawn {name = "kid", argv = {"/bin/sh", "-c", script},
        environment = {}, cwd = "/"}]]):format(directory))
    assert.truthy(said:find("none: No such file or directory", 1, true), said)
    assert.truthy(said:find("the FIFO of the access log is open", 1, true), said)
    assert.truthy(said:find('line access {"a":1}', 1, true), said)
    assert.truthy(said:find('"service":"access","stream":"out","request":{"a":1}}', 1, true), said)
    assert.equal('{"a":1}\n', support.read(directory .. "/logs/access.log"))
    assert.is_false(support.exists(directory .. "/logs/kid.log"))
    support.remove(directory)
  end)

  it("returns how many lines the former texts left out", function()
    assert.equal(0, output.quiet("nobody", {{"a"}, {"b", "c"}}))
    assert.equal(0, output.quiet("nobody", {}))
  end)
end)
