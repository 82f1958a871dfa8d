local support = require "run.support"
local system = require "core.system"
local usage = require "core.usage"

-- Sessions of `sleep`, each with a child of its own, until they are closed.
local function sessions(count)
  local directory = support.directory()
  local pids = {}
  for at = 1, count do
    local path = directory .. "/" .. at
    -- By echo alone: a command that moved the file would still be there.
    os.execute(("setsid sh -c 'sleep 100 & echo $$ >%s; wait' >/dev/null 2>&1 &"):format(path))
    pids["s" .. at] = assert(support.poll(support.LONG, function() return tonumber(support.read(path)) end))
  end
  finally(function()
    for _, pid in pairs(pids) do os.execute(("kill -KILL -%d 2>/dev/null"):format(pid)) end
    support.remove(directory)
  end)
  return pids
end

describe("core.usage", function()
  it("sums what a session uses", function()
    local pid = sessions(1).s1
    local used = usage.of(pid, true)
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

  it("tells the proportional size only when asked", function()
    local pid = sessions(1).s1
    assert.is_nil(usage.of(pid).pss)
    assert.is_nil(usage.of_all({a = pid}).a.pss)
    assert.is_nil(usage.own().pss)
    assert.is_true(usage.of_all({a = pid}, true).a.pss > 0)
    assert.is_true(usage.own(true).pss > 0)
  end)

  it("tells several by name, without those of which nothing lives", function()
    local pids = sessions(3)
    pids.gone = 0x7ffffff0
    local all = usage.of_all(pids)
    for _, name in ipairs {"s1", "s2", "s3"} do assert.equal(2, all[name].processes) end
    assert.is_nil(all.gone)
    assert.is_nil(usage.of(0x7ffffff0))
    assert.same({}, usage.of_all {})
  end)

  it("knows its own process alone", function()
    local own = usage.own()
    assert.equal(1, own.processes)
    local status = support.read(("/proc/%d/status"):format(system.identity().pid))
    assert.equal(tonumber(status:match "\nThreads:%s*(%d+)"), own.threads)
    assert.is_true(own.fds >= 3)
  end)

  it("refuses what is no process id", function()
    for _, wrong in ipairs {0, -1, math.maxinteger, math.mininteger} do
      assert.error_matches(function() usage.of(wrong) end, "is no process id")
      assert.error_matches(function() usage.of_all {a = wrong} end, "is no process id")
    end
    for _, wrong in ipairs {1.5, "x", {}} do
      assert.error_matches(function() usage.of(wrong) end, "must hold process ids")
      assert.error_matches(function() usage.of_all {wrong} end, "must hold process ids")
    end
    assert.error_matches(function() usage.of() end, "must hold process ids")
    assert.error_matches(function() usage.of_all() end, "table expected")
    local many = {}
    for at = 1, 4097 do many[at] = 1 end
    assert.error_matches(function() usage.of_all(many) end, "more than 4096")
  end)
end)
