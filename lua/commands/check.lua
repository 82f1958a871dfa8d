-- EDGE
-- `synlua check`: validates everything and lets nginx try its file; starts and changes nothing.

local start = require "start"
local trial = require "trial"

---@return integer|nil
return function()
  local done, input = start.prepare()
  start.preflight(done, input, {beside_running = true})
  local status = start.report(done.problems, done.warnings)
  if status then return status end
  return trial.nginx(input)
end
