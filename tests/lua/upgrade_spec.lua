local fixture = require "plan_fixture"
local records = require "lib.records"
local upgrade = require "plan.database.upgrade"

local OLD = {version = "1.150.0", schema = 93, compat = 84}
local NEW = {version = "1.163.2", schema = 94, compat = 84}
local ANCIENT = {version = "1.98.0", schema = 83, compat = 83}
local BREAKING = {version = "1.200.0", schema = 99, compat = 94}

-- What the record says after these have run, one after the other.
local function record_after(...)
  local before
  for _, synapse in ipairs {...} do
    local _, _, _, view = fixture.make {synapse = synapse, store = {synapse = before}}
    before = records.synapse(upgrade.record(view).bytes)
  end
  return before
end

local function texts(before, installed)
  local problem, warnings = upgrade.compare(before, installed)
  local lines = {}
  for at, warning in ipairs(warnings) do lines[at] = warning.where .. ": " .. warning.what end
  return problem, table.concat(lines, "\n")
end

describe("another Synapse", function()
  it("is not mentioned if it is the same one, or if none is recorded", function()
    assert.same({nil, ""}, {texts(record_after(NEW), NEW)})
    assert.same({nil, ""}, {texts(nil, NEW)})
    assert.same({nil, ""}, {texts(record_after(NEW), nil)})
  end)

  it("that is newer is reported with both schemas", function()
    local problem, text = texts(record_after(OLD), NEW)
    assert.is_nil(problem)
    assert.equal("Synapse 1.163.2: comes after 1.150.0: the main process takes the database from schema 93 to 94 "
      .. "before anything else starts; no Synapse whose schema is below 84 can use it afterwards", text)
  end)

  it("brings what to know of the versions between", function()
    local _, text = texts({version = "1.139.0", newest = "1.139.0", schema = 92, compat = 84}, NEW)
    assert.matches("Synapse 1.140.0: the module synapse-s3-storage-provider must be 1.6.0", text, 1, true)
    assert.matches("Synapse 1.143.0: PostgreSQL 14", text, 1, true)
    assert.is_nil(text:find("1.139.0: with", 1, true))
  end)

  it("that is older but can use the schema is only reported", function()
    local problem, text = texts(record_after(OLD, NEW), OLD)
    assert.is_nil(problem)
    assert.matches("schema 93 is older than the database's, 94, which it can use", text, 1, true)
  end)

  it("that cannot use the schema is refused with the numbers, also when others ran in between", function()
    for _, before in ipairs {record_after(NEW), record_after(NEW, OLD)} do
      local problem = upgrade.compare(before, ANCIENT)
      assert.equal("Synapse 1.98.0", problem.where)
      assert.equal("has schema 83; the database has 94, made by Synapse 1.163.2, and only schemas from 84 on can use "
        .. "it", problem.what)
    end
    assert.is_truthy(upgrade.compare(record_after(BREAKING, NEW), OLD))
    local text = fixture.problems {synapse = ANCIENT, store = {synapse = record_after(NEW)}}
    assert.matches("run Synapse 1.163.2 or later", text, 1, true)
  end)

  it("is compared by numbers", function()
    assert.is_true(upgrade.older("1.99.0", "1.150.0"))
    assert.is_true(upgrade.older("1.150.0", "1.150.1"))
    assert.is_false(upgrade.older("1.150.0", "1.150.0"))
    assert.is_true(upgrade.older("1.163.0rc1", "2.0.0"))
  end)

  it("leaves no record that cannot be read", function()
    assert.is_nil(records.synapse "version 1.2.3\n")
    assert.is_nil(records.synapse(nil))
    assert.is_nil(records.synapse "version 1.2.3\nnewest 1.2.3\nschema x\ncompat 84\n")
  end)
end)
