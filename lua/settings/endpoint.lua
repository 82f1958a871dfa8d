-- An address with a port on which something listens: 127.0.0.1:9090, [::1]:9090, or all:9090.

local address = require "settings.address"

local endpoint = {}

local HINT = "write ADDRESS:PORT, such as 127.0.0.1:%d or [::1]:%d, or all:%d"
local ALL = {[""] = true, all = true, ["*"] = true, ["0.0.0.0"] = true, ["::"] = true}

local function is_port(digits)
  local port = #digits <= 5 and tonumber(digits)
  return port and port >= 1 and port <= 65535
end

--- Reads such a text. The address "all" stands for every IPv4 and IPv6 address.
---@param text string
---@return string? address
---@return integer? port
function endpoint.split(text)
  local host, digits = text:match "^%[(.*)%]:(%d+)$"
  local is_six = host ~= nil
  if not is_six then host, digits = text:match "^([^:]*):(%d+)$" end
  if not host or not is_port(digits) then return end
  if ALL[host:lower()] then return "all", math.tointeger(tonumber(digits)) end
  if not (is_six and address.ipv6(host) or not is_six and address.ipv4(host)) then return end
  return host:lower(), math.tointeger(tonumber(digits))
end

--- The text in one spelling.
---@param host string
---@param port integer
---@return string
function endpoint.text(host, port) return (host:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(host, port) end

--- A kind of values; see settings/kinds.lua.
---@param value string
---@param entry {port: integer} the port of examples
---@return string?
---@return string? what
---@return string? hint
function endpoint.read(value, entry)
  local host, port = endpoint.split(value)
  if host then return endpoint.text(host, port) end
  return nil, "must be an IP address and a port", HINT:format(entry.port, entry.port, entry.port)
end

return endpoint
