local support = require "run.support"
local system = require "core.system"
local usage = require "core.usage"

-- What leads a session of its own, with a child; its pid is added to the file "escaped".
local ESCAPE = [[setsid sh -c "echo \$\$ >>{directory}/escaped; sleep 100 & wait"]]

-- A session for each command of a shell, which gives its pid; they last until the end of the test.
local function session_of(...)
  local directory = support.directory()
  local pids = {}
  for at, command in ipairs {...} do
    local path = ("%s/%d"):format(directory, at)
    -- By echo alone: a command that moved the file would still be there.
    os.execute(("setsid sh -c '%s echo $$ >%s; wait' >/dev/null 2>&1 &"):format(
      command:gsub("{directory}", directory), path))
    pids["s" .. at] = assert(support.poll(support.LONG, function() return tonumber(support.read(path)) end))
  end
  finally(function()
    for pid in support.read(directory .. "/escaped"):gmatch "%d+" do pids[#pids + 1] = pid end
    for _, pid in pairs(pids) do os.execute(("kill -KILL -%d 2>/dev/null"):format(pid)) end
    support.remove(directory)
  end)
  return pids
end

-- Sessions of `sleep`, each with a child of its own.
local function sessions(count)
  local commands = {}
  for at = 1, count do commands[at] = "sleep 100 &" end
  return session_of(table.unpack(commands))
end

local function of(pid, with_pss)
  return usage.of_all({it = pid}, with_pss).it
end

-- What these processes are together, once there are so many.
local function processes(pid, count)
  support.poll(support.LONG, function() return of(pid).processes == count end)
  return of(pid).processes
end

describe("core.usage", function()
  it("sums the usage of a session", function()
    local pid = sessions(1).s1
    local used = of(pid, true)
    assert.equal(2, used.processes)
    assert.equal(2, used.threads)
    assert.equal("float", math.type(used.cpu_s))
    assert.is_true(used.cpu_s >= 0 and used.cpu_s < 5)
    for _, field in ipairs {"rss", "pss", "fds"} do
      assert.equal("integer", math.type(used[field]))
      assert.is_true(used[field] > 0, field)
    end
    assert.is_true(used.pss < used.rss)
  end)

  it("counts descendants that left the session, as PostgreSQL's backends do", function()
    local pid = session_of("sleep 100 & " .. ESCAPE .. " &").s1
    assert.equal(4, processes(pid, 4))
  end)

  it("counts an orphan by its session, and leaves it out if it has another session", function()
    local pid = session_of("(sleep 100 &); (" .. ESCAPE .. " &); sleep 100 &").s1
    assert.equal(3, processes(pid, 3))
  end)

  it("counts a descendant for the nearest of several", function()
    local outer = session_of("sleep 100 & " .. ESCAPE .. " &").s1
    assert.equal(4, processes(outer, 4))
    local children = support.capture(("ps -o pid=,sid= --ppid %d"):format(outer))
    local inner
    for pid, session in children:gmatch "(%d+)%s+(%d+)" do inner = pid == session and tonumber(pid) or inner end
    local all = usage.of_all {outer = outer, inner = inner}
    assert.equal(2, all.outer.processes)
    assert.equal(2, all.inner.processes)
  end)

  it("returns the proportional size only on request", function()
    local pid = sessions(1).s1
    assert.is_nil(usage.of_all({a = pid}).a.pss)
    assert.is_nil(usage.own().pss)
    assert.is_true(usage.of_all({a = pid}, true).a.pss > 0)
    assert.is_true(usage.own(true).pss > 0)
  end)

  it("returns the usage of several services by name, without those that have no process", function()
    local pids = sessions(3)
    pids.gone = 0x7ffffff0
    local all = usage.of_all(pids)
    for _, name in ipairs {"s1", "s2", "s3"} do assert.equal(2, all[name].processes) end
    assert.is_nil(all.gone)
    assert.same({}, usage.of_all {})
  end)

  it("knows its own process alone", function()
    local own = usage.own()
    assert.equal(1, own.processes)
    local status = support.read(("/proc/%d/status"):format(system.identity().pid))
    assert.equal(tonumber(status:match "\nThreads:%s*(%d+)"), own.threads)
    assert.is_true(own.fds >= 3)
  end)

  it("refuses an invalid process id", function()
    for _, wrong in ipairs {0, -1, math.maxinteger, math.mininteger} do
      assert.error_matches(function() usage.of_all {a = wrong} end, "is no process id")
    end
    for _, wrong in ipairs {1.5, "x", {}} do
      assert.error_matches(function() usage.of_all {wrong} end, "must hold process ids")
    end
    assert.error_matches(function() usage.of_all() end, "table expected")
    local many = {}
    for at = 1, 4097 do many[at] = 1 end
    assert.error_matches(function() usage.of_all(many) end, "more than 4096")
  end)
end)
