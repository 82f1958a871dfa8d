-- A section that names no server is none outside; and a Redis outside is looked at.

local document = require "lib.document"
local fixture = require "plan_fixture"

local map = document.map

local WORKERS = {POSTGRES_HOST = "db", SYNAPSE_WORKER_TYPES = "pusher"}

local function plan(redis, environment)
  local made, problems, warnings, view = fixture.make {environment = environment,
    homeserver = {server_name = "example.org", redis = redis}}
  assert.same({}, problems)
  return made, view, warnings
end

describe("a Redis section that names no server", function()
  it("has the built-in one where there are workers, with nothing that was for another", function()
    for _, section in ipairs {map {enabled = true}, map {enabled = true, password = "p", username = "u", dbid = 3,
      use_tls = true, certificate_file = "/a", private_key_file = "/b", ca_file = "/c", ca_path = "/d"}} do
      local made, view = plan(section, WORKERS)
      assert.equal("builtin", made.redis)
      assert.same({enabled = true, path = "/run/synlua/redis/run/redis.sock"}, view.homeserver.options.redis)
      assert.truthy(made.services.redis)
      assert.is_nil(made.services.redis_outside)
    end
  end)

  it("has its password by path taken out as well", function()
    local _, view = plan(map {enabled = true, password_path = "/data/redis.pw"}, WORKERS)
    assert.is_nil(view.homeserver.options.redis.password_path)
  end)

  it("has the server of variables where they name one", function()
    local made, view = plan(map {enabled = true}, {SYNAPSE_REDIS_HOST = "cache"})
    assert.equal("outside", made.redis)
    assert.equal("cache", view.homeserver.options.redis.host)
  end)

  it("is switched off without workers, which is told", function()
    local made, view, warnings = plan(map {enabled = true})
    assert.equal("none", made.redis)
    assert.is_false(view.homeserver.options.redis.enabled)
    assert.matches("redis.enabled is true, but redis names no server", warnings[1].what, 1, true)
    assert.is_nil(made.services.redis_outside)
  end)
end)

describe("a Redis outside", function()
  it("is looked at before Synapse starts, and watched afterwards", function()
    for _, case in ipairs {{map {enabled = true, host = "cache"}}, {map {enabled = true, host = "cache"}, WORKERS},
      {map {host = "cache"}, WORKERS}, {map {enabled = true, port = 6380}},
      {map {enabled = true, path = "/run/r.sock"}}, {nil, {SYNAPSE_REDIS_HOST = "cache"}}} do
      local made = plan(case[1], case[2])
      local check = made.services.redis_outside
      assert.truthy(check)
      assert.is_nil(check.one_shot)
      assert.is_true(check.passes_status)
      assert.is_nil(check.alive.restart_after)
      assert.same({"redis_outside"}, made.services.synapse.milestone)
      if made.services.pusher1 then assert.same({"synapse", "redis_outside"}, made.services.pusher1.milestone) end
    end
  end)

  it("has its password in no argument and no environment", function()
    local made = plan(nil, {SYNAPSE_REDIS_HOST = "cache", SYNAPSE_REDIS_PASSWORD = "s3cret"})
    local process = made.services.redis_outside.process
    assert.is_nil((table.concat(process.argv, " ") .. table.concat(process.environment, " ")):find "s3cret")
  end)

  it("that is switched off is not looked at", function()
    assert.is_nil(plan(map {enabled = false, host = "cache"}).services.redis_outside)
    assert.is_nil(plan(map {host = "cache"}).services.redis_outside)
  end)
end)
