-- Whose word counts for the address and the scheme with which a request came: one decision from the variables and from
-- `x_forwarded` of the admin's listeners.

local networks = require "settings.networks"
local said = require "plan.nginx.said"

local trust = {}

---@class Trust
---@field networks string[] of trusted proxies, in CIDR form; empty: none is trusted
---@field unix boolean whether whoever connects to a Unix socket of nginx is trusted
---@field listeners table<string, boolean> kinds of public listeners that have a proxy in front
---@field said string what the start says of it

local SOURCE = "SYNLUA_TRUSTED_PROXIES"

local function add_name(view, name, list, problems)
  local found = (view.input.resolved or {})[name] or {error = "it was not known when names were resolved"}
  for _, one in ipairs(found.addresses or {}) do list[#list + 1] = networks.network(one) end
  if found.error then
    problems[#problems + 1] = {where = view.settings.sources[SOURCE] or SOURCE,
      what = ("names %s, which does not resolve: %s"):format(name, found.error),
      hint = "start that container first, in a network of this one, or write its network, such as 172.18.0.0/16"}
  end
end

-- Each network once, because nginx warns of a second one.
local function sorted(list)
  local made, seen = {}, {}
  for _, one in ipairs(list) do
    if not seen[one] then made[#made + 1] = one end
    seen[one] = true
  end
  table.sort(made)
  return made
end

local function places(public)
  local list = {}
  for at, port in ipairs(public.ports) do list[at] = "port " .. port end
  for _, socket in ipairs(public.sockets) do list[#list + 1] = socket.path end
  return table.concat(list, ", ")
end

local function words(view, made)
  local source, without = view.settings.sources[SOURCE], {}
  local proxied = view.settings.SYNLUA_PROXY_PROTOCOL ~= nil
  for _, public in ipairs(view.public) do
    if not made.listeners[public.kind] then without[#without + 1] = places(public) end
  end
  if #without == #view.public and not source and not proxied then
    return "trusted proxies: none, as no listener in homeserver.yaml has x_forwarded: true"
  end
  local rest = #without > 0 and (proxied or #without < #view.public) and "; not on " .. table.concat(without, ", ")
    or ""
  return ("trusted proxies: %s%s"):format(said.of(view.settings, SOURCE), rest)
end

local EVERYBODY = {["0.0.0.0/0"] = true, ["::/0"] = true}

local function warn(view, made, problems, warnings)
  for _, network in ipairs(made.networks) do
    if EVERYBODY[network] then
      warnings[#warnings + 1] = {where = view.settings.sources[SOURCE] or SOURCE,
        what = ("trusts everybody (%s): each client may claim any address, and so pass every limit"):format(network),
        hint = "name the networks of your proxies alone"}
    end
  end
  if view.settings.SYNLUA_PROXY_PROTOCOL and #made.networks == 0 then
    problems[#problems + 1] = {where = "SYNLUA_PROXY_PROTOCOL", what = "opens ports for proxies, but none is trusted",
      hint = "name the proxies in " .. SOURCE}
  end
end

--- Works out who is trusted. A listener of the admin's trusts as Synapse would, if it says x_forwarded, but only the
--- trusted networks: Synapse would believe every client. The variable, if it is set, decides for all listeners.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return Trust
function trust.make(view, problems, warnings)
  local made, list = {unix = false, listeners = {}}, {}
  for _, item in ipairs(view.settings[SOURCE]) do
    if item == "unix" then
      made.unix = true
    elseif networks.is_name(item) then
      add_name(view, item, list, problems)
    else
      list[#list + 1] = item
    end
  end
  made.networks = sorted(list)
  for _, public in ipairs(view.public) do
    made.listeners[public.kind] = (#list > 0 or made.unix)
      and (public.client.x_forwarded or view.settings.sources[SOURCE] ~= nil)
  end
  warn(view, made, problems, warnings)
  made.said = words(view, made)
  return made
end

return trust
