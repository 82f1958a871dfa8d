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

--- Runs all stages, as far as problems allow. Every problem found is in the result.
---@param input Input
---@param catalog table<string, table> services
---@param tool {encode: function, random?: function}
---@return Stages
function stages.run(input, catalog, tool)
  local done = {problems = {}, warnings = {}, files = {}}
  local problems, warnings, view
  done.settings, problems, warnings = settings.read(input)
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
  done.files, problems, warnings = files.make(view, tool)
  append(done.problems, problems)
  append(done.warnings, warnings)
  return done
end

return stages
