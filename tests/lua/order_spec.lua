local order = require "lib.order"

local function at(state) return {state = state} end

describe("the order of starts", function()
  it("names a cycle in full, once", function()
    local problems = order.check {a = {needs = {"b"}}, b = {after = {"c"}}, c = {milestone = {"a"}}}
    assert.equal(1, #problems)
    assert.equal("waits for itself: a -> b -> c -> a", problems[1].what)
  end)

  it("names an unknown service", function()
    local problems = order.check {a = {after = {"ghost"}}}
    assert.same("waits for unknown service ghost", problems[1].what)
  end)

  it("has nothing against a diamond", function()
    assert.same({}, order.check {a = {}, b = {needs = {"a"}}, c = {needs = {"a"}}, d = {after = {"b", "c"}}})
  end)

  it("lets what needs another wait until that is ready", function()
    local spec = {needs = {"a"}}
    assert.is_false(order.may_start(spec, {a = at "starting"}, {a = true}, {}))
    assert.is_true(order.may_start(spec, {a = at "ready"}, {}, {}))
  end)

  it("lets a milestone stay reached when its service restarts", function()
    local spec = {milestone = {"a"}}
    assert.is_false(order.may_start(spec, {a = at "starting"}, {}, {}))
    assert.is_true(order.may_start(spec, {a = at "backoff"}, {a = true}, {}))
  end)

  it("lets what comes after another start once that has settled, well or not", function()
    local spec = {after = {"a"}}
    assert.is_false(order.may_start(spec, {a = at "backoff"}, {}, {}))
    assert.is_true(order.may_start(spec, {a = at "failed"}, {}, {}))
    assert.is_true(order.may_start(spec, {a = at "ready"}, {}, {}))
  end)

  it("lets what fronts others start at once and end before them", function()
    local specs = {a = {fronts = {"b"}}, b = {needs = {"c"}}, c = {}}
    assert.is_true(order.may_start(specs.a, {b = at "waiting", c = at "starting"}, {}, {}))
    assert.same({a = 2, b = 1, c = 0}, order.stages(specs))
    assert.same({}, order.dependents(specs, "b"))
    assert.equal("waits for unknown service ghost", order.check({a = {fronts = {"ghost"}}})[1].what)
  end)

  it("starts no service while one that it needs is about to be stopped", function()
    assert.is_false(order.may_start({needs = {"a"}}, {a = at "ready"}, {}, {a = true}))
  end)

  it("waits for a preferred service only while that one is starting", function()
    local spec = {prefers = {"a"}}
    local restarting, leaving = at "stopping", at "stopping"
    restarting.wanted, leaving.wanted = true, false
    for _, service in ipairs {at "waiting", at "starting", restarting} do
      assert.is_false(order.may_start(spec, {a = service}, {}, {}))
      assert.equal("a", order.waits_for(spec, {a = service}, {}))
    end
    for _, service in ipairs {at "ready", at "backoff", at "failed", at "stopped", leaving} do
      assert.is_true(order.may_start(spec, {a = service}, {}, {}))
    end
  end)

  it("names the service that another one waits for", function()
    local services = {a = at "ready", b = at "starting", c = at "backoff"}
    assert.equal("b", order.waits_for({needs = {"a", "b"}, after = {"c"}}, services, {}))
    assert.equal("a", order.waits_for({milestone = {"a"}}, services, {}))
    assert.equal("c", order.waits_for({needs = {"a"}, after = {"c"}}, services, {}))
    assert.is_nil(order.waits_for({needs = {"a"}, milestone = {"b"}}, services, {b = true}))
  end)

  it("starts in stages, each service after those that it waits for", function()
    local specs = {a = {}, b = {needs = {"a"}}, c = {milestone = {"a"}}, d = {after = {"b", "c"}}, e = {}}
    assert.same({a = 0, b = 1, c = 1, d = 2, e = 0}, order.stages(specs))
  end)

  it("finds the services that need another one, directly or through others", function()
    local specs = {a = {}, b = {needs = {"a"}}, c = {needs = {"b"}}, d = {milestone = {"a"}}, e = {after = {"a"}}}
    assert.same({"b", "c"}, order.dependents(specs, "a"))
    assert.same({}, order.dependents(specs, "c"))
  end)

  it("sees that nothing will start what needs a service that failed for good", function()
    local specs = {a = {}, b = {needs = {"a"}}, c = {needs = {"b"}}, d = {after = {"a"}}}
    local services = {a = at "failed", b = at "waiting", c = at "waiting", d = at "waiting"}
    assert.is_true(order.blocked(specs, services, "a"))
    assert.is_true(order.blocked(specs, services, "c"))
    assert.is_false(order.blocked(specs, services, "d"))
  end)

  it("does not count on a service that keeps trying once it has failed", function()
    local specs = {a = {}, b = {needs = {"a"}}, c = {milestone = {"a"}}, d = {after = {"a"}}}
    local services = {a = at "starting", b = at "waiting", c = at "waiting", d = at "waiting"}
    services.a.keep_trying, services.a.failures = true, 0
    assert.is_false(order.blocked(specs, services, "a", {}))
    assert.equal("a", order.waits_for(specs.d, services, {}))
    services.a.failures = 1
    for _, name in ipairs {"a", "b", "c"} do assert.is_true(order.blocked(specs, services, name, {}), name) end
    assert.is_false(order.blocked(specs, services, "c", {a = true}))
    assert.is_nil(order.waits_for(specs.d, services, {}))
    services.a.state = "ready"
    assert.is_false(order.blocked(specs, services, "a", {a = true}))
  end)
end)
