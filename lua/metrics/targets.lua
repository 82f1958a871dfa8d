-- The list of everything that serves metrics, as Prometheus reads it by HTTP (http_sd). Pure.

local tables = require "lib.tables"

local targets = {}

-- What a URL may have between // and the next slash. No honest client sends anything else.
local HOST = "^[%w.:%[%]-]+$"

-- On a wildcard address only the client knows by which name it has reached us.
local function host_of(metrics, called)
  local literal = metrics.address
  if literal ~= "0.0.0.0" and literal ~= "::" then
    return (literal:find(":", 1, true) and "[%s]:%d" or "%s:%d"):format(literal, metrics.port)
  end
  return #called <= 255 and called:find(HOST) and called or ("localhost:%d"):format(metrics.port)
end

--- The list, for a client that calls us by this host.
---@param metrics MetricsAddress
---@param called string
---@return table[]
function targets.list(metrics, called)
  local host, list = host_of(metrics, called), {}
  for at, target in ipairs(metrics.targets) do
    local labels = tables.copy(target.labels)
    labels.__metrics_path__ = target.path
    list[at] = {targets = {host}, labels = labels}
  end
  return list
end

--- What is relayed, as core.serve takes it.
---@param metrics MetricsAddress
---@return table[]
function targets.relays(metrics)
  local list = {}
  for _, target in ipairs(metrics.targets) do
    if target.uri then list[#list + 1] = target end
  end
  return list
end

return targets
