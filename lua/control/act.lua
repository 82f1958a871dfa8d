-- EDGE
-- What `synlua start`, `stop` and `restart` have in common.

local client = require "control.client"

local REACH = 5 -- s beyond the instance's own limit

local act = {}

--- Asks for it and says how it went.
---@param verb "start"|"stop"|"restart"
---@param arguments {names: string[], seconds: integer}
---@return integer status
function act.run(verb, arguments)
  require("core.control").release_signals()
  local done, why = client.ask({verb = verb, names = arguments.names, seconds = arguments.seconds}, function(answer)
    local to = answer.ok and io.stdout or io.stderr
    to:write(answer.ok and "" or "synlua: ", answer.text, "\n")
    to:flush()
  end, (arguments.seconds + REACH) * 1000)
  if not done or done.error then return client.fail(why or done.error) end
  return done.ok and 0 or 1
end

return act
