-- EDGE
-- `synlua logs NAME`: shows the last lines of a service, and with -f also the new ones.

local client = require "control.client"
local plain = require("core.log").plain

---@param arguments {name: string, lines: integer, follow?: boolean}
---@return integer
return function(arguments)
  io.stdout:setvbuf(arguments.follow and "line" or "full")
  local broken
  local done, why, ended = client.ask({verb = "logs", name = arguments.name, lines = arguments.lines,
    follow = arguments.follow}, function(answer)
    if answer.skipped then
      io.stderr:write(("synlua: %d lines were left out: they were not read in time\n"):format(answer.skipped))
    elseif not io.stdout:write(plain(answer.line), "\n") then
      broken = true
      return false
    end
  end, not arguments.follow and 3000)
  if broken or (done and not done.error) then return 0 end
  if arguments.follow and ended then return 0 end
  return client.fail(why or done.error)
end
