-- The alerts: each fires and stays quiet in tests/prometheus/alerts.yml, which promtool runs, and asks for metrics that
-- there are.

local families = require "metrics.families"
local machine = require "processes.machine"
local meter = require "metrics.meter"
local support = require "run.support"

local ALERTS, TESTS = "templates/prometheus_alerts.rules", "tests/prometheus/alerts.yml"

local function alerts()
  local names = {}
  for name in support.read(ALERTS):gmatch "\n +%- alert: (%w+)" do names[#names + 1] = name end
  assert(#names >= 9)
  return names
end

describe("every alert", function()
  it("does what promtool's tests say", function()
    local text, status = support.capture("promtool test rules " .. TESTS .. " 2>&1")
    assert.equal(0, status, text)
  end)

  it("has a test in which it fires and one in which it stays quiet", function()
    local text = support.read(TESTS)
    for _, name in ipairs(alerts()) do
      assert.truthy(text:find("alertname: " .. name .. ", eval_time: %w+, exp_alerts: %[%]"), name .. " stays quiet")
      assert.truthy(text:find("%- alertname: " .. name .. "\n +eval_time: %w+\n +exp_alerts:\n +%- exp_labels"),
        name .. " fires")
    end
  end)

  it("that is about synlua asks for a metric that synlua has", function()
    local have = {}
    local services = {{name = "a", state = machine.STATES[1], restarts = 0, exits = {}}}
    for _, family in ipairs(families.make {services = services, usage = {}, pss = {}, counts = {}, seen = meter.new(),
      own = {}, build = {}, started = 0}) do have[family.name] = true end
    for name in support.read(ALERTS):gmatch "%f[%w_](synlua_[%w_]+)" do assert.is_true(have[name], name) end
  end)
end)

describe("the records", function()
  it("are rules that promtool finds no fault with", function()
    local text, status = support.capture "promtool check rules templates/prometheus_records.rules 2>&1"
    assert.equal(0, status, text)
  end)

  it("give every counter that Synapse's dashboard asks for by a name without its ending", function()
    local path = os.getenv "SYNAPSE_DASHBOARD" -- contrib/grafana/synapse.json of Synapse's sources
    if not path then return end
    local records, asked = support.read "templates/prometheus_records.rules", support.read(path)
    for name in records:gmatch "record: (%S+)" do
      assert.truthy(asked:find(name .. "%f[^%w_]"), name)
      assert.truthy(records:find("record: " .. name .. "\n +expr: " .. name .. "_total\n"), name)
    end
  end)
end)
