-- Checks the variables of coturn together; see settings/checks.lua.

local topic = require "settings.schema.coturn"

local checks = {}

local SWITCH = "SYNAPSE_ENABLE_BUILTIN_COTURN"
local HOUSE = {[SWITCH] = true}

--- What is set for nothing.
function checks.coturn_idle(case)
  if case.settings[SWITCH] then
    if case.given "COTURN_EXTERNAL_IP_URL" and case.settings.COTURN_EXTERNAL_IP ~= "auto" then
      case.warning(case.sources.COTURN_EXTERNAL_IP_URL, "no effect without COTURN_EXTERNAL_IP=auto",
        "set that, or unset this")
    end
    if case.settings.COTURN_METRICS and not case.settings.SYNAPSE_METRICS then
      case.warning(case.sources.COTURN_METRICS, "no effect without metrics", "set SYNAPSE_METRICS=yes, or unset this")
    end
    return
  end
  local names = {}
  for _, entry in ipairs(topic.entries) do
    local name = entry.name
    if not HOUSE[name] and case.given(name) and case.settings[name] ~= entry.default then
      names[#names + 1] = case.sources[name]
    end
  end
  if #names > 0 and case.sound(SWITCH) then
    case.warning(table.concat(names, ", "), "no effect without " .. SWITCH, "set it to yes, or unset these")
  end
end

--- The ports of coturn against each other. The plan compares them with all others.
function checks.coturn_ports(case)
  local settings, sources = case.settings, case.sources
  local low, high = settings.COTURN_MIN_PORT, settings.COTURN_MAX_PORT
  local port = settings.COTURN_LISTENING_PORT
  local sound = case.sound("COTURN_MIN_PORT", "COTURN_MAX_PORT", "COTURN_LISTENING_PORT")
  if not settings[SWITCH] or not sound then return end
  if low > high then
    case.problem(sources.COTURN_MIN_PORT or sources.COTURN_MAX_PORT,
      ("makes relays begin at port %d and end at %d"):format(low, high),
      "set COTURN_MIN_PORT to at most COTURN_MAX_PORT")
  elseif port >= low and port <= high then
    case.problem(sources.COTURN_LISTENING_PORT or sources.COTURN_MIN_PORT or sources.COTURN_MAX_PORT,
      ("makes port %d one for clients and one of the relays (%d to %d)"):format(port, low, high),
      "take other ports for relays: COTURN_MIN_PORT, COTURN_MAX_PORT")
  end
end

--- Networks that would let clients reach everything, and those to which coturn never relays.
function checks.coturn_peers(case)
  for _, network in ipairs(case.settings.COTURN_ALLOWED_PEERS or {}) do
    local source = case.sources.COTURN_ALLOWED_PEERS
    if network == "unix" then
      case.problem(source, "names unix, which is no network", "write networks such as 192.168.7.0/24")
    elseif network:find "/0$" then
      case.problem(source, ("allows every peer (%s): clients could reach this machine and everything near it"):format(
        network), "name the networks of the clients")
    elseif network:find "^127%." or network == "::1/128" then
      case.problem(source, ("allows loopback (%s), to which coturn never relays"):format(network), "take it out")
    end
  end
end

return checks
