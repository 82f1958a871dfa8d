-- Decides where synlua serves metrics: its own, those of all processes, and the list of them.

local address = {}

address.PORT = 9101

---@class MetricsAddress
---@field address string literal
---@field port integer
---@field chosen boolean the admin has named it
---@field place string the variable that sets it, as the admin wrote it

--- Where metrics are served. false: nowhere.
---@param view View
---@return MetricsAddress|false
function address.of(view)
  local settings, sources = view.settings, view.settings.sources
  local port = settings.SYNLUA_METRICS_PORT
  if not port and not settings.SYNAPSE_METRICS then return false end
  return {address = "127.0.0.1", port = port or address.PORT, chosen = port ~= nil,
    place = sources.SYNLUA_METRICS_PORT or sources.SYNAPSE_METRICS}
end

return address
