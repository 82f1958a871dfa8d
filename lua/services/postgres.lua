-- The built-in PostgreSQL: the cluster made once, the server, and Synapse's database in it.

local database = require "plan.database"
local postgres = require "plan.postgres"
local quote = require "files.quote"

local service = {api = 1}

local CAUSES = {
  {match = "database files are incompatible", cause = "version", permanent = true,
    hint = "the cluster was made by another PostgreSQL; install that version"},
  {match = "No space left on device", cause = "disk full", hint = "make room, then it starts by itself"},
  {match = "could not create shared memory segment", cause = "shared memory"},
  {match = "lock file .* already exists", cause = "in use"},
  {match = "PANIC", cause = "database"},
}

-- A new cluster gets its name only when it is whole: what an interrupted start left is made anew.
local MAKE_CLUSTER = 'rm -rf -- "$2.new" && "$1" -D "$2.new" -U postgres -A trust --encoding=UTF8 --locale=C '
  .. '--data-checksums --no-instructions >/dev/null && mv -- "$2.new" "$2"'

local function user_of(context)
  local user = context.users.postgres
  return user.drop and user.uid, user.drop and user.gid
end

local function process(context, argv, more)
  local uid, gid = user_of(context)
  local made = {
    argv = argv, environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "LC_ALL=C.UTF-8"}, cwd = "/", uid = uid,
    gid = gid, stop_signal = "TERM", grace_ms = 2000,
  }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

-- initdb asks for the name of its user, which a container's user may not have.
local function add_name(context, made, place)
  if context.users.postgres.drop or context.host.named then return true end
  local library = context.host.name_library
  if not library then
    return nil, {where = ("uid %d"):format(context.users.postgres.uid),
      what = "has no name here, without which initdb makes no cluster",
      hint = "install libnss-wrapper, or run as a user of /etc/passwd, or name a server in POSTGRES_HOST"}
  end
  local list = made.environment
  list[#list + 1] = "LD_PRELOAD=" .. library
  list[#list + 1] = "NSS_WRAPPER_PASSWD=" .. place.runtime .. "/passwd"
  list[#list + 1] = "NSS_WRAPPER_GROUP=" .. place.runtime .. "/group"
  return true
end

local function init(context, place)
  local made = process(context, {"/bin/sh", "-c", MAKE_CLUSTER, "sh", place.programs .. "/initdb", place.data})
  local ok, problem = add_name(context, made, place)
  if not ok then return nil, problem end
  -- Where content is to be moved in, not before that is known to be possible.
  local needs = context.database.from and {"migrate_check"} or nil
  return {process = made, ready = {exit = true}, needs = needs, give_up_after = 2}
end

local function directories(context, place)
  local own, user, synapse = context.users.own, context.users.postgres, context.users.synapse
  return {
    {base = context.paths.data, path = "postgres", mode = 448, uid = user.uid, gid = user.gid},
    {base = context.paths.runtime, path = "postgres", mode = 493, uid = own.uid, gid = own.gid},
    -- Set-group-id: the socket belongs to Synapse's group, and nobody else may enter.
    {base = context.paths.runtime, path = "postgres/run", mode = 1512, uid = user.uid, gid = synapse.gid},
  }, {
    {path = place.programs .. "/postgres", uid = user.uid, gid = user.gid, program = true,
      hint = "install postgresql-" .. place.version},
    {path = context.paths.data, uid = user.uid, gid = user.gid, directory = true},
  }
end

local function server(context, place)
  local argv = {place.programs .. "/postgres", "-D", place.data, "-c",
    "config_file=" .. place.runtime .. "/postgresql.conf"}
  local made = process(context, argv, {stop_signal = "INT", grace_ms = 6000, open_files = 16384, oom_score_adj = -500})
  table.insert(made.environment, "NOTIFY_SOCKET=" .. context.paths.notify)
  local owned, reaches = directories(context, place)
  return {
    process = made,
    ready = {notify = true}, -- without a limit: it may have hours of changes to take in after a crash
    needs = not place.exists and {"postgres_init"} or nil, sockets = {"postgres/run/.s.PGSQL.5432"},
    -- Only we run this cluster: the lock on the data directory says so. What a killed one left may name a pid that
    -- lives again; shared memory still attached to the cluster stops a second server in any case.
    leftovers = {{base = context.paths.data, path = ("postgres/%s/postmaster.pid"):format(place.version)}},
    causes = CAUSES, give_up_after = 5, directories = owned, reaches = reaches,
  }
end

local function setup(context, place)
  return {
    process = process(context, {place.programs .. "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", place.sockets,
      "-U", "postgres", "-d", "postgres", "-f", place.runtime .. "/setup.sql"}),
    ready = {exit = true}, needs = {"postgres"}, give_up_after = 3,
  }
end

---@param context table
---@return table<string, table>|nil
---@return Problem?
function service.plan(context)
  if context.database.kind ~= "builtin" then return end
  local place, problem = postgres.place(context)
  if not place then return nil, problem end
  local parts = {postgres = server(context, place), postgres_setup = setup(context, place)}
  if not place.exists then
    parts.postgres_init, problem = init(context, place)
    if problem then return nil, problem end
  end
  return parts
end

local function file(context, name, bytes)
  return {base = context.paths.runtime, path = "postgres/" .. name, mode = 416, uid = context.users.own.uid,
    gid = context.users.postgres.gid, bytes = bytes}
end

local function name_files(context)
  local user = context.users.postgres
  if user.drop or context.host.named then return end
  return file(context, "passwd", ("postgres:x:%d:%d::/:/bin/false\n"):format(user.uid, user.gid)),
    file(context, "group", ("postgres:x:%d:\n"):format(user.gid))
end

local function setup_sql(make)
  local name = quote.sql_identifier(database.NAME)
  local role = quote.sql_identifier(database.USER)
  local create = ("CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
    :format(name, role)
  return make.template("postgres_setup.sql", "sql_literal", {
    role = database.USER, role_name = make.raw(role), database = database.NAME, create = create,
  })
end

---@param context table
---@param make table see files
---@return table[]
function service.files(context, make)
  local place = context.database.kind == "builtin" and postgres.place(context)
  if not place then return {} end
  local budget, memory = context.budget, context.memory or 1 << 30
  return {
    file(context, "postgresql.conf", make.template("postgresql.conf", "postgresql", {
      sockets = place.sockets, hba = place.runtime .. "/pg_hba.conf", ident = place.runtime .. "/pg_ident.conf",
      max_connections = budget.max_connections, shared_buffers = ("%dMB"):format(budget.shared_buffers >> 20),
      effective_cache_size = ("%dMB"):format(memory // 2 >> 20),
    })),
    -- Names without blanks, so that they need no quotes.
    file(context, "pg_hba.conf", make.template("pg_hba.conf", "sql_identifier", {
      database = database.NAME, user = database.USER,
      others = make.raw(context.users.postgres.drop and "peer" or "trust"),
    })),
    file(context, "pg_ident.conf", "# Written by synlua at each start: no other names.\n"),
    file(context, "setup.sql", setup_sql(make)),
    name_files(context),
  }
end

return service
