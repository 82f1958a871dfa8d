-- EDGE
-- The page of our own metrics. Nothing is measured before somebody asks.

local access = require "core.access"
local expiry = require "processes.expiry"
local exposition = require "metrics.exposition"
local families = require "metrics.families"
local jobs = require "processes.jobs"
local memory = require "processes.memory"
local meter = require "metrics.meter"
local nginx = require "metrics.nginx"
local output = require "core.output"
local probe = require "core.probe"
local supervise = require "processes.supervise"
local system = require "core.system"
local usage = require "core.usage"
local version = require "lib.version"

local page = {}

local STATUS_TIMEOUT_MS = 5000

local seen = meter.new()
local directories = {} ---@type string[]
local targets = {} ---@type MetricsTarget[]
local losses = nginx.new()
local status_socket, asking -- of nginx, if its requests are counted; whether it is asked just now

local function build()
  local versions = system.versions()
  versions.version = version
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

--- Names the targets, which the page says are stopped or not.
---@param list MetricsTarget[]
function page.target(list) targets = list end

--- From now on the page has nginx's requests.
---@param socket string on which nginx says how many it had
function page.count_requests(socket) status_socket = socket end

-- The answer is for the next page, because nothing waits for nginx.
local function ask_nginx(pid)
  if asking or not pid then return end
  local target = {kind = "http", socket = status_socket, uri = "/", timeout_ms = STATUS_TIMEOUT_MS, whole = true}
  asking = probe.run(target, function(answers, text)
    asking = nil
    local requests, open = nginx.read(answers and text or "")
    if not requests then return end
    losses = nginx.look(losses,
      {pid = pid, requests = requests, open = open, lines = access.lines(), at = system.now()})
  end)
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
  if status_socket then ask_nginx(pids.nginx) end
  local facts = {
    services = services, usage = used, pss = memory.of_services(pids), counts = counts, seen = seen,
    own = usage.own() or {}, own_pss = memory.own(), build = build(), started = started,
    jobs = jobs.status(), targets = targets, disks = disks(), certificate = expiry.current(),
    nginx = status_socket and {counts = access.counts(), lost = losses.lost} or nil,
  }
  return exposition.text(families.make(facts)), facts
end

return page
