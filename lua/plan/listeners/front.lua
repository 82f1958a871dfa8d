-- The addresses on which nginx listens for clients and other servers.

local bind = require "plan.listeners.bind"

local front = {}

front.TLS_PORT = 8448

---@class Front
---@field plain Listen[] plain HTTP, those of the main port first
---@field tls Listen[] with TLS; empty without a certificate
---@field address string literal address at which this machine reaches nginx
---@field url string

-- The addresses of the variable. "all" means all IPv4 addresses and, if the host has IPv6, all IPv6 addresses.
local function of_variable(view)
  local list = {}
  for _, address in ipairs(view.settings.NGINX_LISTEN_ADDRESS) do
    if address == "all" or address == "*" then list[#list + 1] = "0.0.0.0" end
    if address == "::" or (address == "all" and view.input.host.ipv6) then list[#list + 1] = "::" end
    if not (address == "all" or address == "*" or address == "::") then list[#list + 1] = address end
  end
  return list
end

local function add_listens(list, view, port, more)
  for _, address in ipairs(bind.of_port(view, port) or of_variable(view)) do
    list[#list + 1] = {address = address, port = port, what = more.what, place = more.place, hint = more.hint,
      fixed = more.fixed}
  end
end

local function plain_source(view, port)
  local place = (view.listeners.places or {})[port] -- missing if the user's own split.lua does not make it
  if place then return {what = "nginx", place = place, hint = "give that listener another port"} end
  return {what = "nginx", hint = "choose another port",
    place = view.settings.sources.SYNAPSE_HTTP_PORT or "SYNAPSE_HTTP_PORT"}
end

--- An address in the form for "address:port".
---@param address string
---@return string
function front.bracketed(address) return address:find(":", 1, true) and "[" .. address .. "]" or address end

local REACHED_AT = {["0.0.0.0"] = "127.0.0.1", ["::"] = "::1"}

--- Works out all addresses.
---@param view View
---@return Front
function front.of(view)
  local plain, tls, main = {}, {}, view.listeners.port
  add_listens(plain, view, main, plain_source(view, main))
  for _, port in ipairs(view.listeners.ports) do add_listens(plain, view, port, plain_source(view, port)) end
  if view.settings.SYNAPSE_TLS_CERT then
    add_listens(tls, view, front.TLS_PORT, {what = "nginx with TLS", fixed = true,
      place = view.settings.sources.SYNAPSE_TLS_CERT, hint = "unset SYNAPSE_TLS_CERT and SYNAPSE_TLS_KEY"})
  end
  local address = REACHED_AT[plain[1].address] or plain[1].address
  return {plain = plain, tls = tls, address = address,
    url = ("http://%s:%d"):format(front.bracketed(address), main)}
end

return front
