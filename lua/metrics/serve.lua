-- EDGE
-- Serves our own metrics over HTTP if SYNLUA_METRICS_PORT is set. Nothing is measured before a client asks.

local exposition = require "metrics.exposition"
local health = require "processes.health"
local page = require "metrics.page"
local serve = require "core.serve"
local supervise = require "processes.supervise"

local metrics = {}

local ADDRESS = "127.0.0.1"

local function verdict(strict)
  local judged = health.judge(supervise.status(), {stopping = supervise.is_stopping(), strict = strict})
  return judged.healthy and 200 or 503, "text/plain; charset=utf-8", judged.text .. "\n"
end

--- Serves /metrics and /health until the end of the program.
---@param port integer
---@param strict boolean as SYNLUA_HEALTH_STARTING says
---@return true|nil, string|nil
function metrics.start(port, strict)
  local started = os.time()
  local bound, why = serve.listen({address = ADDRESS, port = port}, function(path)
    if path == "/metrics" then return 200, exposition.CONTENT_TYPE, page.text(started) end
    if path == "/health" then return verdict(strict) end
  end)
  if not bound then return nil, why end
  return true
end

return metrics
