-- Stage 3 turns settings and facts into one plain table with everything that will be written and run. STEPS is the list
-- of all steps, in their order.

local access_log = require "plan.nginx.access_log"
local admin = require "plan.homeserver.admin"
local appservices = require "plan.homeserver.appservices"
local budget = require "plan.process.budget"
local contradictions = require "plan.workers.contradictions"
local database = require "plan.database.choice"
local estimate = require "plan.process.estimate"
local exporters = require "plan.metrics.exporters"
local front = require "plan.listeners.front"
local handed = require "plan.homeserver.handed"
local idle = require "plan.homeserver.idle"
local instances = require "plan.workers.instances"
local jobs = require "plan.jobs"
local limits = require "plan.nginx.limits"
local manhole = require "plan.listeners.manhole"
local mas = require "plan.identity.mas"
local metrics_address = require "plan.metrics.address"
local metrics_targets = require "plan.metrics.targets"
local merge = require "plan.homeserver.merge"
local output = require "plan.output"
local overruled = require "plan.homeserver.overruled"
local ownership = require "plan.identity.ownership"
local paths = require "plan.process.paths"
local placeholders = require "plan.homeserver.placeholders"
local ports = require "plan.listeners.ports"
local prometheus = require "plan.metrics.prometheus"
local public = require "plan.listeners.public"
local redis = require "plan.database.redis"
local restoring = require "plan.backup.restoring"
local routes = require "plan.routes"
local secrets = require "plan.identity.secrets"
local services = require "plan.services"
local shared = require "plan.workers.shared"
local signing = require "plan.identity.signing"
local sockets = require "plan.listeners.sockets"
local space = require "plan.process.space"
local split = require "plan.listeners.split"
local steps = require "plan.steps"
local surface = require "plan.nginx.surface"
local tables = require "lib.tables"
local taken_back = require "plan.homeserver.taken_back"
local tls = require "plan.nginx.tls"
local trust = require "plan.nginx.trust"
local tuning = require "plan.nginx.tuning"
local turn = require "plan.turn.choice"
local unheeded = require "plan.workers.unheeded"
local upgrade = require "plan.database.upgrade"
local users = require "plan.process.users"
local variables = require "plan.homeserver.variables"
local well_known = require "plan.identity.well_known"

local plan = {}

---@type Step[]
plan.STEPS = {
  -- Paths and users.
  {name = "paths", needs = {}, make = paths.of},
  {name = "cwd", needs = {}, make = paths.working_directory},
  {name = "users", needs = {}, make = users.of},
  {name = "memory", needs = {}, make = budget.memory},
  -- The admin's files.
  {name = "admin", needs = {"paths"}, make = admin.read},
  {name = "placeholders", needs = {"admin"}, check = placeholders.check},
  {name = "handed", needs = {"paths", "users"}, check = handed.tell},
  {name = "listeners", needs = {"admin", "paths"}, make = split.make},
  {name = "public", needs = {"listeners"}, make = public.of},
  {name = "tls", needs = {"admin", "cwd", "paths", "public"}, make = tls.make},
  {name = "trust", needs = {"public"}, make = trust.make},
  {name = "overruled", needs = {"admin", "listeners", "paths"}, check = overruled.check},
  {name = "server_name", needs = {"admin"}, make = admin.server_name},
  {name = "upgrade", needs = {"server_name"}, check = upgrade.check},
  {name = "restoring", needs = {"paths"}, check = restoring.check},
  -- The database, Redis and Synapse's processes, and how they reach each other.
  {name = "turn", needs = {"admin", "paths", "server_name", "tls", "users"}, make = turn.of},
  {name = "database", needs = {"admin", "paths", "server_name"}, make = database.make},
  {name = "redis", needs = {"admin", "paths", "server_name"}, make = redis.choose},
  {name = "metrics", needs = {"admin"}, make = variables.is_measured},
  {name = "metrics_address", needs = {"paths"}, make = metrics_address.of},
  {name = "instances", needs = {"metrics", "paths", "public", "server_name"}, make = instances.make},
  {name = "idle", needs = {"admin", "instances", "metrics", "metrics_address"}, check = idle.check},
  {name = "manhole", needs = {"admin", "instances"}, make = manhole.settings},
  {name = "front", needs = {"listeners", "public", "tls"}, make = front.of},
  {name = "sockets", needs = {"database", "instances", "listeners", "paths", "redis"}, make = sockets.of},
  {name = "shared", needs = {"instances"}, make = shared.options},
  {name = "routes", needs = {"instances"}, make = routes.of},
  {name = "contradictions", needs = {"admin", "instances", "shared"}, check = contradictions.check},
  {name = "taken_back", needs = {"admin", "instances", "shared"}, make = taken_back.make},
  -- Synapse's configuration, and the answers that nginx gives itself.
  {name = "homeserver", make = merge.make, needs = {"admin", "cwd", "database", "instances", "listeners", "manhole",
    "paths", "redis", "server_name", "shared", "taken_back", "turn"}},
  {name = "unheeded", needs = {"homeserver", "instances", "shared"}, check = unheeded.check},
  {name = "budget", needs = {"database", "homeserver", "instances", "memory"}, make = budget.of},
  {name = "mas", needs = {"admin", "homeserver", "paths"}, check = mas.check},
  {name = "surface", needs = {"homeserver", "public"}, make = surface.make},
  {name = "well_known", needs = {"homeserver", "paths", "server_name"}, make = well_known.answers},
  -- nginx.
  {name = "access_log", needs = {"metrics", "metrics_address", "paths", "users"}, make = access_log.of},
  {name = "limits", needs = {"homeserver"}, make = limits.of},
  {name = "tuning", needs = {"public", "routes"}, make = tuning.make},
  -- Metrics.
  {name = "prometheus", needs = {"metrics_address", "paths", "users"}, make = prometheus.of},
  {name = "exporters", needs = {"database", "homeserver", "paths", "redis", "users"}, make = exporters.of},
  -- The services.
  {name = "services", make = services.make, needs = {"access_log", "admin", "budget", "cwd", "database",
    "exporters", "front", "homeserver", "instances", "limits", "listeners", "manhole", "memory", "metrics", "paths",
    "prometheus", "public", "redis", "routes", "server_name", "shared", "sockets", "surface", "tls", "trust", "tuning",
    "turn", "users", "well_known"}},
  {name = "estimate", needs = {"services"}, make = estimate.of},
  {name = "jobs", make = jobs.make, needs = {"admin", "cwd", "database", "front", "homeserver", "instances", "paths",
    "public", "redis", "routes", "server_name", "services", "users"}},
  {name = "targets", needs = {"metrics_address", "server_name", "services"}, make = metrics_targets.of},
  {name = "ports", make = ports.make, needs = {"admin", "front", "homeserver", "listeners", "metrics_address", "redis",
    "services"}},
  {name = "output", needs = {"access_log", "paths", "services", "users"}, make = output.plan},
  -- The identity of the server, and the owners of its files.
  {name = "appservices", needs = {"users"}, check = appservices.check},
  {name = "secrets", needs = {"cwd", "homeserver", "paths"}, make = secrets.list},
  {name = "signing", needs = {"cwd", "database", "homeserver", "paths", "server_name"}, make = signing.check},
  {name = "ownership", make = ownership.plan, needs = {"admin", "cwd", "database", "homeserver", "paths", "secrets",
    "tls", "users"}},
}

---@class Plan
---@field server_name string
---@field url? string where this machine reaches the homeserver
---@field paths Paths
---@field services table<string, PlannedService>
---@field instances Instance[] Synapse's processes, main first
---@field routes Routes which of them serves which request
---@field budget Budget
---@field estimate Estimate of memory
---@field database "sqlite"|"builtin"|"outside"
---@field redis "none"|"file"|"outside"|"builtin"
---@field listens Listen[]
---@field sockets table<string, string>
---@field directories table[] {base, path, mode, uid, gid}
---@field reaches table[] {path, uid, gid, service, write?}
---@field output table what core.output.configure takes
---@field ownership table of ownership.plan
---@field secrets SecretSource[]
---@field signing? table of signing.check
---@field disks string[] directories whose room is measured
---@field metrics MetricsAddress|false with its targets
---@field jobs table<string, PlannedJob>
---@field jobs_off table<string, string> jobs that are not enabled -> why
---@field notes string[] decisions that the start says
---@field owner User of what synlua writes for itself

local function joined(list, more) return table.move(more, 1, #more, #list + 1, {table.unpack(list)}) end

local function assemble(view)
  local made = view.services
  return {
    server_name = view.server_name, url = view.catalog.nginx and view.front.url, paths = view.paths,
    sockets = tables.copy(view.sockets), services = made.services, instances = view.instances, routes = view.routes,
    budget = view.budget, estimate = view.estimate,
    database = view.database.kind, redis = view.redis.kind, listens = view.ports,
    metrics = metrics_targets.served(view), jobs = view.jobs.runs, jobs_off = view.jobs.off,
    directories = joined(made.directories, view.jobs.directories),
    reaches = joined(made.reaches, view.jobs.reaches), output = view.output, secrets = view.secrets,
    signing = view.signing or nil, ownership = view.ownership, owner = view.users.own,
    space = space.needed(view), disks = space.watched(view),
    notes = {view.trust.said, view.surface.said, view.tls.said},
  }
end

--- Makes the plan from settings and input. It is complete only if there are no problems.
---@param settings Settings
---@param input Input
---@param catalog table<string, table> services by name
---@return Plan|nil plan nil where a step had no result
---@return Problem[] problems
---@return Problem[] warnings
---@return View view all results
function plan.make(settings, input, catalog)
  local view, problems, warnings = steps.run(plan.STEPS, {settings = settings, input = input, catalog = catalog})
  for _, step in ipairs(plan.STEPS) do
    if view[step.name] == nil then return nil, problems, warnings, view end
  end
  return assemble(view), problems, warnings, view
end

return plan
