-- EDGE
-- `synlua health`: for health checks of containers. Writes one line and ends with 0 or 1. The running instance decides.

local client = require "control.client"
local plain = require("core.log").plain

---@return integer
return function()
  local answer, why = client.ask {verb = "health"}
  if not answer or answer.error then
    io.stdout:write("not healthy: ", plain(why or answer.error), "\n")
    return 1
  end
  io.stdout:write(plain(answer.text), "\n")
  return answer.healthy and 0 or 1
end
