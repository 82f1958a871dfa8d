local confine = require "plan.process.confine"

local ROOT, OTHER = {users = {own = {uid = 0}}}, {users = {own = {uid = 1000}}}

describe("capabilities of services", function()
  it("are empty for a service with its own user", function()
    for _, owner in ipairs {"synapse", "nginx", "redis", "postgres", "forkserver", "turn"} do
      assert.equal(0, confine.capabilities(ROOT, owner, {uid = 991}))
    end
  end)

  it("are those for low ports where nginx runs as synlua's own user", function()
    assert.equal(1 << 10, confine.capabilities(OTHER, "nginx", {}))
    assert.equal(0, confine.capabilities(OTHER, "synapse", {uid = false}))
  end)

  it("stay where a service is root's on purpose", function()
    assert.is_nil(confine.capabilities(ROOT, "synapse", {uid = 0}))
    assert.is_nil(confine.capabilities(ROOT, "mine", {}))
  end)
end)
