-- Checks the variables of metrics together; see settings/checks.lua.

local kinds = require "settings.metrics_kinds"

local checks = {}

function checks.metrics_port(case)
  if not case.sound("SYNLUA_METRICS_ADDRESS", "SYNLUA_METRICS_PORT") then return end
  local said, port = case.settings.SYNLUA_METRICS_ADDRESS, case.settings.SYNLUA_METRICS_PORT
  local _, own = kinds.parts(said or "")
  if own and port and own ~= port then
    case.problem(case.sources.SYNLUA_METRICS_ADDRESS, ("names port %d, but %s is %d"):format(own,
      case.sources.SYNLUA_METRICS_PORT, port), "unset SYNLUA_METRICS_PORT")
  end
end

return checks
