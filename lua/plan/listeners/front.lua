-- The addresses on which nginx listens for clients and other servers.

local bind = require "plan.listeners.bind"

local front = {}

local WITH_TLS = "nginx with TLS"

---@class FrontServer one public listener as nginx has it
---@field public PublicListener
---@field plain Listen[]
---@field tls Listen[]
---@field proxied? boolean whether connections begin with the PROXY protocol; it serves what the first one does

---@class Front
---@field servers FrontServer[] the one with the main port first
---@field plain Listen[] plain HTTP of all servers, those of the main port first
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

local function add_listens(list, view, addresses, more)
  for _, address in ipairs(addresses or of_variable(view)) do
    list[#list + 1] = {address = address, port = more.port, what = more.what, place = more.place, hint = more.hint,
      fixed = more.fixed, server = more.server}
  end
end

local OTHER = "give that listener another port"

local function plain_source(view, port)
  local place = (view.listeners.places or {})[port] -- missing if the user's own split.lua does not make it
  if place then return {port = port, what = "nginx", place = place, hint = OTHER} end
  local settings, name = view.settings, "SYNAPSE_HTTP_PORT"
  if port == settings.SYNAPSE_HTTP_FED_PORT and port ~= view.listeners.port then name = "SYNAPSE_HTTP_FED_PORT" end
  return {port = port, what = "nginx", hint = "choose another port", place = settings.sources[name] or name}
end

-- A port that a listener of the file has with TLS is not opened a second time for the variable.
local function add_tls(server, view, public)
  local said = view.settings.sources
  for _, port in ipairs(public.tls_ports or {}) do
    add_listens(server.tls, view, bind.of_tls_port(view, public, port), {port = port, what = WITH_TLS,
      place = view.listeners.tls_places[port], hint = OTHER})
  end
  local taken = {}
  for _, port in ipairs(view.listeners.tls_ports or {}) do taken[port] = true end
  for _, port in ipairs(public.tls and view.tls.ports or {}) do
    if not taken[port] then
      add_listens(server.tls, view, nil, {port = port, what = WITH_TLS, fixed = said.SYNLUA_TLS_PORTS == nil,
        place = said.SYNLUA_TLS_PORTS or said.SYNAPSE_TLS_CERT, hint = "name other ports in SYNLUA_TLS_PORTS"})
    end
  end
end

local function server_of(view, public)
  local server = {public = public, plain = {}, tls = {}}
  for _, port in ipairs(public.ports) do
    local more = plain_source(view, port)
    more.server = public.kind
    add_listens(server.plain, view, bind.of_port(view, public, port), more)
  end
  add_tls(server, view, public)
  return server
end

-- Ports for proxies that begin each connection with the PROXY protocol. They are a server of their own, because for
-- nginx the whole server takes the client's address either from there or from a header.
local function add_proxied(view, made)
  local server = {public = view.public[1], plain = {}, tls = {}, proxied = true}
  local place = view.settings.sources.SYNLUA_PROXY_PROTOCOL
  for _, port in ipairs(view.settings.SYNLUA_PROXY_PROTOCOL or {}) do
    add_listens(server.plain, view, nil, {port = port, what = "nginx with the PROXY protocol", place = place,
      hint = "choose another port", server = "proxied"})
  end
  if #server.plain > 0 then made.servers[#made.servers + 1] = server end
  table.move(server.plain, 1, #server.plain, #made.plain + 1, made.plain)
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
  local made = {servers = {}, plain = {}, tls = {}}
  for at, public in ipairs(view.public) do
    local server = server_of(view, public)
    made.servers[at] = server
    table.move(server.plain, 1, #server.plain, #made.plain + 1, made.plain)
    table.move(server.tls, 1, #server.tls, #made.tls + 1, made.tls)
  end
  add_proxied(view, made)
  made.address = REACHED_AT[made.plain[1].address] or made.plain[1].address
  made.url = ("http://%s:%d"):format(front.bracketed(made.address), view.listeners.port)
  return made
end

return front
