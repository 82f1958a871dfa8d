-- EDGE
-- `synlua version`: prints the versions of synlua, of what is built into it, and of Synapse.

local environment = require "input.environment"
local installed = require "input.installed"
local system = require "core.system"

---@return integer
return function()
  local built = system.versions()
  local synapse = installed.synapse(environment.places(system.environment()).python)
  io.stdout:write(("synlua %s\nLua %s, libuv %s, %s\n"):format(require "lib.version", built.lua, built.libuv,
    synapse and "Synapse " .. synapse.version or "no Synapse found"))
  return 0
end
