-- EDGE
-- Reads the user directory: all of its files, whether anything uses them or not.

local overrides = require "input.overrides"

local user_directory = {}

--- The problems of all files at once.
---@return Problem[]
function user_directory.load()
  local problems = overrides.load()
  if not overrides.any() then return problems end
  local faults = require("input.user_files").load()
  return table.move(faults, 1, #faults, #problems + 1, problems)
end

return user_directory
