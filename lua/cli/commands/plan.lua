-- EDGE
-- `synlua plan`: shows what would run.

local describe = require "plan.describe"
local overrides = require "input.overrides"
local plain = require("core.log").plain
local configuration = require "cli.configuration"
local running = require "cli.running"

---@param arguments {json?: boolean}
---@return integer
return function(arguments)
  local done, input = configuration.make()
  local status = configuration.report(done.problems, done.warnings)
  if status then return status end
  running.note(done, input)
  if arguments.json then
    io.stdout:write(describe.json(done.plan, require("dkjson").encode))
  else
    io.stdout:write(plain(describe.text(done.plan)))
    for _, path in ipairs(overrides.paths()) do
      io.stdout:write("taken from the user directory: ", plain(path), "\n")
    end
  end
  return 0
end
