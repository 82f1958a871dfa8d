-- EDGE
-- The metrics address: our own metrics, those of all processes, the list of them, our health and the status page, over
-- HTTP. C relays the metrics of other processes without asking us.

local dkjson = require "dkjson"
local exposition = require "metrics.exposition"
local health = require "processes.health"
local overview = require "metrics.overview"
local page = require "metrics.page"
local serve = require "core.serve"
local status_page = require "metrics.status_page"
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
---@param token? string what each client must say
---@param about About
---@return true|nil, string|nil
function metrics.start(at, token, about)
  page.target(at.targets)
  local pages = {}
  pages["/metrics"] = function() return 200, exposition.CONTENT_TYPE, (page.text(about.started)) end
  pages["/health"] = function() return verdict(about.strict) end
  pages["/"] = function() return 200, status_page.CONTENT_TYPE, status_page.html(overview.now(about), os.date) end
  pages["/targets"] = function(host)
    return 200, "application/json", dkjson.encode(targets.list(at, host), ORDER) .. "\n"
  end
  local terms = {address = at.address, port = at.port, token = token, relays = targets.relays(at)}
  local bound, why = serve.listen(terms, function(path, host)
    if pages[path] then return pages[path](host) end
  end)
  if not bound then return nil, why end
  overview.follow(about)
  return true
end

return metrics
