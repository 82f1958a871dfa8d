local process = require "core.process"
local support = require "run.support"

-- Spawns with these fields, prints how the process ended, and stops.
local function spawned(fields)
  return (support.in_loop(([[
    core.loop.on("exit", function(exit)
      say("end", exit.kind, exit.code, tostring(exit.signal), core.output.last_line(exit.name))
      core.loop.stop(0)
    end)
    local pid, what, name = core.process.spawn {name = "kid", %s}
    if not pid then
      say("refused", what, name)
      core.loop.stop(0)
    end]]):format(fields)))
end

local function shell(script, more)
  return spawned(([[argv = {"/bin/sh", "-c", %q}, environment = {"PATH=/usr/bin:/bin", "WORD=a=b"}, %s]])
    :format(script, more or ""))
end

describe("core.process.spawn", function()
  it("runs a program with exactly this environment, in this directory, and reports its end", function()
    assert.truthy(shell('echo "$WORD $PWD"; exit 3', 'cwd = "/usr"'):find("end exit 3 nil a=b /usr\n", 1, true))
    assert.truthy(shell("kill -USR1 $$"):find("end signal 10 SIGUSR1", 1, true))
  end)

  it("drops to uid and gid, keeps no group, and cannot come back", function()
    local output = shell("id -u; id -g; id -G; grep NoNewPrivs /proc/self/status", "uid = 991, gid = 33")
    assert.truthy(output:find("kid | 991\nkid | 33\nkid | 33\nkid | NoNewPrivs:\t1\n", 1, true), output)
  end)

  it("lets the user open stdout and stderr by name, as programs do with a log file", function()
    local output = shell("echo one >>/dev/stdout; echo two >>/dev/stderr", "uid = 991, gid = 33")
    assert.truthy(output:find("kid | one\n", 1, true) and output:find("kid | two\n", 1, true), output)
  end)

  it("sets limits, umask and session", function()
    local output = shell("ulimit -n; umask; cat /proc/self/oom_score_adj; ls /proc/self/fd | tr '\\n' ' '",
      "open_files = 77, oom_score_adj = 123")
    assert.truthy(output:find("kid | 77\nkid | 0027\nkid | 123\nkid | 0 1 2 3 ", 1, true), output)
  end)

  it("says which step failed", function()
    assert.equal("refused exec of /nonexistent/x: No such file or directory ENOENT\n",
      spawned 'argv = {"/nonexistent/x"}, environment = {}')
    assert.equal("refused exec of /etc/passwd: Permission denied EACCES\n",
      spawned 'argv = {"/etc/passwd"}, environment = {}')
    assert.equal("refused working directory of /bin/true: No such file or directory ENOENT\n",
      spawned 'argv = {"/bin/true"}, environment = {}, cwd = "/nonexistent"')
  end)

  it("refuses a second child of one name, and any while everything stops", function()
    local output = support.in_loop [[
      local spec = {name = "kid", argv = {"/bin/sleep", "100"}, environment = {}}
      assert(core.process.spawn(spec))
      say(table.unpack({core.process.spawn(spec)}, 2, 3))
      core.loop.stop(0)
      spec.name = "other"
      say(table.unpack({core.process.spawn(spec)}, 2, 3))]]
    assert.truthy(output:find("kid runs already EEXIST\n", 1, true), output)
    assert.truthy(output:find("everything is stopping ECANCELED\n", 1, true), output)
  end)

  it("refuses specifications that make no sense", function()
    local function refuses(message, fields)
      local spec = {name = "kid", argv = {"/bin/true"}, environment = {}}
      for name, value in pairs(fields) do spec[name] = value end
      assert.error_matches(function() process.spawn(spec) end, message)
    end
    refuses("at most 63 bytes", {name = ("n"):rep(64)})
    refuses("argv is empty", {argv = {}})
    refuses("must be lists", {argv = "x"})
    refuses("must be lists", {environment = 1})
    refuses("strings only", {argv = {"/bin/true", 1}})
    refuses("strings only", {environment = {{}}})
    local many = {}
    for at = 1, 16385 do many[at] = "x" end
    refuses("more than 16384", {argv = many})
    refuses("stage must not be negative", {stage = -1})
    refuses("oom_score_adj must be", {oom_score_adj = -1001})
    refuses("oom_score_adj must be", {oom_score_adj = 1 << 32})
    refuses("stage must be 0 to 2147483647", {stage = 1 << 32})
    refuses("grace_ms must not be negative", {grace_ms = -1})
    refuses("open_files must not be negative", {open_files = -1})
    refuses("oom_score_adj must be %-1000 to 1000", {oom_score_adj = (1 << 32) + 1})
    for _, id in ipairs {1 << 32, (1 << 32) - 1, -2} do
      refuses("uid and gid must be from 0 to 4294967294", {uid = id})
      refuses("uid and gid must be from 0 to 4294967294", {gid = id})
      assert.error_matches(function() process.exec {argv = {"/x"}, environment = {}, uid = id} end,
        "uid and gid must be from 0")
    end
    refuses("unknown signal name", {stop_signal = "SIGTERM"})
    refuses("number expected", {uid = {}})
    refuses("number expected", {grace_ms = "soon"})
    refuses("string expected", {cwd = {}})
    refuses("argv is empty", {argv = setmetatable({}, {__len = function() return -1 end})})
    assert.error_matches(function() process.spawn {argv = {"/bin/true"}, environment = {}} end, "needs a name")
  end)
end)

describe("core.process", function()
  it("signals a living child by name, and says if there is none", function()
    local output = support.in_loop [[
      core.loop.on("exit", function(exit)
        say(exit.signal, tostring(core.process.signal("kid", "TERM")))
        core.loop.stop(0)
      end)
      assert(core.process.spawn {name = "kid", argv = {"/bin/sleep", "100"}, environment = {}})
      say(tostring(core.process.signal("kid", "KILL")), tostring(core.process.signal("other", "TERM")))]]
    assert.equal("true false\nSIGKILL false\n", output)
    assert.error_matches(function() process.signal("kid", "LOUD") end, "unknown signal name")
  end)

  it("becomes another program", function()
    local output, status = support.in_loop [[
      core.process.exec {argv = {"/bin/sh", "-c", "id -u; echo $A; exit 9"},
        environment = {"A=b", "PATH=/bin:/usr/bin"}, uid = 991, gid = 33}]]
    assert.equal("991\nb\n", output)
    assert.equal(9, status)
    assert.equal("nil exec of /nonexistent/x: No such file or directory ENOENT\n", (support.in_loop [[
      local result, what, name = core.process.exec {argv = {"/nonexistent/x"}, environment = {}}
      say(tostring(result), what, name)
      core.loop.stop(0)]]))
    assert.error_matches(function() process.exec {argv = {}, environment = {}} end, "argv is empty")
  end)

  it("listens for notifications and gives those of children as they were sent", function()
    local output = support.in_loop(([[
      local path = core.home .. "/notify"
      assert(core.process.listen(path))
      say(core.file.stat(path).kind)
      core.loop.on("notify", function(...)
        say("notify", ...)
        core.process.signal("kid", "TERM") -- who has ended before it is heard belongs to nobody
      end)
      core.loop.on("exit", function() core.loop.stop(0) end)
      assert(core.process.spawn {name = "kid", argv = {%q, "-I", %q, "ready"},
        environment = {"NOTIFY_SOCKET=" .. path}})]]):format(support.PYTHON, support.FAKES .. "/service.py"))
    assert.equal("socket\nnotify kid STATUS=up\nREADY=1\n\n", output)
  end)

  it("says why it cannot listen", function()
    local ok, what, name = process.listen("/" .. ("s"):rep(108))
    assert.is_nil(ok)
    assert.truthy(what:find "at most 107 bytes")
    assert.equal("ENAMETOOLONG", name)
    name = select(3, process.listen "/nonexistent/socket")
    assert.equal("ENOENT", name)
    assert.equal("nil EALREADY\n", (support.in_loop [[
      assert(core.process.listen(core.home .. "/notify"))
      local again, _, why = core.process.listen(core.home .. "/other")
      say(tostring(again), why)
      core.loop.stop(0)]]))
  end)
end)

describe("core.process.fork", function()
  local function refused(words)
    return (support.in_loop(([[
      say("refused", tostring(pcall(core.process.fork, %s)))
      say("refused", select(2, pcall(core.process.fork, %s)))
      core.loop.stop(0)]]):format(words, words)))
  end

  it("is refused where there is no fork server", function()
    local output = support.in_loop([[
      local ok, what, name = core.process.fork({name = "kid", argv = {"/bin/true"}, environment = {}}, 1000)
      say("refused", tostring(ok), what, name)
      core.process.cancel "kid"
      core.loop.stop(0)]])
    assert.truthy(output:find("refused nil no fork server runs ECONNRESET", 1, true), output)
  end)

  it("raises for an invalid process or an invalid time", function()
    assert.truthy(refused("{}, 1000"):find("needs a name", 1, true))
    assert.truthy(refused('{name = "kid", argv = {}, environment = {}}, 1000'):find("argv is empty", 1, true))
    local no_time = refused '{name = "kid", argv = {"/bin/true"}, environment = {}}, 0'
    assert.truthy(no_time:find("must be positive", 1, true))
    assert.truthy(refused("7, 1000"):find("table expected", 1, true))
  end)

  it("uses the process that was started as the fork server, and fails when that has ended", function()
    local output = support.in_loop([[
      core.loop.on("forked", function(name, pid, what, errno)
        say("forked", name, tostring(pid), what, errno)
        core.loop.stop(0)
      end)
      assert(core.process.spawn {name = "server", argv = {"/bin/sleep", "1000"}, environment = {}, fork_server = true})
      assert(core.process.fork({name = "kid", argv = {"/bin/true"}, environment = {}}, 60000))
      core.process.signal("server", "KILL")]])
    assert.truthy(output:find("forked kid nil fork server: it has gone ECONNRESET", 1, true), output)
  end)
end)
