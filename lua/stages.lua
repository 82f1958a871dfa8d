-- Runs the pure stages in order: from input to settings to plan to files. The edges read the input, and use the
-- results.

local files = require "files"
local plan = require "plan"
local rights = require "plan.process.rights"
local settings = require "settings"

local stages = {}

---@class Stages
---@field settings Settings
---@field plan? Plan nil where the input does not allow one
---@field files File[]
---@field view View what the steps of the plan worked out
---@field problems Problem[]
---@field warnings Problem[]

local function append(list, more)
  for _, item in ipairs(more) do list[#list + 1] = item end
end

-- The settings, after init.lua has changed variables. A fault of a variable that it has changed is its own.
local function read_settings(input, hook)
  local made, problems, warnings = settings.read(input)
  if not hook or #problems > 0 then return made, problems, warnings end
  local environment, changed = require "settings.hooked".environment(made, input, hook)
  if not environment then return made, problems, warnings end
  input.environment, input.hooked = environment, changed
  made, problems, warnings = settings.read(input)
  for _, problem in ipairs(problems) do
    if changed[problem.where] then problem.where = ("%s, set by %s"):format(problem.where, hook.where) end
  end
  return made, problems, warnings
end

--- Runs all stages, as far as problems allow. Every problem found is in the result.
---@param input Input
---@param catalog table<string, table> services
---@param tool {encode: function, random?: function, hooks?: table<string, Hook>}
---@return Stages
function stages.run(input, catalog, tool)
  local done = {problems = {}, warnings = {}, files = {}}
  local hooks = tool.hooks or {}
  local problems, warnings, view
  done.settings, problems, warnings = read_settings(input, hooks.settings)
  local lacking = rights.problem(input.host)
  if lacking then
    done.problems[1] = lacking
    return done
  end
  append(done.problems, problems)
  append(done.problems, input.problems)
  append(done.warnings, warnings)
  append(done.warnings, input.warnings)
  if #done.problems > 0 then return done end
  done.plan, problems, warnings, view = plan.make(done.settings, input, catalog)
  done.view = view
  append(done.problems, problems)
  append(done.warnings, warnings)
  if not done.plan or #done.problems > 0 then return done end
  if hooks.plan then done.plan = require "plan.hooked".plan(done.plan, hooks.plan) end
  done.files, problems, warnings = files.make(view, tool)
  if hooks.files then done.files, done.plan = require "files.hooked".files(done.files, done.plan, hooks.files) end
  append(done.problems, problems)
  append(done.warnings, warnings)
  return done
end

return stages
