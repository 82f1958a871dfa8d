-- Whether Prometheus runs, where it answers, where its data is, and whom it asks for metrics.

local bind = require "plan.listeners.bind"
local later = require "lib.later"
local endpoint = later "settings.endpoint" ---@module "settings.endpoint"
local tables = require "lib.tables"

local prometheus = {}

prometheus.VOLUME = "/var/lib/prometheus" -- of Debian's package, and of earlier images
prometheus.DIRECTORY = "prometheus" -- below the data directory, where that is no volume

---@class Prometheus
---@field program string
---@field promtool? string
---@field user User
---@field word string the address as it takes it
---@field ask {address: string, port: integer} where this machine reaches it
---@field listens Listen[]
---@field data string directory
---@field volume boolean that directory is a volume of its own
---@field features string[] that its variables need
---@field scrapes string where it finds whom to ask: host and port
---@field asks boolean it must say a token there

local HINT = "install prometheus (apt-get install prometheus), or set SYNLUA_PROMETHEUS=no and let another one ask %s"

local LOOPBACK = {["0.0.0.0"] = "127.0.0.1", ["::"] = "::1"}

-- Host and port where all targets are listed.
local function scrapes(view)
  local at = view.metrics_address
  return endpoint.text(LOOPBACK[at.address] or at.address, at.port)
end

-- Where the program is not there. Whoever has asked for it gets a problem.
local function missing(view, problems, warnings)
  local settings, asked = view.settings, nil
  for name in tables.sorted(settings.sources) do
    if name == "SYNLUA_PROMETHEUS" or name:find "^PROMETHEUS_" and name ~= "PROMETHEUS_INSTANCE_NAME" then
      asked = asked or settings.sources[name]
    end
  end
  local list = asked and problems or warnings
  list[#list + 1] = {where = asked or settings.sources.SYNAPSE_METRICS or "SYNAPSE_METRICS",
    what = asked and "needs Prometheus, which is not installed" or "metrics are not kept: Prometheus is not installed",
    hint = HINT:format(scrapes(view))}
  return false
end

-- The addresses of the plan's list, and the one by which this machine reaches it.
local function listens(view, host, port)
  local list, place = {}, view.settings.sources.PROMETHEUS_LISTEN_ADDRESS
  for at, one in ipairs(host == "all" and bind.expand({"::"}, view.input.host.ipv6) or {host}) do
    list[at] = {address = one, port = port, what = "Prometheus", place = place or "PROMETHEUS_LISTEN_ADDRESS",
      hint = "choose another port in PROMETHEUS_LISTEN_ADDRESS, or set SYNLUA_PROMETHEUS=no"}
  end
  return list, {address = host == "all" and "127.0.0.1" or host, port = port}
end

local function features(settings)
  local list = {}
  if settings.PROMETHEUS_REMOTE_WRITE_SEND_EXEMPLARS then list[1] = "exemplar-storage" end
  if settings.PROMETHEUS_REMOTE_WRITE_SEND_NATIVE_HISTOGRAMS then list[#list + 1] = "native-histograms" end
  return list
end

--- What is known of Prometheus. false: it does not run.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return Prometheus|false
function prometheus.of(view, problems, warnings)
  local settings, host = view.settings, view.input.host
  if not settings.SYNAPSE_METRICS or settings.SYNLUA_PROMETHEUS == false then return false end
  local program, user = host.programs.prometheus, view.users.prometheus
  if not program then return missing(view, problems, warnings) end
  if not user then
    problems[#problems + 1] = {where = program, what = "has no user prometheus to run as", hint = "add that user"}
    return false
  end
  local name, port = endpoint.split(settings.PROMETHEUS_LISTEN_ADDRESS)
  local list, ask = listens(view, name, port)
  return {
    program = program, promtool = host.programs.promtool, user = user,
    word = name == "all" and ":" .. port or endpoint.text(name, port), ask = ask, listens = list,
    volume = host.prometheus_volume == true, features = features(settings), scrapes = scrapes(view),
    asks = view.metrics_address.asks,
    data = host.prometheus_volume and prometheus.VOLUME or view.paths.data .. "/" .. prometheus.DIRECTORY,
  }
end

return prometheus
