-- EDGE
-- `synlua route METHOD PATH`: shows which process serves a request. `synlua route -` reads lines of METHOD PATH.

local not_synapse = require "plan.routes.not_synapse"
local lookup = require "plan.routes.lookup"
local configuration = require "cli.configuration"
local running = require "cli.running"

local EX_USAGE = 64

local function lines(explained)
  for line in io.stdin:lines() do
    local method, target = line:match "^(%S+)%s+(%S+)%s*$"
    if not method then
      io.stderr:write(("synlua route: %q is not METHOD PATH\n"):format(line))
      return EX_USAGE
    end
    io.stdout:write(lookup.line(explained(method, target)), "\n")
  end
  return 0
end

---@param arguments {method: string, path?: string}
---@return integer
return function(arguments)
  if arguments.method ~= "-" and not arguments.path then
    io.stderr:write("synlua route: give METHOD PATH, or - to read such lines from standard input\n")
    return EX_USAGE
  end
  local done, input = configuration.make()
  local status = configuration.report(done.problems, done.warnings)
  if status then return status end
  running.note(done, input)
  local explained = lookup.make(done.plan.routes, not_synapse.of(done.view))
  if arguments.method == "-" then return lines(explained) end
  io.stdout:write(lookup.text(explained(arguments.method:upper(), arguments.path)))
  return 0
end
