-- EDGE
-- The page of our own metrics. Nothing is measured before somebody asks.

local exposition = require "metrics.exposition"
local families = require "metrics.families"
local memory = require "processes.memory"
local meter = require "metrics.meter"
local output = require "core.output"
local supervise = require "processes.supervise"
local system = require "core.system"
local usage = require "core.usage"

local page = {}

local seen = meter.new()

local function build()
  local versions = system.versions()
  versions.version = require "lib.version"
  return versions
end

--- The text, in Prometheus's format, and what it says.
---@param started integer seconds of the epoch
---@return string
---@return Facts
function page.text(started)
  local services, pids, counts = supervise.status(), {}, {}
  for _, status in ipairs(services) do
    pids[status.name], counts[status.name] = status.pid, output.counts(status.name)
  end
  local used = usage.of_all(pids) or {}
  seen = meter.look(seen, services, used)
  local facts = {
    services = services, usage = used, pss = memory.of_services(pids), counts = counts, seen = seen,
    own = usage.own() or {}, own_pss = memory.own(), build = build(), started = started,
  }
  return exposition.text(families.make(facts)), facts
end

return page
