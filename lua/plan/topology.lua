-- Which of Synapse's processes there are, how they reach each other, and which database and Redis they share: what
-- everything after it in the plan is made from.

local addresses = require "plan.listeners.addresses"
local contradictions = require "plan.workers.contradictions"
local database = require "plan.database.choice"
local document = require "lib.document"
local instances = require "plan.workers.instances"
local manhole = require "plan.listeners.manhole"
local migration = require "plan.database.migration"
local options = require "plan.homeserver.variables"
local redis = require "plan.database.redis"
local routes = require "plan.routes"
local shared = require "plan.workers.shared"
local tables = require "lib.tables"

local topology = {}

local function collector(problems, warnings)
  local function into(list)
    return function(where, what, hint) list[#list + 1] = {where = where, what = what, hint = hint} end
  end
  return {problem = into(problems), warning = into(warnings)}
end

local function is_measured(context)
  local given = context.homeserver and document.plain(context.homeserver).enable_metrics
  if given ~= nil then return given == true end
  return options.layer(context.settings).enable_metrics == true
end

local LOCAL = {["127.0.0.1"] = true, ["::1"] = true, localhost = true}

-- Who else has a port of this host, by port.
local function taken_ports(context)
  local settings, taken = context.settings, {[context.port] = "nginx (SYNAPSE_HTTP_PORT)"}
  for _, port in ipairs(context.divided.ports) do taken[port] = "a listener of " .. context.paths.homeserver end
  local metrics = settings.SYNLUA_METRICS_PORT
  if metrics then taken[metrics] = "synlua's own metrics (SYNLUA_METRICS_PORT)" end
  if context.database.kind == "outside" and LOCAL[settings.POSTGRES_HOST] then
    taken[settings.POSTGRES_PORT] = "the PostgreSQL server (POSTGRES_PORT)"
  end
  if LOCAL[settings.SYNAPSE_REDIS_HOST] then
    taken[settings.SYNAPSE_REDIS_PORT] = "the Redis server (SYNAPSE_REDIS_PORT)"
  end
  for _, listener in ipairs(context.divided.kept) do
    local plain = document.plain(listener)
    local port = type(plain) == "table" and plain.port
    if port then taken[port] = "a listener of " .. context.paths.homeserver end
  end
  return taken
end

local function check_ports(context, found)
  local ports, taken = addresses.ports(context.instances), taken_ports(context)
  for _, used in ipairs(ports) do
    if taken[used.port] then
      found.problem("SYNLUA_INTERNAL_PORTS", ("gives %s of %s port %d, which is that of %s"):format(used.kind,
        used.instance, used.port, taken[used.port]), "choose another range, or use Unix sockets")
    end
  end
  local last = ports[#ports]
  if last and last.port > 65535 then
    found.problem("SYNLUA_INTERNAL_PORTS", ("would need ports up to %d"):format(last.port), "begin lower")
  end
end

local function has_feature(context, name)
  local plain = context.homeserver and document.plain(context.homeserver) or {}
  return type(plain.experimental_features) == "table" and plain.experimental_features[name] == true
end

local function check_idle(context, found)
  if instances.by_type(context.instances).thread_subscriptions and not has_feature(context, "msc4306_enabled") then
    found.warning("SYNAPSE_WORKER_TYPES", "thread_subscriptions has nothing to do while Synapse's feature is off",
      "set experimental_features: {msc4306_enabled: true} in homeserver.yaml, or leave the type out")
  end
end

local LONGEST = 107 -- bytes, as the kernel has it

-- Beyond what settings can tell: what the data directory holds decides whether there is a PostgreSQL.
local function check_sockets(context, found)
  local longest = ""
  for _, path in tables.sorted(context.sockets) do
    if #path > #longest and path:sub(1, #context.paths.runtime) == context.paths.runtime then longest = path end
  end
  if #longest > LONGEST then
    found.problem("SYNLUA_RUNTIME_DIR", ("makes a socket with a path of %d bytes, at most %d can be: %s"):format(
      #longest, LONGEST, longest), "choose a shorter path, such as /run/synlua")
  end
end

--- Adds database, redis, metrics, instances, routes and shared to the context.
---@param context table of plan.make
---@param input Input
---@param problems Problem[]
---@param warnings Problem[]
function topology.add(context, input, problems, warnings)
  local found = collector(problems, warnings)
  context.types = input.worker_types
  context.database = (input.migrates and migration or database).choose(context, input.store, found)
  context.redis = redis.choose(context, found)
  context.metrics = is_measured(context)
  context.instances = instances.make(context, context.types)
  context.manhole = manhole.settings(context, input.manhole)
  context.sockets = instances.sockets(context.instances)
  context.sockets.redis = context.redis.socket
  for at, path in ipairs(context.divided.sockets) do context.sockets["nginx_" .. at] = path end
  if context.database.kind == "builtin" then
    context.sockets.postgres = context.paths.runtime .. "/postgres/run/.s.PGSQL.5432"
  end
  check_sockets(context, found)
  context.shared = shared.options(context.instances, context.types)
  local faults
  context.routes, faults = routes.make(context.types, context.instances)
  for _, problem in ipairs(faults) do problems[#problems + 1] = problem end
  for _, problem in ipairs(contradictions.check(context, context.shared)) do problems[#problems + 1] = problem end
  check_ports(context, found)
  check_idle(context, found)
end

return topology
