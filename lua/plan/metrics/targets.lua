-- The processes that serve metrics, by the names under which the metrics address relays them. Their labels are those
-- that Synapse's own dashboard asks for: its job is synapse for the main process, and for a worker its name without
-- the number, which is the index.

local tables = require "lib.tables"

local targets = {}

---@class MetricsTarget
---@field path string below the metrics address
---@field labels table<string, string>
---@field uri? string what the process is asked for; nil: synlua itself answers
---@field socket? string where it is asked
---@field address? string
---@field port? integer

--- What a service of Synapse's says of its metrics.
---@param instance Instance
---@return table|nil
function targets.of_instance(instance)
  local at = instance.addresses.metrics
  if not at then return nil end
  local job = instance.name == "main" and "synapse" or instance.base
  return {socket = at.socket, address = at.address, port = at.port, uri = "/_synapse/metrics", job = job,
    index = instance.name:match "%d+$" or "1"}
end

local function target(view, path, job, index)
  return {path = path, labels = {job = job, index = index, instance = view.settings.PROMETHEUS_INSTANCE_NAME,
    server_name = view.server_name}}
end

--- All targets: synlua itself, then the services by their names. None without a metrics address.
---@param view View
---@return MetricsTarget[]
function targets.of(view)
  if not view.metrics_address then return {} end
  local list, seen = {target(view, "/metrics", "synlua", "1")}, {}
  for name, service in tables.sorted(view.services.services) do
    local said = service.metrics
    if said then
      local job, index = said.job or name, said.index or "1"
      -- Two processes with the same labels would be one series for Prometheus.
      if seen[job .. " " .. index] then index = name end
      seen[job .. " " .. index] = true
      local made = target(view, "/metrics/" .. name, job, index)
      made.uri, made.socket, made.address, made.port = said.uri, said.socket, said.address, said.port
      list[#list + 1] = made
    end
  end
  return list
end

--- What is served, and where. false: nowhere.
---@param view View
---@return MetricsAddress|false
function targets.served(view)
  local made = view.metrics_address and tables.copy(view.metrics_address)
  if made then made.targets = view.targets end
  return made
end

return targets
