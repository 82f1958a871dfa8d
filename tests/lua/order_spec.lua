local order = require "processes.order"

local function at(state) return {state = state} end

describe("the order of starts", function()
  it("names a cycle in full, once", function()
    local problems = order.check {a = {needs = {"b"}}, b = {after = {"c"}}, c = {milestone = {"a"}}}
    assert.equal(1, #problems)
    assert.equal("waits for itself: a -> b -> c -> a", problems[1].what)
  end)

  it("names a service that nobody knows", function()
    local problems = order.check {a = {after = {"ghost"}}}
    assert.same("waits for unknown service ghost", problems[1].what)
  end)

  it("has nothing against a diamond", function()
    assert.same({}, order.check {a = {}, b = {needs = {"a"}}, c = {needs = {"a"}}, d = {after = {"b", "c"}}})
  end)

  it("lets what needs another wait until that is ready", function()
    local spec = {needs = {"a"}}
    assert.is_false(order.may_start(spec, {a = at "starting"}, {a = true}))
    assert.is_true(order.may_start(spec, {a = at "ready"}, {}))
  end)

  it("lets a milestone stay reached when its service restarts", function()
    local spec = {milestone = {"a"}}
    assert.is_false(order.may_start(spec, {a = at "starting"}, {}))
    assert.is_true(order.may_start(spec, {a = at "backoff"}, {a = true}))
  end)

  it("lets what comes after another start once that has settled, well or not", function()
    local spec = {after = {"a"}}
    assert.is_false(order.may_start(spec, {a = at "backoff"}, {}))
    assert.is_true(order.may_start(spec, {a = at "failed"}, {}))
    assert.is_true(order.may_start(spec, {a = at "ready"}, {}))
  end)
end)
