-- EDGE
-- `synlua logs [NAME...]`: shows the last lines of services, and with -f also the new ones.

local client = require "control.client"
local colours = require "cli.colours"
local plain = require("core.log").plain

-- Of one service the lines are shown as it wrote them, of several with its name.
local function show(one, answer)
  local line = plain(answer.line)
  if one then return io.stdout:write(line, "\n") end
  return io.stdout:write(colours.name(answer.name), " | ", line, "\n")
end

---@param arguments {names: string[], lines: integer, follow?: boolean}
---@return integer
return function(arguments)
  io.stdout:setvbuf(arguments.follow and "line" or "full")
  local broken
  local names = arguments.names
  local done, why, ended = client.ask({verb = "logs", names = names, all = #names == 0, lines = arguments.lines,
    follow = arguments.follow}, function(answer)
    if answer.skipped then
      io.stderr:write(("synlua: %d lines were left out: they were not read in time\n"):format(answer.skipped))
    elseif not show(#names == 1, answer) then
      broken = true
      return false
    end
  end, not arguments.follow and 3000)
  if broken or (done and not done.error) then return 0 end
  if arguments.follow and ended then return 0 end
  return client.fail(why or done.error)
end
