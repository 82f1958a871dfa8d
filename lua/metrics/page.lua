-- EDGE
-- The page of our own metrics. Nothing is measured before somebody asks.

local expiry = require "processes.expiry"
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
local directories = {} ---@type string[]

local function build()
  local versions = system.versions()
  versions.version = require "lib.version"
  return versions
end

local function disks()
  local list = {}
  for at, path in ipairs(directories) do
    local room = system.room(path) or {}
    list[at] = {path = path, bytes = room.bytes, files = room.files}
  end
  return list
end

--- Names the directories whose room is measured.
---@param paths string[]
function page.measure(paths) directories = paths end

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
  return exposition.text(families.make {
    services = services, usage = used, pss = memory.of_services(pids), counts = counts, seen = seen,
    own = usage.own() or {}, own_pss = memory.own(), build = build(), started = started,
    disks = disks(), certificate = expiry.current(),
  })
end

return page
