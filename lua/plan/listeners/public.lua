-- What nginx serves, and where: the admin's listeners that serve the same in the same way are one.

local clients = require "plan.listeners.clients"
local later = require "lib.later"
local shape = later "plan.listeners.shape" ---@module "plan.listeners.shape"
local tables = require "lib.tables"

local public = {}

---@class PublicListener
---@field kind string the address of main behind it: "public", "public_2", ...
---@field resources table<string, boolean> what it serves, and nothing else
---@field ports integer[]
---@field addresses table<integer, string[]> of each port by Synapse's rules; missing where a variable gives them
---@field tls_ports integer[] those with TLS, beside the ports of SYNLUA_TLS_PORTS
---@field tls_addresses table<integer, string[]> of each of them
---@field sockets {path: string, mode?: integer}[]
---@field tls boolean whether it is also what the ports of SYNLUA_TLS_PORTS serve
---@field compress boolean
---@field client ClientAddress who it takes a client to be
---@field additional? table what modules add
---@field tag? string
---@field request_id_header? string

local function new(resources, listener)
  return {resources = resources, ports = {}, addresses = {}, tls_ports = {}, tls_addresses = {}, sockets = {},
    tls = false, compress = listener.resources ~= nil and shape.compresses(listener), client = clients.of(listener),
    tag = listener.tag, request_id_header = listener.request_id_header, additional = listener.additional_resources}
end

-- One text for listeners that serve the same. What modules add is compared by no text.
local function key_of(made, listener)
  if made.additional then return listener end
  return table.concat({table.concat(tables.keys(made.resources), " "), tostring(made.compress),
    tostring(made.client.x_forwarded), tostring(made.tag), tostring(made.request_id_header)}, "\n")
end

local function add_place(made, taken)
  if taken.path then
    made.sockets[#made.sockets + 1] = {path = taken.path, mode = taken.listener.mode}
    return
  end
  local port, ports, addresses = taken.port, made.ports, made.addresses
  if taken.tls then ports, addresses = made.tls_ports, made.tls_addresses end
  if not addresses[port] then ports[#ports + 1] = port end
  local all = addresses[port] or {}
  addresses[port] = table.move(taken.addresses, 1, #taken.addresses, #all + 1, all)
end

local function joined(all)
  local list, by_key = {}, {}
  for _, taken in ipairs(all) do
    local names = tables.copy(taken.names)
    names.health, names.replication = nil, nil -- every listener has the one, and none of these the other
    local made = new(names, taken.listener)
    local key = key_of(made, taken.listener)
    by_key[key] = by_key[key] or made
    if by_key[key] == made then list[#list + 1] = made end
    add_place(by_key[key], taken)
  end
  return list
end

local function first(list, holds)
  for at, one in ipairs(list) do
    if holds(one) then return at end
  end
end

-- The one with nginx's main port, which a port of no listener's belongs to as well.
local function main_of(list, listeners)
  return first(list, function(one) return one.addresses[listeners.port] ~= nil and one.resources.client end)
    or first(list, function(one) return one.addresses[listeners.port] ~= nil end)
    or first(list, function(one) return one.resources.client end) or 1
end

-- Ports of other listeners stand behind the main one in their order.
local function main_port_first(made, port)
  local ports = {port}
  for _, one in ipairs(made.ports) do
    if one ~= port then ports[#ports + 1] = one end
  end
  made.ports = ports
end

-- The socket of a variable leads to what clients get elsewhere.
local function add_socket(list, path)
  for _, one in ipairs(list) do
    for _, socket in ipairs(one.sockets) do
      if socket.path == path then return end
    end
  end
  local made = list[first(list, function(one) return one.resources.client end) or 1]
  made.sockets[#made.sockets + 1] = {path = path}
end

-- The port of a variable for other servers alone, unless a listener has that port.
local function add_federation(view, list, port, problems)
  local where = view.settings.sources.SYNAPSE_HTTP_FED_PORT
  for _, one in ipairs(list) do
    for _, other in ipairs(one.ports) do
      if other == port and not one.resources.federation then
        problems[#problems + 1] = {where = where, hint = "choose another port",
          what = ("is %d, but %s gives this port to a listener without federation"):format(port,
            view.listeners.places[port] or "SYNAPSE_HTTP_PORT")}
      end
      if other == port then return end
    end
  end
  local made = new({federation = true}, {})
  -- It is one more place of the listener that other servers have, or of the main one.
  made.client = list[first(list, function(one) return one.resources.federation end) or 1].client
  made.ports[1] = port
  list[#list + 1] = made
end

--- What nginx serves, the listener with the main port first. Without any of the admin's, it is what clients and other
--- servers need. Other servers use the port for TLS, so it serves what the first listener for them does.
---@param view View
---@param problems Problem[]
---@return PublicListener[]
function public.of(view, problems)
  local listeners = view.listeners
  local list = joined(listeners.taken or {}) -- missing if the user's own split.lua does not make it
  if #list == 0 then
    -- The documented set-up has a proxy in front.
    list[1] = new({client = true, federation = true}, {x_forwarded = true})
    for _, port in ipairs(listeners.ports) do table.insert(list[1].ports, port) end
    for _, path in ipairs(listeners.sockets) do table.insert(list[1].sockets, {path = path}) end
  end
  table.insert(list, 1, table.remove(list, main_of(list, listeners)))
  main_port_first(list[1], listeners.port)
  if view.settings.NGINX_LISTEN_UNIX_SOCKET then add_socket(list, view.settings.NGINX_LISTEN_UNIX_SOCKET) end
  local port = view.settings.SYNAPSE_HTTP_FED_PORT
  if port then add_federation(view, list, port, problems) end
  list[first(list, function(one) return one.resources.federation end) or 1].tls = true
  for at, one in ipairs(list) do one.kind = at == 1 and "public" or "public_" .. at end
  return list
end

return public
