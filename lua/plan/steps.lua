-- Runs the steps of the plan in the order of their list. A step sees the settings, the input, the catalog of services,
-- and exactly the results that it names in `needs`. Only the value that it returns is kept.

local tables = require "lib.tables"

local steps = {}

---@class View what a step sees: settings, input and catalog, and one field for each result that it needs
---@field settings Settings
---@field input Input
---@field catalog table<string, table> services by name

---@class Step
---@field name string of its result
---@field needs string[] results of earlier steps
---@field make? fun(view: View, problems: Problem[], warnings: Problem[]): any the result; nil: there is none, and no
---  step that needs it is run. The lists are the step's own.
---@field check? fun(view: View, problems: Problem[], warnings: Problem[]) in place of make, for a step without a result

local GIVEN = {settings = true, input = true, catalog = true}

local function append(list, more) table.move(more, 1, #more, #list + 1, list) end

-- Reading a result that `needs` does not name raises an error, so that the list is always right.
local function view_of(step, given, results)
  local fields = {}
  for name in pairs(GIVEN) do fields[name] = given[name] end
  for _, name in ipairs(step.needs) do fields[name] = results[name] end
  return tables.freeze(fields, ("the view of step %s"):format(step.name))
end

local function has_needs(step, results, known)
  local has = true
  for _, name in ipairs(step.needs) do
    assert(known[name], ("step %s needs %s, which no earlier step makes"):format(step.name, name))
    has = has and results[name] ~= nil
  end
  return has
end

--- Runs the steps.
---@param list Step[]
---@param given {settings: Settings, input: Input, catalog: table}
---@return View all results, for the files and for commands that explain
---@return Problem[] problems
---@return Problem[] warnings
function steps.run(list, given)
  local results, known, problems, warnings = {}, {}, {}, {}
  for _, step in ipairs(list) do
    if has_needs(step, results, known) then
      local view, own_problems, own_warnings = view_of(step, given, results), {}, {}
      local result = (step.make or step.check)(view, own_problems, own_warnings)
      if step.check then result = true end
      results[step.name] = result
      append(problems, own_problems)
      append(warnings, own_warnings)
    end
    known[step.name] = true
  end
  for name in pairs(GIVEN) do
    results[name], known[name] = given[name], true
  end
  return tables.freeze(results, "the plan's results", known), problems, warnings
end

return steps
