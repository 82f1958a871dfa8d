-- EDGE
-- Reads the admin's well-known.yaml, beside homeserver.yaml.

local layers = require "input.yaml"
local plan_well_known = require "plan.identity.well_known"

local well_known = {}

--- What it says; nil where there is none, or a problem.
---@param homeserver string path of homeserver.yaml
---@param input Input
---@return {path: string, document: any}|nil
function well_known.read(homeserver, input)
  local path = homeserver:match "^(.*)/" .. "/" .. plan_well_known.FILE
  return (layers.file(path, input, "mend the file; synlua never changes it"))
end

return well_known
