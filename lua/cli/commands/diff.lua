-- EDGE
-- `synlua diff`: shows which files the next start would change, and how.

local changes = require "cli.changes"
local configuration = require "cli.configuration"
local plain = require("core.log").plain

---@return integer
return function()
  local done, input = configuration.make()
  local status = configuration.report(done.problems, {})
  if status then return status end
  local lines = changes.lines(done, input)
  for _, line in ipairs(lines) do io.stdout:write(plain(line), "\n") end
  if #lines == 0 then io.stdout:write("the next start changes no file\n") end
  return #lines > 0 and 1 or 0
end
