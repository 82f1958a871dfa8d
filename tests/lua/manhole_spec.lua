local document = require "lib.document"
local fixture = require "plan_fixture"

local function listeners(list)
  local ports = {}
  for _, one in ipairs(list) do
    if one.type == "manhole" then
      ports[#ports + 1] = one.port
      assert.same({"127.0.0.1"}, document.plain(one.bind_addresses))
    end
  end
  return ports
end

local function main_of(environment, homeserver)
  environment.SYNAPSE_WORKER_TYPES = "typing, to_device"
  local _, problems, _, context = fixture.make {environment = environment, homeserver = homeserver}
  assert.same({}, problems)
  return context
end

describe("manholes", function()
  it("are off unless asked for", function()
    local context = main_of {}
    assert.same({}, listeners(context.merged.listeners))
    assert.is_nil(context.options.manhole_settings)
  end)

  it("of main and of workers are asked for apart, each on a port of this machine alone", function()
    local context = main_of {SYNAPSE_MANHOLE_MASTER = "yes"}
    assert.same({18014}, listeners(context.merged.listeners))
    assert.is_nil(context.instances[2].addresses.manhole)
    context = main_of {SYNAPSE_MANHOLE_WORKERS = "yes"}
    assert.same({}, listeners(context.merged.listeners))
    local ports = {}
    for at = 2, 3 do ports[#ports + 1] = context.instances[at].addresses.manhole.port end
    assert.same({18019, 18024}, ports)
  end)

  it("have a password of their own, unless homeserver.yaml has one", function()
    local context = main_of {SYNAPSE_MANHOLE_MASTER = "yes"}
    assert.equal("made at the first start", context.options.manhole_settings.password)
    context = main_of({SYNAPSE_MANHOLE_MASTER = "yes"}, {server_name = "example.org",
      manhole_settings = {username = "me", password = "mine"}})
    assert.same({username = "me", password = "mine"}, context.options.manhole_settings)
  end)
end)

describe("Synapse's metrics", function()
  it("are on by the variable of either image, also beside a homeserver.yaml", function()
    for _, name in ipairs {"SYNAPSE_METRICS", "SYNAPSE_ENABLE_METRICS"} do
      local context = main_of({[name] = "1"}, {server_name = "example.org"})
      assert.is_true(context.options.enable_metrics)
      assert.is_truthy(context.instances[2].addresses.metrics)
    end
    assert.is_nil(main_of({SYNAPSE_METRICS = "no"}).instances[1].addresses.metrics)
  end)
end)
