-- Defines all metrics, and works out their values from facts about the services and synlua. Pure.

local exposition = require "metrics.exposition"
local jobs = require "metrics.jobs"
local machine = require "processes.machine"
local meter = require "metrics.meter"
local nginx = require "metrics.nginx"
local places = require "metrics.places"
local tables = require "lib.tables"

local families = {}

local of_service, of_state = exposition.keeper "service", exposition.keeper("service", "state")

local STATES = tables.copy(machine.STATES)
table.sort(STATES) -- so that the page need not sort them

---@class Facts
---@field services ServiceStatus[]
---@field usage table<string, table> of core.usage, by service
---@field pss table<string, integer> bytes, by service; up to a minute old
---@field counts table<string, {lines: integer, bytes: integer, dropped: integer}> of output, by service
---@field seen Seen
---@field own table of core.usage: synlua itself
---@field own_pss? integer
---@field build table<string, string>
---@field started integer seconds of the epoch
---@field targets? MetricsTarget[]
---@field jobs? JobStatus[]
---@field disks? Disk[]
---@field certificate? Validity
---@field nginx? {counts: table, lost: integer} requests, if they are counted

-- Each entry: name, type, help, and a function that gives the value of one service, or nil.
local PER_SERVICE = {
  {"synlua_service_restarts_total", "counter", "Times the service was started again.",
    function(status) return status.restarts end},
  {"synlua_service_start_to_ready_seconds", "gauge", "How long its last start that succeeded took.",
    function(status, facts)
      local ms = facts.seen.ready_after[status.name]
      return ms and ms / 1000
    end},
  {"synlua_service_cpu_seconds_total", "counter", "User and system CPU time of its processes, ended ones included.",
    function(status, facts) return meter.cpu_s(facts.seen, status.name) end},
  {"synlua_service_proportional_memory_bytes", "gauge",
    "Proportional set size of its processes, looked at once a minute at most.",
    function(status, facts) return status.pid and facts.pss[status.name] end},
}

for _, row in ipairs {
  {"synlua_service_resident_memory_bytes", "Resident memory of its processes; shared memory counts in each.", "rss"},
  {"synlua_service_open_fds", "Open file descriptors of its processes.", "fds"},
  {"synlua_service_threads", "Threads of its processes.", "threads"},
  {"synlua_service_processes", "Processes of the service.", "processes"},
} do
  PER_SERVICE[#PER_SERVICE + 1] = {row[1], "gauge", row[2], function(status, facts)
    local used = facts.usage[status.name]
    return used and used[row[3]]
  end}
end

for _, row in ipairs {
  {"synlua_service_log_lines_total", "Lines it wrote.", "lines"},
  {"synlua_service_log_bytes_total", "Bytes it wrote.", "bytes"},
  {"synlua_service_log_dropped_lines_total", "Lines of it that were dropped because our output was blocked.",
    "dropped"},
} do
  PER_SERVICE[#PER_SERVICE + 1] = {row[1], "counter", row[2], function(status, facts)
    local counts = facts.counts[status.name]
    return counts and counts[row[3]]
  end}
end

local function per_service(facts, row)
  local samples = {}
  for _, status in ipairs(facts.services) do
    local value = row[4](status, facts)
    if value then samples[#samples + 1] = {labels = of_service(status.name), value = value} end
  end
  return {name = row[1], type = row[2], help = row[3], samples = samples}
end

local function states(facts)
  local samples = {}
  for _, status in ipairs(facts.services) do
    for _, state in ipairs(STATES) do
      local value = status.state == state and 1 or 0
      samples[#samples + 1] = {labels = of_state(status.name, state), value = value}
    end
  end
  return {name = "synlua_service_state", type = "gauge", help = "1 for the state the service is in.",
    samples = samples}
end

-- With the labels of the target, so that rules find it beside `up`. Prometheus keeps them (honor_labels).
local function stopped(facts)
  local state, samples = {}, {}
  for _, status in ipairs(facts.services) do state[status.name] = status.state end
  for _, target in ipairs(facts.targets or {}) do
    local is = state[target.path:match "^/metrics/(.+)$" or ""]
    if is then
      samples[#samples + 1] = {labels = {job = target.labels.job, index = target.labels.index},
        value = is == "stopped" and 1 or 0}
    end
  end
  return {name = "synlua_target_stopped", type = "gauge", samples = samples,
    help = "1 if somebody has stopped the process of this target."}
end

local function exits(facts)
  local samples = {}
  for _, status in ipairs(facts.services) do
    for cause, count in tables.sorted(status.exits) do
      samples[#samples + 1] = {labels = {service = status.name, cause = cause}, value = count}
    end
  end
  return {name = "synlua_service_exits_total", type = "counter", help = "How often its main process ended, by cause.",
    samples = samples}
end

-- Name, type, help, value (nil: left out), labels.
local function own(facts)
  local used, list = facts.own, {}
  local function add(name, kind, help, value, labels)
    local samples = value and {{value = value, labels = labels}} or {}
    list[#list + 1] = {name = name, type = kind, help = help, samples = samples}
  end
  add("process_cpu_seconds_total", "counter", "CPU time of synlua itself.", used.cpu_s)
  add("process_resident_memory_bytes", "gauge", "Resident memory of synlua itself.", used.rss)
  add("process_open_fds", "gauge", "Open file descriptors of synlua itself.", used.fds)
  add("process_start_time_seconds", "gauge", "When synlua was started.", facts.started)
  add("synlua_start_time_seconds", "gauge", "When synlua was started.", facts.started)
  add("synlua_proportional_memory_bytes", "gauge", "Proportional set size of synlua itself.", facts.own_pss)
  add("synlua_build_info", "gauge", "Versions of synlua and of what is built into it.", 1, facts.build)
  return list
end

--- All families of metrics.
---@param facts Facts
---@return Family[]
function families.make(facts)
  local list = own(facts)
  for _, row in ipairs(PER_SERVICE) do list[#list + 1] = per_service(facts, row) end
  list[#list + 1] = states(facts)
  list[#list + 1] = exits(facts)
  list[#list + 1] = stopped(facts)
  for _, family in ipairs(jobs.families(facts.jobs or {})) do list[#list + 1] = family end
  for _, family in ipairs(places.families(facts.disks or {}, facts.certificate)) do list[#list + 1] = family end
  if facts.nginx then
    for _, family in ipairs(nginx.families(facts.nginx.counts, facts.nginx.lost)) do list[#list + 1] = family end
  end
  return list
end

return families
