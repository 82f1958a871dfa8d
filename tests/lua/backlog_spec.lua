local backlog = require "control.backlog"

local KEPT = {a = {"a1", "a2", "a3"}, b = {"b1", "b2"}, synlua = {"s1"}}
local RUNS = {{name = "a", lines = 1}, {name = "b", lines = 2}, {name = "synlua", lines = 1}, {name = "a", lines = 2}}

local function last(name, n)
  local lines = KEPT[name]
  return {table.unpack(lines, math.max(1, #lines - n + 1))}
end

local function shown(runs, names, n)
  local texts = {}
  for at, one in ipairs(backlog.lines(runs, names, n, last)) do
    assert.equal(one.name:sub(1, 1), one.line:sub(1, 1))
    texts[at] = one.line
  end
  return table.concat(texts, " ")
end

describe("the last lines of several services", function()
  it("are in the order in which they were written", function()
    assert.equal("a1 a2 s1 b1 b2 a3", shown(RUNS, {a = true, b = true, synlua = true}, 50))
  end)

  it("are as many as asked for, the newest, also from the middle of a run", function()
    assert.equal("b2 a3", shown(RUNS, {a = true, b = true, synlua = true}, 2))
    assert.equal("a2 s1 b1 b2 a3", shown(RUNS, {a = true, b = true, synlua = true}, 5))
    assert.equal("", shown(RUNS, {a = true}, 0))
  end)

  it("are only those of the services asked for", function()
    assert.equal("a1 a2 a3", shown(RUNS, {a = true}, 50))
    assert.equal("s1 b1 b2", shown(RUNS, {b = true, synlua = true}, 3))
  end)

  it("lack what is forgotten, and nothing else moves", function()
    local runs = {{name = "a", lines = 2}, {name = "b", lines = 1}, {name = "a", lines = 5}, {name = "b", lines = 1}}
    assert.equal("b1 a1 b2 a2 a3", shown(runs, {a = true, b = true}, 50))
  end)
end)
