-- EDGE
-- `synlua plan`: shows what would run.

local describe = require "plan.describe"
local overrides = require "input.overrides"
local plain = require("core.log").plain
local configuration = require "cli.configuration"
local running = require "cli.running"

---@param arguments {json?: boolean, svg?: boolean}
---@return integer
return function(arguments)
  local done, input = configuration.make()
  local status = configuration.report(done.problems, done.warnings)
  if status then return status end
  running.note(done, input)
  if arguments.json then
    io.stdout:write(describe.json(done.plan, require("dkjson").encode))
  elseif arguments.svg then
    io.stdout:write(require "files.plan_svg".text(require "plan.grouped".of(done.plan, input.worker_types)))
  else
    io.stdout:write(plain(describe.text(done.plan)))
    for _, path in ipairs(overrides.paths()) do
      io.stdout:write("taken from the user directory: ", plain(path), "\n")
    end
  end
  return 0
end
