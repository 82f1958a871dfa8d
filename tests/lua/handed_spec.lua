-- Copies of what Synapse's user cannot read: who is told of them.

local document = require "lib.document"
local fixture = require "plan_fixture"

local function input(options)
  local made = fixture.input {
    environment = options.environment,
    homeserver = {server_name = "example.org", report_stats = false, log_config = "/data/log.config",
      signing_key_path = "/data/example.org.signing.key",
      app_service_config_files = document.seq {"/data/bridge.yaml", "/data/other.yaml"},
      oidc_providers = document.seq {document.map {idp_id = "x", client_secret_path = "/data/oidc"}}},
  }
  made.copies, made.cwd, made.cwd_closed = options.copies, "/data", options.cwd_closed
  return made
end

local function contains(list, word)
  for _, one in ipairs(list) do
    if one == word then return true end
  end
  return false
end

local COPIES = {["/data/homeserver.yaml"] = "a", ["/data/log.config"] = "b", ["/data/bridge.yaml"] = "c",
  ["/data/oidc"] = "d"}
local PLACE = "/run/synlua/synapse/copies/"

describe("copies of what Synapse cannot read", function()
  it("are what its processes are started with, and what its options name", function()
    local plan, problems, warnings, view = fixture.run(input {copies = COPIES,
      environment = {SYNAPSE_WORKER_TYPES = "pusher"}})
    assert.same({}, problems)
    for _, name in ipairs {"synapse", "pusher1"} do
      local argv = plan.services[name].process.argv
      assert.is_true(contains(argv, PLACE .. "2-homeserver.yaml"), name)
      assert.is_false(contains(argv, "/data/homeserver.yaml"), name)
    end
    local overlay = document.plain(view.homeserver.overlay)
    assert.equal(PLACE .. "3-log.config", overlay.log_config)
    assert.same({PLACE .. "1-bridge.yaml", "/data/other.yaml"}, overlay.app_service_config_files)
    assert.same({{idp_id = "x", client_secret_path = PLACE .. "4-oidc"}}, overlay.oidc_providers)
    assert.equal("/data/example.org.signing.key", overlay.signing_key_path)
    local told = 0
    for _, warning in ipairs(warnings) do
      if warning.what:find("Synapse gets a copy", 1, true) then told = told + 1 end
    end
    assert.equal(4, told)
  end)

  it("stand for files that nobody then has to be able to read, or to be given", function()
    local plan = fixture.run(input {copies = COPIES})
    for _, reach in ipairs(plan.reaches) do assert.is_nil(COPIES[reach.path], reach.path) end
    assert.is_nil(plan.ownership.homeserver)
  end)

  it("change nothing where there are none", function()
    local with, without = fixture.run(input {copies = {}}), fixture.run(input {})
    assert.same(without.services.synapse.process, with.services.synapse.process)
    assert.is_true(contains(with.services.synapse.process.argv, "/data/homeserver.yaml"))
  end)

  it("let Synapse work in the data directory where it cannot enter another", function()
    local made = input {copies = COPIES, cwd_closed = true}
    made.cwd = "/conf"
    assert.equal("/data", fixture.run(made).services.synapse.process.cwd)
  end)
end)
