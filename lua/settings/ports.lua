-- Reads a list of ports.

local text = require "lib.text"

local ports = {}

local HINT = "write them with commas, such as 443,8448"

--- The ports of a text, in their order.
---@param value string
---@return integer[]|nil
---@return string? what
---@return string? hint
function ports.of(value)
  local list, seen = {}, {}
  for item in (value .. ","):gmatch "([^,]*)," do
    local digits = text.trimmed(item)
    local port = digits:find "^%d+$" and math.tointeger(tonumber(digits))
    if not port or port < 1 or port > 65535 then return nil, "must be port numbers from 1 to 65535", HINT end
    if seen[port] then return nil, "names one port twice", HINT end
    seen[port], list[#list + 1] = true, port
  end
  return list
end

return ports
