-- Helpers that read settings and inspect the result.

local assert = require "luassert"
local settings = require "settings"
local worker_types = require "worker_types"

local fixture = {}

local BASE = {SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no"}

--- Reads an environment beside a server name and REPORT_STATS; `false` unsets one of these.
---@param environment? table<string, string|false>
---@param more? table other fields of the input
function fixture.read(environment, more)
  local input = {environment = {}, files = {}, homeserver_exists = false, container = true,
    worker_types = worker_types, host = {cpus = 2}}
  for name, value in pairs(BASE) do input.environment[name] = value end
  for name, value in pairs(environment or {}) do input.environment[name] = value or nil end
  for field, value in pairs(more or {}) do input[field] = value end
  return settings.read(input)
end

--- The problems (or warnings) of one place.
function fixture.at(found, where)
  local here = {}
  for _, problem in ipairs(found) do
    if problem.where == where then here[#here + 1] = problem end
  end
  return here
end

--- The value of one variable; fails where it has a problem.
function fixture.value(name, value)
  local got, problems = fixture.read {[name] = value}
  assert.same({}, problems)
  return got[name]
end

--- The one problem a value makes.
function fixture.problem(name, value)
  local _, problems = fixture.read {[name] = value}
  assert.equal(1, #problems, name .. "=" .. value)
  assert.equal(name, problems[1].where)
  return problems[1]
end

return fixture
