-- Kinds of values that variables of metrics have: an address with or without a port, and a token.

local address = require "settings.address"

local kinds = {}

local HINT = "write 127.0.0.1:9101, [::1]:9101, 0.0.0.0 (every IPv4) or :: (every IPv6); no name is looked up"

--- Address and port; the port is nil where the text has none.
---@param value string
---@return string? literal
---@return integer? port
function kinds.parts(value)
  local literal, digits = value, nil
  if value:find "^%[" then
    literal, digits = value:match "^%[([%x:.]+)%](.*)$"
  elseif address.ipv4(value:match "^[^:]*") then
    literal, digits = value:match "^([^:]*)(.*)$"
  end
  if not literal or not (address.ipv4(literal) or address.ipv6(literal)) then return nil end
  if not digits or digits == "" then return literal:lower() end
  local port = digits:find "^:%d%d?%d?%d?%d?$" and math.tointeger(tonumber(digits:sub(2)))
  if port and port >= 1 and port <= 65535 then return literal:lower(), port end
end

--- An address as it is said.
function kinds.metrics_address(value)
  if kinds.parts(value) then return value end
  return nil, "must be an IP address, with or without a port", HINT
end

--- What an HTTP header can hold, and long enough that nobody guesses it.
function kinds.token(value)
  if value:find "^[%w%-._~+/=]+$" and #value >= 16 and #value <= 256 then return value end
  return nil, "must be 16 to 256 letters, digits and - . _ ~ + / =", "write random ones, as openssl rand -hex 32 does"
end

return kinds
