-- EDGE
-- Serves our own metrics over HTTP if SYNLUA_METRICS_PORT is set. Nothing is measured before a client asks.

local exposition = require "metrics.exposition"
local families = require "metrics.families"
local health = require "processes.health"
local memory = require "processes.memory"
local meter = require "metrics.meter"
local output = require "core.output"
local serve = require "core.serve"
local supervise = require "processes.supervise"
local system = require "core.system"
local usage = require "core.usage"

local metrics = {}

local ADDRESS = "127.0.0.1"

local seen = meter.new()

local function page(build, started)
  local services, pids, counts = supervise.status(), {}, {}
  for _, status in ipairs(services) do
    pids[status.name], counts[status.name] = status.pid, output.counts(status.name)
  end
  local used = usage.of_all(pids) or {}
  seen = meter.look(seen, services, used)
  return exposition.text(families.make {
    services = services, usage = used, pss = memory.of_services(pids), counts = counts, seen = seen,
    own = usage.own() or {}, own_pss = memory.own(), build = build, started = started,
  })
end

local function verdict(strict)
  local judged = health.judge(supervise.status(), {stopping = supervise.is_stopping(), strict = strict})
  return judged.healthy and 200 or 503, "text/plain; charset=utf-8", judged.text .. "\n"
end

--- Serves /metrics and /health until the end of the program.
---@param port integer
---@param strict boolean as SYNLUA_HEALTH_STARTING says
---@return true|nil, string|nil
function metrics.start(port, strict)
  local build, started = system.versions(), os.time()
  build.version = require "lib.version"
  local bound, why = serve.listen({address = ADDRESS, port = port}, function(path)
    if path == "/metrics" then return 200, exposition.CONTENT_TYPE, page(build, started) end
    if path == "/health" then return verdict(strict) end
  end)
  if not bound then return nil, why end
  return true
end

return metrics
