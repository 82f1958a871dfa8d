-- `given` holds the texts that a service's output was given last, `logged` what was written to the log.
local now, given, logged, waiting, left_out

package.loaded["core.system"] = {now = function() return now end}
package.loaded["core.output"] = {quiet = function(name, texts)
  given[name] = #texts
  return left_out
end}
package.loaded["core.log"] = {write = function(_, line) logged[#logged + 1] = line end}
package.loaded["core.loop"] = {timer = function(ms, fn)
  waiting = {ms = ms, fn = fn}
  return {close = function() waiting = nil end}
end}
package.loaded["processes.quiet"] = nil
local quiet = require "processes.quiet"
for _, name in ipairs {"core.system", "core.output", "core.log", "core.loop", "processes.quiet"} do
  package.loaded[name] = nil
end

local function world_of(state)
  return {specs = {nginx = {quiet = {{service = "synapse", texts = {{"cannot reach"}}}}}, synapse = {}},
    services = {nginx = {state = "ready", since = 0}, synapse = {state = state, since = now}}}
end

local function becomes(world, state)
  world.services.synapse = {state = state, since = now}
  quiet.follow(world)
end

describe("lines about a service that is not ready", function()
  local world

  before_each(function()
    now, given, logged, waiting, left_out = 100000, {}, {}, nil, 0
    world = world_of "starting"
    quiet.follow(world)
  end)

  after_each(function()
    now = now + 1000000
    becomes(world, "ready")
    now = now + 1000000
    quiet.follow(world)
  end)

  it("are left out until a second after it is ready, because one may be written late", function()
    assert.same({nginx = 1}, given)
    becomes(world, "ready")
    assert.same({nginx = 1}, given)
    assert.equal(1000, waiting.ms)
    now, left_out = now + 1000, 2
    waiting.fn()
    assert.same({nginx = 0}, given)
    assert.same({"left out 2 lines of nginx about services that were not ready: synapse"}, logged)
    assert.is_nil(waiting)
  end)

  it("are left out on, if it is not ready again within that second", function()
    becomes(world, "ready")
    now = now + 500
    becomes(world, "starting")
    assert.is_nil(waiting)
    now = now + 5000
    quiet.follow(world)
    assert.same({nginx = 1}, given)
  end)
end)
