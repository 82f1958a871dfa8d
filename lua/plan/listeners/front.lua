-- Where nginx listens for clients and other servers.

local bind = require "plan.listeners.bind"

local front = {}

front.TLS_PORT = 8448

---@class Listen
---@field address string
---@field port integer
---@field service? string which listens; set where the plan gathers them
---@field variable? string that sets the port

---@class Front
---@field plain Listen[] plain HTTP, the main port's first
---@field tls Listen[] with TLS; empty without a certificate
---@field address string literal address at which this machine reaches nginx
---@field url string

-- The addresses of the variable: "all" is every IPv4 and, where the host has it, every IPv6 one.
local function of_variable(view)
  local list = {}
  for _, address in ipairs(view.settings.NGINX_LISTEN_ADDRESS) do
    if address == "all" or address == "*" then list[#list + 1] = "0.0.0.0" end
    if address == "::" or (address == "all" and view.input.host.ipv6) then list[#list + 1] = "::" end
    if not (address == "all" or address == "*" or address == "::") then list[#list + 1] = address end
  end
  return list
end

local function add_listens(list, view, port)
  for _, address in ipairs(bind.of_port(view, port) or of_variable(view)) do
    list[#list + 1] = {address = address, port = port}
  end
end

--- An address as it stands before a port.
---@param address string
---@return string
function front.bracketed(address) return address:find(":", 1, true) and "[" .. address .. "]" or address end

local REACHED_AT = {["0.0.0.0"] = "127.0.0.1", ["::"] = "::1"}

--- All of it.
---@param view View
---@return Front
function front.of(view)
  local plain, tls, main = {}, {}, view.listeners.port
  add_listens(plain, view, main)
  for _, port in ipairs(view.listeners.ports) do add_listens(plain, view, port) end
  if view.settings.SYNAPSE_TLS_CERT then add_listens(tls, view, front.TLS_PORT) end
  local address = REACHED_AT[plain[1].address] or plain[1].address
  return {plain = plain, tls = tls, address = address,
    url = ("http://%s:%d"):format(front.bracketed(address), main)}
end

return front
