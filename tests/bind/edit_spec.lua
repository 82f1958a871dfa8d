-- core.edit without a terminal: chunks that Ctrl-C ends.

local edit = require "core.edit"
local system = require "core.system"

-- os.execute would ignore the signal while its child runs.
local function interrupt() io.popen(("kill -INT %d"):format(system.identity().pid)):close() end

local function same(message) return message end

describe("core.edit.run", function()
  teardown(edit.close) -- Ctrl-C is what it was

  it("returns what xpcall returns", function()
    assert.same({true, 1, nil, 3}, {edit.run(function() return 1, nil, 3 end, same)})
    assert.same({false, "why"}, {edit.run(function() error("why", 0) end, same)})
    assert.same({false, "handled"}, {edit.run(error, function() return "handled" end)})
  end)

  it("returns nil where Ctrl-C ended the function, and the next one runs", function()
    for _, loop in ipairs {
      function() while true do end end,
      function() while true do pcall(function() while true do end end) end end,
      coroutine.wrap(function() while true do pcall(error) end end),
      function() while true do xpcall(error, function() while true do end end) end end,
    } do
      local function chunk()
        interrupt()
        loop()
      end
      assert.same({n = 1}, table.pack(edit.run(chunk, same)))
      assert.same({true, 2}, {edit.run(function() return 2 end, same)})
    end
  end)

  it("leaves a coroutine of an earlier chunk able to run", function()
    local steps = coroutine.wrap(function()
      for i = 1, math.huge do coroutine.yield(i) end
    end)
    assert.same({true, 1}, {edit.run(steps, same)})
    edit.run(function()
      interrupt()
      while true do end
    end, same)
    assert.same({true, 2}, {edit.run(steps, same)})
  end)

  it("refuses what is no function", function()
    assert.has_error(function() edit.run(1, same) end)
    assert.has_error(function() edit.run(same) end)
  end)
end)

it("core.edit.columns is a number, 0 where there is no terminal", function()
  assert.equal("integer", math.type(edit.columns()))
end)
