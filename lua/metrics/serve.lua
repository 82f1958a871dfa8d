-- EDGE
-- The metrics address: our own metrics, those of all processes, the list of them, and our health, over HTTP. C relays
-- the metrics of other processes without asking us. Nothing is measured before a client asks.

local dkjson = require "dkjson"
local exposition = require "metrics.exposition"
local health = require "processes.health"
local page = require "metrics.page"
local serve = require "core.serve"
local supervise = require "processes.supervise"
local targets = require "metrics.targets"

local metrics = {}

local function verdict(strict)
  local judged = health.judge(supervise.status(), {stopping = supervise.is_stopping(), strict = strict})
  return judged.healthy and 200 or 503, "text/plain; charset=utf-8", judged.text .. "\n"
end

-- In an order that stays.
local ORDER = {keyorder = {"targets", "labels", "__metrics_path__", "index", "instance", "job", "server_name"}}

--- Serves until the end of the program.
---@param at MetricsAddress
---@param strict boolean as SYNLUA_HEALTH_STARTING says
---@return true|nil, string|nil
function metrics.start(at, strict)
  local started, pages = os.time(), {}
  pages["/metrics"] = function() return 200, exposition.CONTENT_TYPE, page.text(started) end
  pages["/health"] = function() return verdict(strict) end
  pages["/targets"] = function(host)
    return 200, "application/json", dkjson.encode(targets.list(at, host), ORDER) .. "\n"
  end
  local bound, why = serve.listen({address = at.address, port = at.port, relays = targets.relays(at)},
    function(path, host)
      if pages[path] then return pages[path](host) end
    end)
  if not bound then return nil, why end
  return true
end

return metrics
