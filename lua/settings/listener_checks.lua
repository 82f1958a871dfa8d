-- Checks the variables of listeners together; see settings/checks.lua.

local checks = {}

local PLAIN = {[443] = true, [8448] = true}

function checks.port(case)
  local port = case.settings.SYNAPSE_HTTP_PORT
  if PLAIN[port] then
    case.warning("SYNAPSE_HTTP_PORT",
      ("is %d, where others expect TLS, but this listener speaks plain HTTP"):format(port),
      "use 8008, and let your reverse proxy serve TLS")
  end
end

function checks.tls(case)
  local pair = {SYNAPSE_TLS_CERT = "SYNAPSE_TLS_KEY", SYNAPSE_TLS_KEY = "SYNAPSE_TLS_CERT"}
  for name, other in pairs(pair) do
    if case.given(name) and not case.given(other) then
      case.problem(other, ("is missing beside %s: TLS needs both"):format(case.sources[name]),
        ("set it, or unset %s"):format(case.sources[name]))
    end
  end
end

return checks
