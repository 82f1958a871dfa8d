-- EDGE
-- Serves our own metrics and the status page over HTTP if SYNLUA_METRICS_PORT is set.

local exposition = require "metrics.exposition"
local health = require "processes.health"
local overview = require "metrics.overview"
local page = require "metrics.page"
local serve = require "core.serve"
local status_page = require "metrics.status_page"
local supervise = require "processes.supervise"

local metrics = {}

local ADDRESS = "127.0.0.1"

local function verdict(strict)
  local judged = health.judge(supervise.status(), {stopping = supervise.is_stopping(), strict = strict})
  return judged.healthy and 200 or 503, "text/plain; charset=utf-8", judged.text .. "\n"
end

--- Serves /metrics, /health and the status page until the end of the program.
---@param port integer
---@param about About
---@return true|nil, string|nil
function metrics.start(port, about)
  local bound, why = serve.listen({address = ADDRESS, port = port}, function(path)
    if path == "/metrics" then return 200, exposition.CONTENT_TYPE, page.text(about.started) end
    if path == "/health" then return verdict(about.strict) end
    if path == "/" then return 200, status_page.CONTENT_TYPE, status_page.html(overview.now(about), os.date) end
  end)
  if not bound then return nil, why end
  overview.follow(about)
  return true
end

return metrics
