-- core.screen without a terminal; tests/run/top_spec.lua draws on one.

local screen = require "core.screen"

describe("core.screen", function()
  it("draws nothing and has no keys before it is open", function()
    assert.same({0, 0}, {screen.size()})
    screen.clear()
    screen.put(0, 0, "text", "bold")
    screen.show()
    screen.close()
    assert.same({nil, "end"}, {screen.key(0)})
  end)

  it("knows only its styles, and wants text", function()
    assert.is_false(pcall(screen.put, 0, 0, "text", "pink"))
    assert.is_false(pcall(screen.put, 0, 0, nil, "bold"))
    assert.is_false(pcall(screen.put, "a", 0, "text"))
    assert.is_false((pcall(screen.key)))
  end)
end)
