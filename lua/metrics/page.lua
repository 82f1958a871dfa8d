-- EDGE
-- The page of our own metrics. Nothing is measured before somebody asks.

local exposition = require "metrics.exposition"
local families = require "metrics.families"
local meter = require "metrics.meter"
local output = require "core.output"
local supervise = require "processes.supervise"
local system = require "core.system"
local tables = require "lib.tables"
local usage = require "core.usage"

local page = {}

local PSS_MS = 60000 -- the least time between two readings of proportional memory, for which the kernel reads all pages

local seen = meter.new()
local pss -- {at, services, own}

local function look_at_memory(pids, now)
  if pss and now - pss.at < PSS_MS then return end
  pss = {at = now, services = {}, own = (usage.own(true) or {}).pss}
  for name, used in tables.sorted(usage.of_all(pids, true) or {}) do pss.services[name] = used.pss end
end

local function build()
  local versions = system.versions()
  versions.version = require "lib.version"
  return versions
end

--- The text, in Prometheus's format.
---@param started integer seconds of the epoch
---@return string
function page.text(started)
  local services, pids, counts = supervise.status(), {}, {}
  for _, status in ipairs(services) do
    pids[status.name], counts[status.name] = status.pid, output.counts(status.name)
  end
  local used = usage.of_all(pids) or {}
  seen = meter.look(seen, services, used)
  look_at_memory(pids, system.now())
  return exposition.text(families.make {
    services = services, usage = used, pss = pss.services, counts = counts, seen = seen, own = usage.own() or {},
    own_pss = pss.own, build = build(), started = started,
  })
end

return page
