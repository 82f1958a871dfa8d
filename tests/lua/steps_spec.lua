-- The steps of the plan: what each sees, and that none changes another's result.

local fixture = require "plan_fixture"
local plan = require "plan"
local settings = require "settings"
local steps = require "plan.steps"

local function run(list) return steps.run(list, {settings = {}, input = {}, catalog = {}}) end

-- The steps, each of which leaves behind what its result looked like.
local function watched(list)
  local made, looks = {}, {}
  for at, step in ipairs(list) do
    local copy = {name = step.name, needs = step.needs}
    copy.make = function(view, problems, warnings)
      local result = true
      if step.make then result = step.make(view, problems, warnings) else step.check(view, problems, warnings) end
      looks[step.name] = {result = result, text = fixture.text(result)}
      return result
    end
    made[at] = copy
  end
  return made, looks
end

describe("a step", function()
  it("sees the results that it needs, and no others", function()
    local seen
    run {{name = "a", needs = {}, make = function() return 1 end},
      {name = "b", needs = {"a"}, make = function(view) seen = view.a end}}
    assert.equal(1, seen)
    assert.has_error(function()
      run {{name = "a", needs = {}, make = function() return 1 end},
        {name = "b", needs = {}, make = function(view) return view.a end}}
    end, 'the view of step b has no field "a"')
  end)

  it("cannot change its view", function()
    assert.has_error(function()
      run {{name = "a", needs = {}, make = function(view) view.more = 1 end}}
    end, 'the view of step a is read-only (field "more")')
  end)

  it("needs only what an earlier one makes", function()
    assert.has_error(function() run {{name = "a", needs = {"b"}, make = function() end}} end,
      "step a needs b, which no earlier step makes")
  end)

  it("is left out where one that it needs has no result, and its problems are those of the others", function()
    local ran = {}
    local view, problems = run {
      {name = "a", needs = {}, make = function(_, found) found[1] = "bad" end},
      {name = "b", needs = {"a"}, make = function() ran.b = true end},
      {name = "c", needs = {}, make = function(_, found)
        found[1] = "worse"
        return 3
      end},
    }
    assert.same({"bad", "worse"}, problems)
    assert.is_nil(ran.b)
    assert.same({3}, {view.c, view.b})
  end)

  it("of the plan changes nothing of another's result, of the input or of the settings", function()
    local input = fixture.input {environment = {SYNAPSE_WORKER_TYPES = "element_all, media_repository:2",
      SYNAPSE_METRICS = "yes", SYNAPSE_MANHOLE_WORKERS = "yes", SYNLUA_METRICS_PORT = "9009"},
      homeserver = {server_name = "example.org", enable_registration = false}}
    local read = settings.read(input)
    local before = fixture.text(input) .. fixture.text(read)
    local list, looks = watched(plan.STEPS)
    local _, problems = steps.run(list, {settings = read, input = input, catalog = fixture.catalog()})
    assert.same({}, problems)
    assert.equal(before, fixture.text(input) .. fixture.text(read))
    for name, look in pairs(looks) do
      assert.equal(look.text, fixture.text(look.result), name)
    end
  end)
end)
