-- Prints the picture of the plan that README.md shows: docs/plan.svg, which `make docs` writes.

local fixture = require "plan_fixture"
local grouped = require "plan.grouped"
local plan_svg = require "files.plan_svg"

local picture = {}

--- The picture for these worker types, or other options of the fixture.
---@param types? string
---@param options? table
---@return string
function picture.of(types, options)
  local given = options or {}
  given.environment = given.environment or {}
  given.environment.SYNAPSE_WORKER_TYPES = types
  local plan, _, _, view = fixture.make(given)
  return plan_svg.text(grouped.of(plan, view.input.worker_types))
end

if arg and arg[0]:find "plan_picture%.lua$" then io.stdout:write(picture.of "small") end

return picture
