-- An exporter of Debian's, which measures Redis or PostgreSQL for Prometheus, and how it reaches its server.

local databases = require "input.database_sections"
local octal = require "lib.octal"
local redis = require "plan.database.redis"

local exporter = {}

---@class Exporter
---@field program string
---@field user User
---@field port integer of 127.0.0.1
---@field job string its label in Prometheus
---@field builtin boolean
---@field target table where the server is

local ADDRESS = "127.0.0.1"

-- memory: MB soon after the start.
local KINDS = {
  redis = {choice = "redis", variable = "SYNAPSE_ENABLE_REDIS_METRIC_EXPORT", program = "redis_exporter", port = 9121,
    memory = 10, package = "prometheus-redis-exporter", lacks = "Redis, which runs where there are workers"},
  postgres = {choice = "database", variable = "SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT", program = "postgres_exporter",
    port = 9187, memory = 14,
    package = "prometheus-postgres-exporter", lacks = "PostgreSQL: the database is SQLite"},
}

local function host_and_port(host, port)
  return (host:find(":", 1, true) and "[%s]:%s" or "%s:%s"):format(host, port)
end

-- Further settings of the exporter, and the options of Synapse that they come from.
local REDIS = {user = "username", password = "password", password_path = "password_path", ca = "ca_file",
  certificate = "certificate_file", key = "private_key_file"}

local targets = {}

-- The exporter of a built-in service runs as that service's user, which alone can do no more by the socket than it can
-- without. Any other user that reached PostgreSQL's socket would be Synapse there, without a password.
function targets.redis(view)
  if view.redis.kind == "builtin" then return {address = "unix://" .. view.redis.socket}, view.users.redis end
  if not redis.is_outside(view) then return nil end
  local options, made = view.homeserver.options.redis, {}
  for field, name in pairs(REDIS) do made[field] = options[name] and tostring(options[name]) or nil end
  made.address = options.path and "unix://" .. tostring(options.path)
    or (options.use_tls and "rediss://" or "redis://") .. host_and_port(tostring(options.host or "localhost"),
      tostring(options.port or 6379))
  return made, view.users.prometheus
end

-- The arguments of libpq that the exporter knows as well, beside the password.
local KNOWN = {"host", "port", "user", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout"}
-- Those that say where the server is, or who we are, in a way that it does not know.
local STRANGE = {"dsn", "service", "hostaddr", "passfile"}
-- libpq's default tries with TLS and then without. The exporter cannot, so it uses TLS only if sslmode asks for it.
local WITHOUT_TLS = {allow = "disable", prefer = "disable"}

local function section_of(view)
  for _, section in ipairs(databases.all(view.homeserver.options)) do
    if section.engine == "psycopg2" then return section end
  end
end

-- Why the exporter cannot use a section; nil where it can. It takes what stands between two blanks, or two commas.
local function strange(section)
  for _, name in ipairs(STRANGE) do
    if section.args[name] ~= nil then return ("%s names the server by %s"):format(section.path, name) end
  end
  for _, name in ipairs {"database", table.unpack(KNOWN)} do
    if tostring(section.args[name] or ""):find "[%s,'\"\\]" then
      return ("%s.args.%s has a blank, a comma, a quote or a backslash"):format(section.path, name)
    end
  end
end

local function sslmode(host, said)
  if host:sub(1, 1) == "/" then return "disable" end
  return WITHOUT_TLS[said or "prefer"] or said
end

local function outside(view, section)
  local args, dsn, why = section.args, {}, strange(section)
  if why then return nil, nil, why end
  for _, name in ipairs(KNOWN) do dsn[name] = args[name] ~= nil and tostring(args[name]) or nil end
  dsn.dbname = dsn.dbname or args.database and tostring(args.database)
  dsn.host = dsn.host or "/var/run/postgresql"
  dsn.sslmode = sslmode(dsn.host, dsn.sslmode)
  return {dsn = dsn, password = args.password ~= nil and tostring(args.password) or nil}, view.users.prometheus
end

function targets.postgres(view)
  local section = section_of(view)
  if not section then return nil end
  if view.database.kind ~= "builtin" then return outside(view, section) end
  return {dsn = {host = view.paths.runtime .. "/postgres/run", user = exporter.ROLE, dbname = section.args.dbname,
    sslmode = "disable"}}, view.users.postgres
end

exporter.ROLE = "synlua_metrics" -- of the built-in PostgreSQL

-- What is wrong with a user or a program that is not there.
local function missing(kind, program, where)
  if program then return {where = where, what = "has no user prometheus to run as", hint = "add that user"} end
  return {where = where, what = ("needs %s, which is not installed"):format(kind.package),
    hint = ("apt-get install %s, or unset it"):format(kind.package)}
end

local function nothing(kind, why, where)
  if not why then return {where = where, what = "has no effect without " .. kind.lacks, hint = "unset it"} end
  return {where = where, what = ("has no effect: %s, which the exporter cannot use"):format(why),
    hint = "unset it, or name the server in another way"}
end

--- What is known of one. false: it cannot run.
---@param view View
---@param job "redis"|"postgres"
---@param problems Problem[]
---@param warnings Problem[]
---@return Exporter|false
function exporter.of(view, job, problems, warnings)
  local kind, settings = KINDS[job], view.settings
  local where = settings.sources[kind.variable] or kind.variable
  local target, user, why = targets[job](view)
  local program = view.input.host.programs[kind.program]
  if not target then
    warnings[#warnings + 1] = nothing(kind, why, where)
    return false
  elseif not program or not user then
    problems[#problems + 1] = missing(kind, program, where)
    return false
  end
  return {program = program, user = user, port = kind.port, job = job, target = target, variable = where,
    builtin = view[kind.choice].kind == "builtin"}
end

--- What both services have in common.
---@param view View
---@param said Exporter
---@param given {argv: string[], environment: string[], after?: string, ready: string, directory: string}
---@return table
function exporter.part(view, said, given)
  local user = said.user
  local probe = {kind = "http", address = ADDRESS, port = said.port, uri = given.ready}
  return {
    process = {
      argv = given.argv, environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", table.unpack(given.environment)},
      cwd = "/", uid = user.drop and user.uid, gid = user.drop and user.gid, stop_signal = "TERM", grace_ms = 3000,
      oom_score_adj = 200,
    },
    ready = {probe = probe}, start_limit_ms = 60000, on_failure = "keep-trying", give_up_after = 5,
    memory = KINDS[said.job].memory,
    alive = {probe = probe, every_ms = 60000, timeout_ms = 10000, patience = 6, restart_after = 12},
    after = given.after and {given.after} or nil,
    metrics = {address = ADDRESS, port = said.port, uri = "/metrics", job = said.job},
    listens = {{address = ADDRESS, port = said.port, place = said.variable,
      what = ("the exporter for %s"):format(said.job), hint = "end what listens there, or unset it"}},
    directories = {{base = view.paths.runtime, path = given.directory, mode = octal "0750",
      uid = view.users.own.uid, gid = user.gid}},
    reaches = {{path = said.program, uid = user.uid, gid = user.gid, program = true,
      hint = "install it again"}},
  }
end

--- The address that an exporter takes.
---@param said Exporter
---@return string
function exporter.listen(said) return ("%s:%d"):format(ADDRESS, said.port) end

return exporter
