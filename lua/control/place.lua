-- Where an instance and those who talk to it meet.

local place = {}

local NAME = "/control.sock"

--- The runtime directory as an environment says it; a command needs nothing else of what `run` had.
---@param environment table<string, string>
---@return string
function place.runtime(environment)
  local given = environment.SYNLUA_RUNTIME_DIR
  return given and given ~= "" and (given:gsub("(.)/+$", "%1")) or "/run/synlua"
end

--- The socket in it.
---@param runtime string
---@return string
function place.socket(runtime) return runtime .. NAME end

return place
