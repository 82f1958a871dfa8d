-- On which addresses a listener of homeserver.yaml listens, as Synapse means it.

local address = require "settings.address"

local bind = {}

-- Where none are said; what Twisted makes of words.
local DEFAULT, WORDS = {"::", "0.0.0.0"}, {[""] = "0.0.0.0", localhost = "127.0.0.1"}

-- Both forms, the old one last.
local function said_by(listener)
  local list, old = {}, listener.bind_address
  for _, one in ipairs(listener.bind_addresses or {}) do list[#list + 1] = WORDS[one] or one end
  if old ~= nil and old ~= "" then list[#list + 1] = WORDS[old] or old end
  return list
end

local function is_address(one) return type(one) == "string" and (address.ipv4(one) or address.ipv6(one)) ~= nil end

--- The addresses, as they are said; nil and why where nginx could not take them over.
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

-- An address of all takes the place of single ones.
local function of_family(list, wanted, all)
  local found, seen = {}, {}
  for _, one in ipairs(list) do
    if one == all then return {all} end
    if is_ipv6(one) == wanted and not seen[one] then found[#found + 1] = one end
    seen[one] = true
  end
  return found
end

--- The same for nginx, where every IPv6 address is no IPv4 one, IPv4 first. A host without IPv6 has none of these,
--- unless they are all there is.
---@param list string[] of bind.of
---@param ipv6 boolean
---@return string[]
function bind.expand(list, ipv6)
  local four, six = of_family(list, false, "0.0.0.0"), of_family(list, true, "::")
  if six[1] == "::" then four = {"0.0.0.0"} end -- one socket for both
  if not ipv6 and #four > 0 then six = {} end
  return table.move(six, 1, #six, #four + 1, four)
end

-- Whether only this machine, or this container, can get there.
local function is_inner(list)
  for _, one in ipairs(list) do
    local four = address.ipv4(one)
    if one ~= "::1" and not (four and four[1] == 127) then return false end
  end
  return true
end

--- Behind a proxy on the same machine 127.0.0.1 is enough; in a container nobody gets there, and the images before had
--- their nginx on every address whatever the file said.
---@param settings Settings
---@param listeners ListenerSplit
---@param port integer
---@return boolean
function bind.is_walled_in(settings, listeners, port)
  return port == listeners.said_port and settings.SYNLUA_CONTAINER and not settings.sources.NGINX_LISTEN_ADDRESS
    and is_inner(listeners.addresses[port])
end

--- The addresses that homeserver.yaml gives to a port of nginx's; nil where NGINX_LISTEN_ADDRESS says them.
---@param view View
---@param port integer
---@return string[]|nil
function bind.of_port(view, port)
  local settings, listeners = view.settings, view.listeners
  local said = (listeners.addresses or {})[port] -- a user's own split.lua may know none
  if not said or settings.sources.NGINX_LISTEN_ADDRESS or bind.is_walled_in(settings, listeners, port) then return end
  return bind.expand(said, view.input.host.ipv6)
end

return bind
