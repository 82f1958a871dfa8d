-- Plans without the edges: an input as the edges would read it, and everything that the stages make of it.

local assert = require "luassert"
local document = require "lib.document"
local plan = require "plan"
local settings = require "settings"
local tables = require "lib.tables"
local worker_types = require "worker_types"

local fixture = {}

local SERVICES = {"coturn", "database_check", "forkserver", "migrate", "nginx", "postgres", "postgres_exporter",
  "prometheus", "redis", "redis_exporter", "redis_outside", "synapse", "upgrade_backup", "upgrade_database"}

--- All services that are shipped.
function fixture.catalog()
  local services = {}
  for _, name in ipairs(SERVICES) do services[name] = require("services." .. name) end
  return services
end

--- All jobs that are shipped.
function fixture.jobs()
  local jobs = {}
  for _, name in ipairs {"backup", "compressor", "housekeeping"} do
    jobs[name] = require("contract.shipped_job").make(name, require("jobs." .. name))
  end
  return jobs
end

--- An input; options: environment, homeserver (plain tables), store, host, keys.
---@param options? table
---@return Input
function fixture.input(options)
  options = options or {}
  local environment = {SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no"}
  for name, value in pairs(options.environment or {}) do environment[name] = value end
  local host = {
    uid = 0, gid = 0, cpus = 2, ipv6 = false, named = true, postgres = {["15"] = "/usr/lib/postgresql/15/bin"},
    users = {["www-data"] = {uid = 33, gid = 33}, redis = {uid = 101, gid = 102}, postgres = {uid = 103, gid = 104},
      prometheus = {uid = 105, gid = 106}},
    programs = {nginx = "/usr/sbin/nginx", redis = "/usr/bin/redis-server", psql = "/usr/bin/psql",
      prometheus = "/usr/bin/prometheus", promtool = "/usr/bin/promtool",
      redis_exporter = "/usr/bin/prometheus-redis-exporter",
      postgres_exporter = "/usr/bin/prometheus-postgres-exporter"},
    libraries = {jemalloc = "/usr/lib/libjemalloc.so.2"},
  }
  for name, value in pairs(options.host or {}) do host[name] = value end
  local homeserver = options.homeserver and {
    path = "/data/homeserver.yaml", document = document.map(options.homeserver), info = {lines = {}},
  }
  return {
    environment = environment, files = {}, container = true, homeserver_exists = homeserver ~= nil,
    homeserver = homeserver, problems = {}, warnings = {}, host = host, keys = options.keys or {}, appservices = {},
    store = options.store or {},
    worker_types = worker_types, templates = {}, jobs = options.jobs or fixture.jobs(), zones = options.zones or {},
    migrates = options.migrates, upgrades = options.upgrades, synapse = options.synapse,
    well_known = options.well_known and {path = "/data/well-known.yaml", document = options.well_known},
  }
end

--- The plan, its problems and warnings, and the view it was made with.
---@param options? table of fixture.input
function fixture.make(options) return fixture.run(fixture.input(options)) end

--- The same of an input.
---@param input Input
function fixture.run(input)
  local read, problems = settings.read(input)
  assert.same({}, problems)
  return plan.make(read, input, fixture.catalog())
end

--- The plan of some worker types, where there must be no problem.
---@param types string
---@param options? table of fixture.input
function fixture.workers(types, options)
  options = options or {}
  options.environment = options.environment or {}
  options.environment.SYNAPSE_WORKER_TYPES = types
  local made, problems, warnings, view = fixture.make(options)
  assert.same({}, problems)
  return made, view, warnings
end

--- What is wrong, as one text.
---@param options table of fixture.input
---@return string
function fixture.problems(options)
  local _, problems = fixture.make(options)
  local lines = {}
  for at, problem in ipairs(problems) do
    lines[at] = ("%s: %s (%s)"):format(problem.where, problem.what, problem.hint)
  end
  return table.concat(lines, "\n")
end

--- The environment of a planned process, by name.
---@param service PlannedService
---@return table<string, string>
function fixture.environment(service)
  local set = {}
  for _, word in ipairs(service.process.environment) do
    local name, value = word:match "^([^=]+)=(.*)$"
    set[name] = value
  end
  return set
end

--- A value as text, to compare it with what it was or with another. A table that comes again has no second text.
---@param value any
---@param shown? fun(value: any): string of what is no table
---@param seen? table<table, boolean>
---@return string
function fixture.text(value, shown, seen)
  seen = seen or {}
  if type(value) ~= "table" then return (shown or tostring)(value) end
  if seen[value] then return "again" end
  seen[value] = true
  local parts = {}
  for key, inner in tables.sorted(value) do
    parts[#parts + 1] = tostring(key) .. "=" .. fixture.text(inner, shown, seen)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

return fixture
