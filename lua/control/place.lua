-- The place of the control socket, for the running instance and for commands that talk to it.

local place = {}

local NAME = "/control.sock"

--- The path of the socket in the runtime directory.
---@param runtime string
---@return string
function place.socket(runtime) return runtime .. NAME end

return place
