-- A look at the database before Synapse starts. A PostgreSQL server outside: reachable, login, version, collation,
-- connections, whose it is; a SQLite file that synlua has not seen running: whose it is.

local database = require "plan.database"
local signing = require "plan.signing"
local synapse_process = require "plan.synapse_process"

local service = {api = 1}

local CAUSES = {
  {match = "^unreachable: ", cause = "unreachable",
    hint = "start the server, or mend POSTGRES_HOST and POSTGRES_PORT; it is tried again meanwhile"},
  {match = "^refused: ", cause = "login", permanent = true,
    hint = "mend POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, or the server's pg_hba.conf"},
  {match = "^strange: ", cause = "identity", permanent = true, hint = "mend that as said above"},
  {match = "^unfit: ", cause = "database", permanent = true, hint = "mend the database server as said above"},
}

-- Tries at 0, 1, 3, 7, 15, 31 and 63 s.
local TRIES = 7

-- ms for which it may do nothing: it waits for answers to small questions, maybe of a server that answers no more.
local CHECK_LIMIT = 300000

local function part(context, argv)
  local user = context.users.synapse
  return {
    process = {
      argv = argv,
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" .. context.paths.data}, cwd = "/",
      uid = user.drop and user.uid, gid = user.drop and user.gid, stop_signal = "TERM", grace_ms = 1000,
    },
    ready = {exit = true}, start_limit_ms = CHECK_LIMIT, causes = CAUSES, give_up_after = TRIES, passes_status = true,
  }
end

---@param context table
---@return table|nil
function service.plan(context)
  if not database.is_asked(context) then return end
  local paths = context.paths
  if context.database.kind == "sqlite" then
    return part(context, {context.settings.SYNLUA_SYNAPSE_PYTHON, "-I", paths.runtime .. "/synapse/check_database.py",
      context.store.sqlite, context.server_name})
  end
  local key = context.options.signing_key == nil and context.options.signing_key_path
  local place = type(key) == "string" and key:match "^(/.*)/" or paths.data
  local argv = {context.settings.SYNLUA_SYNAPSE_PYTHON, "-I", paths.runtime .. "/synapse/check_database.py",
    tostring(context.budget.connections), place .. "/" .. signing.MARK, type(key) == "string" and key or "",
    context.settings.SYNLUA_NEW_SIGNING_KEY and "confirmed" or ""}
  for _, path in ipairs(synapse_process.files(context)) do argv[#argv + 1] = path end
  return part(context, argv)
end

---@param context table
---@param make table see files
---@return table[]
function service.files(context, make)
  if not database.is_asked(context) then return {} end
  local script = context.database.kind == "sqlite" and "check_sqlite.py" or "check_database.py"
  return {{base = context.paths.runtime, path = "synapse/check_database.py", mode = 416,
    uid = context.users.own.uid, gid = context.users.synapse.gid, bytes = make.text(script)}}
end

return service
