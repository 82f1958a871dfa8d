-- EDGE
-- `synlua start|stop|restart NAME...`: sends the request to the running instance, and waits until it is done.

local client = require "control.client"

local REACH = 5 -- s that the command waits longer than the instance

---@param arguments {command: "start"|"stop"|"restart", names: string[], seconds: integer}
---@return integer status
return function(arguments)
  local request = {verb = arguments.command, names = arguments.names, seconds = arguments.seconds}
  local done, why = client.ask(request, function(answer)
    local to = answer.ok and io.stdout or io.stderr
    to:write(answer.ok and "" or "synlua: ", answer.text, "\n")
    to:flush()
  end, (arguments.seconds + REACH) * 1000)
  if not done or done.error then return client.fail(why or done.error) end
  return done.ok and 0 or 1
end
