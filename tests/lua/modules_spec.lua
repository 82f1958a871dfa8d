-- Modules of the admin's own: where Synapse's processes look for them.

local fixture = require "plan_fixture"

local environment = fixture.environment

local function reached(plan, path)
  for _, reach in ipairs(plan.reaches) do
    if reach.path == path then return reach end
  end
end

local function made(options)
  local plan, problems, _, view = fixture.make(options)
  assert.same({}, problems)
  return plan, view
end

local HOOK = "/run/synlua/synapse/python"

local function written(view)
  for _, file in ipairs(require "services.synapse".files(view, {yaml = function() return "" end,
    text = function(name) return name end})) do
    if file.base .. "/" .. file.path == HOOK .. "/sitecustomize.py" then return file end
  end
end

describe("modules of the admin's own", function()
  it("are looked for nowhere where there are none", function()
    assert.is_nil(environment(made().services.synapse).SYNLUA_PYTHON_PATH)
  end)

  it("are found in the directory python of the data by every process of Synapse's, the fork server included", function()
    local plan, view = made {environment = {SYNAPSE_WORKER_TYPES = "pusher"}, store = {python = true}}
    for _, name in ipairs {"synapse", "pusher1", "forkserver"} do
      local set = environment(plan.services[name])
      assert.equal("/data/python", set.SYNLUA_PYTHON_PATH, name)
      assert.equal(HOOK, set.PYTHONPATH, name)
    end
    assert.is_nil(environment(plan.services.redis).PYTHONPATH)
    local file = written(view)
    assert.equal("sitecustomize.py", file.bytes)
    assert.equal(tonumber("640", 8), file.mode)
  end)

  it("are found first in the directories that SYNLUA_PYTHON_PATH names, each of which must be there", function()
    local plan = made {environment = {SYNLUA_PYTHON_PATH = "/modules/one:/modules/two/"}, store = {python = true}}
    assert.equal("/modules/one:/modules/two:/data/python", environment(plan.services.synapse).SYNLUA_PYTHON_PATH)
    local reach = reached(plan, "/modules/two")
    assert.is_true(reach.exists)
    assert.equal(991, reach.uid)
    assert.is_nil(reached(plan, "/data/python"))
  end)

  it("may be named as PYTHONPATH, as in images before", function()
    local plan = made {environment = {PYTHONPATH = "/modules"}}
    assert.equal("/modules", environment(plan.services.synapse).SYNLUA_PYTHON_PATH)
  end)

  it("count once where a variable names what is found anyway", function()
    local plan = made {environment = {SYNLUA_PYTHON_PATH = "/data/python"}, store = {python = true}}
    assert.equal("/data/python", environment(plan.services.synapse).SYNLUA_PYTHON_PATH)
  end)

  it("are found while the database is moved, when Synapse's tool reads all of its configuration", function()
    local plan = made {store = {python = true, sqlite = "/data/homeserver.db", sqlite_named = "/data/homeserver.db"},
      migrates = true}
    assert.equal("/data/python", environment(plan.services.migrate).SYNLUA_PYTHON_PATH)
  end)

  it("are refused where a directory is named from nowhere", function()
    local settings = require "settings"
    local _, problems = settings.read(fixture.input {environment = {SYNLUA_PYTHON_PATH = "modules:/a//b"}})
    assert.equal(1, #problems)
    assert.equal("SYNLUA_PYTHON_PATH", problems[1].where)
    assert.truthy(problems[1].what:find "absolute")
  end)
end)

describe("what traces are sent with", function()
  it("is imported only where the configuration uses it", function()
    for _, case in ipairs {
      {nil, "jaeger_client"}, {{enabled = false}, "jaeger_client"}, {{enabled = true}, nil},
      {{jaeger_config = {logging = true}}, "jaeger_client"},
    } do
      local plan = made {homeserver = {server_name = "example.org", report_stats = false,
        opentracing = case[1] and require "lib.document".map(case[1])}}
      assert.equal(case[2], environment(plan.services.synapse).SYNLUA_PYTHON_WITHOUT)
    end
  end)
end)
