-- A reading takes as many ms as `cost` says. `reads` names the services that were read, in order.
local now, cost, bytes, reads

package.loaded["core.system"] = {now = function() return now end}
package.loaded["core.usage"] = {of_all = function(pids)
  local found = {}
  for name, pid in pairs(pids) do
    reads[#reads + 1] = name
    now = now + cost
    found[name] = bytes[pid] and {pss = bytes[pid]}
  end
  return found
end, own = function()
  reads[#reads + 1] = "own"
  now = now + cost
  return {pss = 7}
end}
package.loaded["processes.memory"] = nil
local memory = require "processes.memory"
for _, name in ipairs {"core.system", "core.usage", "processes.memory"} do package.loaded[name] = nil end

describe("proportional memory", function()
  before_each(function()
    now, cost, bytes, reads = now and now + 100000 or 0, 10, {[2] = 200, [3] = 300}, {}
    memory.of_services {}
    reads = {}
  end)

  it("is read at once, and again after four thousand times as long as it took", function()
    assert.same({a = 200}, memory.of_services {a = 2})
    bytes[2] = 250
    now = now + 39999
    assert.same({a = 200}, memory.of_services {a = 2})
    now = now + 1
    assert.same({a = 250}, memory.of_services {a = 2})
    assert.same({"a", "a"}, reads)
  end)

  it("is kept for a minute at most", function()
    cost = 500
    memory.of_services {a = 2}
    now = now + 59999
    memory.of_services {a = 2}
    now = now + 1
    memory.of_services {a = 2}
    assert.same({"a", "a"}, reads)
  end)

  it("of a process that took the place of another is read at once, and no other", function()
    memory.of_services {a = 2, b = 3}
    reads, bytes[4] = {}, 400
    assert.same({a = 400, b = 300}, memory.of_services {a = 4, b = 3})
    assert.same({"a"}, reads)
  end)

  it("is unknown for what has ended or may not be looked at", function()
    memory.of_services {a = 2, b = 3}
    assert.same({a = 200}, memory.of_services {a = 2})
    assert.same({}, memory.of_services {c = 9})
  end)

  it("of synlua itself is kept too", function()
    now = now + 100000
    assert.equal(7, memory.own())
    assert.equal(7, memory.own())
    assert.same({"own"}, reads)
  end)
end)
