-- EDGE
-- `synlua check`: validates everything and lets nginx try its file; starts and changes nothing.

local preflight = require "preflight"
local start = require "start"
local trial = require "trial"

---@return integer|nil
return function()
  local done, input = start.prepare()
  if #done.problems == 0 then
    for _, problem in ipairs(preflight.check(done.plan, input, {beside_running = true})) do
      done.problems[#done.problems + 1] = problem
    end
  end
  local status = start.report(done.problems, done.warnings)
  if status then return status end
  return trial.nginx(input)
end
