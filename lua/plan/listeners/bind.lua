-- Works out on which addresses a listener of homeserver.yaml listens, by Synapse's rules.

local address = require "settings.address"

local bind = {}

-- The addresses if none are given, and the words that Twisted replaces.
local DEFAULT, WORDS = {"::", "0.0.0.0"}, {[""] = "0.0.0.0", localhost = "127.0.0.1"}

-- Reads both forms of the option, the old one last.
local function said_by(listener)
  local list, old = {}, listener.bind_address
  for _, one in ipairs(listener.bind_addresses or {}) do list[#list + 1] = WORDS[one] or one end
  if old ~= nil and old ~= "" then list[#list + 1] = WORDS[old] or old end
  return list
end

local function is_address(one) return type(one) == "string" and (address.ipv4(one) or address.ipv6(one)) ~= nil end

--- The addresses as given. Returns nil and the reason if nginx cannot listen on them instead.
---@param listener table plain
---@return string[]|nil
---@return string? what
function bind.of(listener)
  local said = listener.bind_addresses
  if said ~= nil and type(said) ~= "table" then return nil, "has bind_addresses that are no list" end
  local list = said_by(listener)
  for _, one in ipairs(list) do
    if not is_address(one) then return nil, ("is bound to %s, which is no IP address"):format(tostring(one)) end
  end
  return #list > 0 and list or {table.unpack(DEFAULT)}
end

local function is_ipv6(one) return one:find(":", 1, true) ~= nil end

-- The address that stands for all replaces single ones.
local function of_family(list, wanted, all)
  local found, seen = {}, {}
  for _, one in ipairs(list) do
    if one == all then return {all} end
    if is_ipv6(one) == wanted and not seen[one] then found[#found + 1] = one end
    seen[one] = true
  end
  return found
end

--- The same for nginx, IPv4 first. nginx does not take IPv4 by an IPv6 address. On a host without IPv6, IPv6 addresses
--- are left out unless there are no others.
---@param list string[] of bind.of
---@param ipv6 boolean
---@return string[]
function bind.expand(list, ipv6)
  local four, six = of_family(list, false, "0.0.0.0"), of_family(list, true, "::")
  if six[1] == "::" then four = {"0.0.0.0"} end -- for Synapse "::" means both
  if not ipv6 and #four > 0 then six = {} end
  return table.move(six, 1, #six, #four + 1, four)
end

-- Whether the addresses can be reached only from this machine or container.
local function is_inner(list)
  for _, one in ipairs(list) do
    local four = address.ipv4(one)
    if one ~= "::1" and not (four and four[1] == 127) then return false end
  end
  return true
end

-- Whether nginx would be reachable nowhere else.
local function are_all_inner(listeners)
  for _, list in pairs(listeners.addresses) do
    if not is_inner(list) then return false end
  end
  return #listeners.sockets == 0
end

--- Whether the given addresses would make nginx unreachable. 127.0.0.1 is enough behind a proxy on the same machine. In
--- a container nobody could reach it, and nginx of the earlier images listened on every address, whatever the file
--- said. But a file that also names what others can reach means the difference.
---@param settings Settings
---@param listeners ListenerSplit
---@param port integer
---@return boolean
function bind.is_walled_in(settings, listeners, port)
  return port == listeners.said_port and settings.SYNLUA_CONTAINER and not settings.sources.NGINX_LISTEN_ADDRESS
    and are_all_inner(listeners)
end

bind.INNER = "127.0.0.1" -- of a port that nobody asked for

--- The addresses of a port with TLS that no variable gives. nil if NGINX_LISTEN_ADDRESS gives them.
---@param view View
---@param public PublicListener
---@param port integer
---@return string[]|nil
function bind.of_tls_port(view, public, port)
  if view.settings.sources.NGINX_LISTEN_ADDRESS then return end
  return bind.expand(public.tls_addresses[port], view.input.host.ipv6)
end

--- The addresses of a port of nginx that no variable gives. nil if NGINX_LISTEN_ADDRESS gives them.
---@param view View
---@param public PublicListener
---@param port integer
---@return string[]|nil
function bind.of_port(view, public, port)
  local settings, listeners = view.settings, view.listeners
  local said, sources = public.addresses[port], settings.sources
  if sources.NGINX_LISTEN_ADDRESS then return end
  if not said and port == settings.SYNAPSE_HTTP_FED_PORT then return end
  if not said then return listeners.inner and not sources.SYNAPSE_HTTP_PORT and {bind.INNER} or nil end
  if bind.is_walled_in(settings, listeners, port) then return end
  return bind.expand(said, view.input.host.ipv6)
end

return bind
