-- `opened`: a socket's path -> its mode.
local logged, timers, opened = {}, {}, {}

package.loaded["core.log"] = {write = function(level, line) logged[#logged + 1] = level .. ": " .. line end}
package.loaded["core.loop"] = {timer = function(_, fn)
  local timer = {fn = fn}
  function timer.close(self) self.fn = nil end
  timers[#timers + 1] = timer
  return timer
end}
package.loaded["core.file"] = {admit_as = function(_, path, one)
  if not opened[path] then return nil, path .. ": no such file" end
  opened[path] = one.mode
  return true
end}
package.loaded["control.admission"] = nil
local admission = require "control.admission"
for _, name in ipairs {"core.log", "core.loop", "core.file", "control.admission"} do package.loaded[name] = nil end

local octal = require "lib.octal"

local CLOSED, OPEN = octal "0600", octal "0666"

-- Lets the time of the next timer come. Returns false where there is none.
local function pass()
  local timer = table.remove(timers, 1)
  if not timer then return false end
  if timer.fn then timer.fn() end
  return true
end

local function pass_all()
  local count = 0
  while pass() do count = count + 1 end
  return count
end

describe("the sockets of nginx after a reload", function()
  before_each(function() logged, timers, opened = {}, {}, {} end)

  it("get their modes as soon as they are there", function()
    admission.give(nil, {{path = "a", mode = CLOSED}})
    pass()
    opened.a = OPEN
    pass()
    assert.equal(CLOSED, opened.a)
  end)

  it("get them again where nginx opens one after it has made it", function()
    opened.a = OPEN
    admission.give(nil, {{path = "a", mode = CLOSED}})
    assert.equal(CLOSED, opened.a)
    for _ = 1, 5 do
      opened.a = OPEN
      assert.is_true(pass())
      assert.equal(CLOSED, opened.a)
    end
    assert.is_true(pass_all() <= 20)
    assert.same({}, logged)
  end)

  it("are given up with a warning where one never comes", function()
    admission.give(nil, {{path = "a", mode = CLOSED}})
    assert.is_true(pass_all() < 250)
    assert.same({"warn: a: no such file"}, logged)
  end)

  it("count from the last reload alone", function()
    admission.give(nil, {{path = "a", mode = CLOSED}})
    admission.give(nil, {{path = "b", mode = CLOSED}})
    opened.a, opened.b = OPEN, OPEN
    pass_all()
    assert.same({a = OPEN, b = CLOSED}, opened)
    admission.give(nil, {})
    assert.equal(0, pass_all())
  end)
end)
