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
  local _, problems, _, view = fixture.make {environment = environment, homeserver = homeserver}
  assert.same({}, problems)
  return view
end

describe("manholes", function()
  it("are off unless asked for", function()
    local view = main_of {}
    assert.same({}, listeners(view.homeserver.merged.listeners))
    assert.is_nil(view.homeserver.options.manhole_settings)
  end)

  it("of main and of workers are asked for apart, each on a port of this machine alone", function()
    local view = main_of {SYNAPSE_MANHOLE_MASTER = "yes"}
    assert.same({18014}, listeners(view.homeserver.merged.listeners))
    assert.is_nil(view.instances[2].addresses.manhole)
    view = main_of {SYNAPSE_MANHOLE_WORKERS = "yes"}
    assert.same({}, listeners(view.homeserver.merged.listeners))
    local ports = {}
    for at = 2, 3 do ports[#ports + 1] = view.instances[at].addresses.manhole.port end
    assert.same({18019, 18024}, ports)
  end)

  it("have a password of their own, unless homeserver.yaml has one", function()
    local view = main_of {SYNAPSE_MANHOLE_MASTER = "yes"}
    assert.equal("made at the first start", view.homeserver.options.manhole_settings.password)
    view = main_of({SYNAPSE_MANHOLE_MASTER = "yes"}, {server_name = "example.org",
      manhole_settings = {username = "me", password = "mine"}})
    assert.same({username = "me", password = "mine"}, view.homeserver.options.manhole_settings)
  end)
end)

describe("Synapse's metrics", function()
  it("are on by the variable of either image, also beside a homeserver.yaml", function()
    for _, name in ipairs {"SYNAPSE_METRICS", "SYNAPSE_ENABLE_METRICS"} do
      local view = main_of({[name] = "1"}, {server_name = "example.org"})
      assert.is_true(view.homeserver.options.enable_metrics)
      assert.is_truthy(view.instances[2].addresses.metrics)
    end
    assert.is_nil(main_of({SYNAPSE_METRICS = "no"}).instances[1].addresses.metrics)
  end)
end)
