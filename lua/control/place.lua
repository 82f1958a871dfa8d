-- Where an instance and those who talk to it meet.

local place = {}

local NAME = "/control.sock"

--- The socket in it.
---@param runtime string
---@return string
function place.socket(runtime) return runtime .. NAME end

return place
