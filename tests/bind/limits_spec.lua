-- core.limits: how much time and memory one coroutine may use.

local limits = require "core.limits"

local function run(code, ms, megabytes)
  local co = coroutine.create(assert(load(code, "=script")))
  assert(limits.begin(co, ms or 50, megabytes or 50, "last words"))
  local results = table.pack(coroutine.resume(co))
  limits.done()
  return table.unpack(results, 1, results.n)
end

describe("core.limits", function()
  it("ends a loop, also where the script catches the error or hides in a coroutine", function()
    for _, code in ipairs {
      "while true do end", "while true do pcall(function() while true do end end) end",
      "local co = coroutine.wrap(function() while true do end end) co()",
      "while true do coroutine.wrap(function() while true do end end)() end",
    } do
      local ok, why = run(code)
      assert.is_false(ok)
      assert.matches("ran for more than 50 ms: ended", why)
    end
  end)

  it("refuses memory beyond the limit, and gives it again afterwards", function()
    for _, code in ipairs {"return ('x'):rep(100 << 20)",
      "local t = {} while true do t[#t + 1] = ('x'):rep(1 << 20) .. #t end"} do
      assert.same({false, "not enough memory"}, {run(code, 60000)})
    end
    collectgarbage()
    assert.equal(100 << 20, #("x"):rep(100 << 20))
  end)

  it("leaves what is in order as it is", function()
    assert.same({true, 1, nil, 3}, {run "return 1, nil, 3"})
    local before = os.clock()
    while os.clock() < before + 0.2 do before = before end
    assert.same({true}, {run "string.rep('x', 1000)"})
  end)

  it("holds for one script at a time, and takes only what makes sense", function()
    local co = coroutine.create(print)
    assert.is_true(limits.begin(co, 1000, 10, ""))
    assert.has_error(function() limits.begin(co, 1000, 10, "") end)
    limits.done()
    limits.done()
    for _, bad in ipairs {{print, 1, 1, ""}, {co, 0, 1, ""}, {co, 1, 0, ""}, {co, 1, 1}, {}} do
      assert.has_error(function() limits.begin(table.unpack(bad, 1, 4)) end)
    end
  end)
end)
