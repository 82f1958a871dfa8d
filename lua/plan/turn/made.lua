-- Where coturn listens, from where it relays and to whom, and the addresses that clients are told.

local address = require "settings.address"
local document = require "lib.document"
local layers = require "input.layers"
local peers = require "plan.turn.peers"
local records = require "lib.records"
local tls = require "plan.turn.tls"

local SWITCH = "SYNAPSE_ENABLE_BUILTIN_COTURN"

local function source(view, name) return view.settings.sources[name] or name end

local function lacks(view)
  local host = view.input.host
  if not host.programs.coturn then
    return {where = source(view, SWITCH), what = "needs coturn, which is not installed",
      hint = "apt-get install coturn, or unset it"}
  elseif not view.users.coturn then
    return {where = host.programs.coturn, what = "has no user turnserver to run as", hint = "add that user"}
  elseif not host.addresses then
    return {where = source(view, SWITCH), what = "is set by init.lua, which is too late for it",
      hint = "set it in the environment"}
  end
end

local function family(literal) return address.ipv4(literal) and "four" or "six" end

-- Where it listens, and from where it relays.
local function places(view)
  local own, said = view.input.host.addresses, view.settings.COTURN_INTERNAL_IP
  if said then return said, said end
  local listening = table.move(own.six, 1, #own.six, #own.four + 1, {table.unpack(own.four)})
  local relays = {own.routed.four}
  relays[#relays + 1] = own.routed.six
  -- A machine without a network has itself.
  return listening, #relays > 0 and relays or {listening[1]}
end

local function of_family(list, wanted)
  for _, one in ipairs(list) do
    if family(one) == wanted then return one end
  end
end

-- The public address, where it is another one than that of relays. coturn also takes PUBLIC/OWN, but allows peers at
-- OWN then.
local function external(view, relays, problems)
  local said = view.settings.COTURN_EXTERNAL_IP
  local public = type(said) == "table" and said[1]
  if not public then return end
  local own, spelled = of_family(relays, family(public)), peers.spelled
  if not own then
    problems[#problems + 1] = {where = source(view, "COTURN_EXTERNAL_IP"),
      what = ("is %s, but this machine has no address of that family to relay from"):format(public),
      hint = "unset it, or give the machine (the container) such an address"}
  elseif spelled(own) ~= spelled(public) then
    return public
  end
end

-- Whom its start asks for the public address. The URL stands in arguments and in log lines.
local function asked(view, problems)
  local settings = view.settings
  local url = settings.COTURN_EXTERNAL_IP == "auto" and settings.COTURN_EXTERNAL_IP_URL or nil
  if url and url:find "^%a+://[^/?#]*@" then
    problems[#problems + 1] = {where = source(view, "COTURN_EXTERNAL_IP_URL"),
      what = "has a name or a password in it, which arguments and log lines would show",
      hint = "name a service that needs none"}
  end
  return url
end

-- The relays of a public address that is another one: coturn tells it to clients for relays of both families.
local function of_public(made)
  local public = made.external
  local one = public and of_family(made.relays, family(public)) or made.asks and made.relays[1]
  return one and {one} or made.relays
end

-- Says when nobody outside could reach relays.
local function warn(view, made, warnings)
  if view.settings.COTURN_EXTERNAL_IP or not peers.is_special(made.relays[1]) then return end
  warnings[#warnings + 1] = {where = "COTURN_EXTERNAL_IP",
    what = ("is not set, and relays have the address %s, which others cannot reach"):format(made.relays[1]),
    hint = "set it to this server's public address, or to auto"}
end

-- The name under which clients find this machine.
local function host_of(view)
  local given = view.admin.document and document.plain(view.admin.document) or {}
  local base = given.public_baseurl or view.settings.SYNAPSE_PUBLIC_BASEURL
  local authority = type(base) == "string" and base:match "^%a+://([^/?#]+)" or view.server_name
  return authority:match "^(%[.-%])" or authority:match "^([^:]+)"
end

local function uris(view, made)
  local settings, host = view.settings, host_of(view)
  local plain = ("turn:%s:%d?transport="):format(host, settings.COTURN_LISTENING_PORT)
  local list = {plain .. "udp", plain .. "tcp"}
  if made.tls then list[3] = ("turns:%s:%d?transport=tcp"):format(host, settings.COTURN_TLS_LISTENING_PORT) end
  return list
end

-- Warns where homeserver.yaml names servers itself: clients then hear of those alone.
local function warn_of_others(view, warnings)
  local given = view.admin.document and document.plain(view.admin.document) or {}
  if given.turn_uris == nil then return end
  warnings[#warnings + 1] = {where = layers.place(view.admin.layers, "turn_uris"),
    what = "turn_uris says which servers clients are told of; the built-in coturn is told of only if it is among them",
    hint = "take turn_uris out, or unset " .. source(view, SWITCH)}
end

-- To whom it relays. What is allowed counts before what is denied.
local function add_peers(view, made)
  local settings, own = view.settings, view.input.host.addresses
  local all = table.move(own.six, 1, #own.six, #own.four + 1, {table.unpack(own.four)})
  made.denied, made.allowed = peers.denied(all), {}
  local function allow(range) made.allowed[#made.allowed + 1] = range end
  for _, network in ipairs(settings.COTURN_ALLOWED_PEERS or {}) do allow(peers.range(network)) end
  for _, literal in ipairs(settings.COTURN_RELAY_TO_RELAY and made.relays or {}) do allow(peers.single(literal)) end
end

--- What is known of coturn. false: it cannot run.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return Turn|false
return function(view, problems, warnings)
  local settings = view.settings
  local problem = lacks(view)
  if problem then
    problems[#problems + 1] = problem
    return false
  end
  local made = {program = view.input.host.programs.coturn, user = view.users.coturn,
    realm = settings.COTURN_REALM or view.server_name, secret = view.paths.data .. "/" .. records.TURN}
  made.listening, made.relays = places(view)
  made.external = external(view, made.relays, problems)
  made.asks = asked(view, problems)
  made.relays = of_public(made)
  made.measured = settings.COTURN_METRICS and settings.SYNAPSE_METRICS or nil
  made.tls = tls.of(view, problems)
  add_peers(view, made)
  made.uris = uris(view, made)
  warn(view, made, warnings)
  warn_of_others(view, warnings)
  return made
end
