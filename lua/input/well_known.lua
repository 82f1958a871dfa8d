-- EDGE
-- Reads the admin's well-known.yaml, beside homeserver.yaml.

local records = require "lib.records"
local yaml = require "input.yaml"

local well_known = {}

--- Returns its content, or nil if there is no file, or nil and a problem.
---@param homeserver string path of homeserver.yaml
---@param input Input
---@return {path: string, document: any}|nil
function well_known.read(homeserver, input)
  local path = homeserver:match "^(.*)/" .. "/" .. records.WELL_KNOWN
  return (yaml.file(path, input, "mend the file; synlua never changes it"))
end

return well_known
