-- The built-in PostgreSQL: it makes the cluster once, runs the server, and sets up Synapse's database.

local later = require "lib.later"
local builtin = later "plan.database.builtin" ---@module "plan.database.builtin"
local database = require "plan.database.choice"
local exporters = later "plan.metrics.exporter" ---@module "plan.metrics.exporter"
local octal = require "lib.octal"
local quote = require "files.quote"
local slots = require "files.slots"

local service = {api = 2}

local CAUSES = {
  {match = "database files are incompatible", cause = "version", permanent = true,
    hint = "the cluster was made by another PostgreSQL; install that version"},
  {match = "No space left on device", cause = "disk full", hint = "make room, then it starts by itself"},
  {match = "Disk quota exceeded", cause = "disk full", hint = "make room, then it starts by itself"},
  {match = "could not create shared memory segment", cause = "shared memory"},
  {match = "lock file .* already exists", cause = "in use"},
  {match = "PANIC", cause = "database"},
}

-- MB of the server soon after the start, and of a connection then and later. Then each process of Synapse has two
-- connections, and there are five more.
local SERVER, CONNECTION, USED, SOON, MORE = 60, 3, 4, 2, 5

-- What stands in front of each of its errors.
local SAYS = {"^%d+%-%d+%-%d+ [%d:.]+ %S+ %[%d+%] ", "^%u+:  "}

-- What it tells clients while it starts or ends, which synlua says itself.
local QUIET = {{service = "postgres", texts = {
  {"FATAL:  the database system is "}, {"FATAL:  terminating connection due to administrator command"},
}}}

-- A new cluster gets its name only when it is whole: what an interrupted start left is made anew.
local MAKE_CLUSTER = 'rm -rf -- "$2.new" && "$1" -D "$2.new" -U postgres -A trust --encoding=UTF8 --locale=C '
  .. '--data-checksums --no-instructions >/dev/null && mv -- "$2.new" "$2"'

local function init(view, place)
  local made = builtin.process(view, {"/bin/sh", "-c", MAKE_CLUSTER, "sh", place.programs .. "/initdb", place.data})
  local ok, problem = builtin.add_name(view, made)
  if not ok then return nil, problem end
  -- If a move from SQLite is planned, the cluster is made only after the check of the move.
  local needs = view.database.from and {"migrate_check"} or nil
  return {process = made, ready = {exit = true}, needs = needs, give_up_after = 2, early = true}
end

-- Where the admin's own lines lie.
local function pieces(view)
  return {base = view.paths.runtime, path = "postgres/conf.d", uid = view.users.own.uid, gid = view.users.postgres.gid}
end

local function directories(view, place)
  local user, list = view.users.postgres, builtin.directories(view)
  -- Set-group-id: the socket belongs to Synapse's group, and nobody else may enter.
  list[#list + 1] = {base = view.paths.runtime, path = "postgres/run", mode = octal "02750", uid = user.uid,
    gid = view.users.synapse.gid}
  for _, item in ipairs(slots.directories(view, "postgresql.conf", pieces(view))) do list[#list + 1] = item end
  return list, {
    {path = place.programs .. "/postgres", uid = user.uid, gid = user.gid, program = true,
      hint = "install postgresql-" .. place.version},
    {path = view.paths.data, uid = user.uid, gid = user.gid, directory = true},
  }
end

-- ms to write down what was moved, where nobody waits for the end.
local MOVED_GRACE = 600000

local function grace(view) return view.input.migrates and MOVED_GRACE or 6000 end

local function memory_of(view)
  local budget = view.budget
  local soon = SERVER + math.min(budget.connections, SOON * budget.processes + MORE) * CONNECTION
  return soon, SERVER + (budget.shared_buffers >> 20) + budget.connections * USED - soon
end

local function server(view, place)
  local program, config = place.programs .. "/postgres", "config_file=" .. place.runtime .. "/postgresql.conf"
  local made, reaches = directories(view, place)
  local soon, growth = memory_of(view)
  local started = builtin.process(view, {program, "-D", place.data, "-c", config},
    {stop_signal = "INT", grace_ms = grace(view), open_files = 16384, oom_score_adj = -500})
  table.insert(started.environment, "NOTIFY_SOCKET=" .. view.paths.notify)
  -- The kernel should spare the server, not the one connection that uses up the memory.
  table.insert(started.environment, "PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj")
  table.insert(started.environment, "PG_OOM_ADJUST_VALUE=0")
  return {
    process = started,
    ready = {notify = true}, early = true, -- without a limit: after a crash, the server may replay its log for hours
    needs = not place.exists and {"postgres_init"} or nil, sockets = {"postgres/run/.s.PGSQL.5432"},
    -- The lock on the data directory guarantees that only we run this cluster. The file of a killed server may hold a
    -- pid that another process has now. The shared memory of a live server stops a second one in any case.
    leftovers = {{base = view.paths.data, path = ("postgres/%s/postmaster.pid"):format(place.version)}},
    -- It reads its file, prints one value, and does not look for a cluster.
    trial = {directory = "postgres", strip = SAYS,
      argv = {program, "-D", place.runtime, "-c", config, "-C", "max_connections"}},
    memory = soon, growth = growth, causes = CAUSES, quiet = QUIET, give_up_after = 5,
    directories = made, reaches = reaches,
  }
end

local function setup(view, place)
  return {
    process = builtin.process(view, {place.programs .. "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h",
      place.sockets, "-U", "postgres", "-d", "postgres", "-f", place.runtime .. "/setup.sql"}),
    ready = {exit = true}, needs = {"postgres"}, give_up_after = 3, early = true,
  }
end

---@param view View
---@return table<string, table>|nil
---@return Problem?
function service.plan(view)
  if view.database.kind ~= "builtin" then return end
  local place, problem = builtin.place(view)
  if not place then return nil, problem end
  local parts = {postgres = server(view, place), postgres_setup = setup(view, place)}
  if not place.exists then
    parts.postgres_init, problem = init(view, place)
    if problem then return nil, problem end
  end
  return parts
end

-- Who may log in under another name: the exporter runs as the server's user, and may only look.
local function ident(view)
  local text = "# Written by synlua at each start. Nobody may connect under another name%s.\n"
  if not view.exporters.postgres then return text:format "" end
  return text:format " but the exporter" .. ("%s postgres %s\n"):format(exporters.ROLE, exporters.ROLE)
end

local function setup_sql(view, make)
  local name = quote.sql_identifier(database.NAME)
  local role = quote.sql_identifier(database.USER)
  local create = ("CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
    :format(name, role)
  return make.template("postgres_setup.sql", "sql_literal", {
    metrics = view.exporters.postgres and exporters.ROLE or false,
    metrics_name = make.raw(quote.sql_identifier(exporters.ROLE)), role = database.USER, role_name = make.raw(role),
    database = database.NAME, create = create,
  })
end

---@param view View
---@param make table see files
---@return table[]
function service.files(view, make)
  local place = view.database.kind == "builtin" and builtin.place(view)
  if not place then return {} end
  local budget, memory = view.budget, view.memory or 1 << 30
  return {
    builtin.file(view, "postgresql.conf", make.template("postgresql.conf", "postgresql", {
      sockets = place.sockets, hba = place.runtime .. "/pg_hba.conf", ident = place.runtime .. "/pg_ident.conf",
      max_connections = budget.max_connections, shared_buffers = ("%dMB"):format(budget.shared_buffers >> 20),
      effective_cache_size = ("%dMB"):format(memory // 2 >> 20),
    }, pieces(view))),
    -- Names without blanks, so that they need no quotes.
    builtin.file(view, "pg_hba.conf", make.template("pg_hba.conf", "sql_identifier", {
      database = database.NAME, user = database.USER,
      others = make.raw(view.users.postgres.drop and "peer" or "trust"),
      metrics = view.exporters.postgres and exporters.ROLE or false,
      map = make.raw(view.users.postgres.drop and " map=" .. exporters.ROLE or ""),
    })),
    builtin.file(view, "pg_ident.conf", ident(view)),
    builtin.file(view, "setup.sql", setup_sql(view, make)),
    builtin.name_files(view),
  }
end

return service
