-- Checks the database before Synapse starts. For a PostgreSQL server outside: whether it is reachable and accepts the
-- login, its version, collation and number of connections, and which homeserver its data belong to. For a SQLite file
-- that synlua has not used before: which homeserver its data belong to.

local database = require "plan.database.choice"
local handed = require "plan.homeserver.handed"
local octal = require "lib.octal"
local records = require "lib.records"
local signing = require "plan.identity.signing"
local synapse_process = require "plan.process.synapse"

local service = {api = 2}

local CAUSES = {
  {match = "^unreachable: ", cause = "unreachable",
    hint = "start the server, or mend POSTGRES_HOST and POSTGRES_PORT; synlua tries again meanwhile"},
  {match = "^refused: ", cause = "login", permanent = true,
    hint = "mend POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, or the server's pg_hba.conf"},
  {match = "^strange: ", cause = "identity", permanent = true, hint = "do what the line above says"},
  {match = "^unfinished: ", cause = "unfinished", permanent = true,
    hint = "nothing is in it: remove it or rename it, with those beside it that begin with its name (-wal, -shm); "
      .. "then start again"},
  {match = "^unfit: ", cause = "database", permanent = true, hint = "change the database as the line above says"},
}

-- Tries at 0, 1, 3, 7, 15, 31 and 63 s.
local TRIES = 7

-- ms during which it may do nothing. It only waits for answers to small queries, but the server may never answer.
local CHECK_LIMIT = 300000

local function part(view, argv)
  local user = view.users.synapse
  return {
    process = {
      argv = argv,
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" .. view.paths.data}, cwd = "/",
      uid = user.drop and user.uid, gid = user.drop and user.gid, stop_signal = "TERM", grace_ms = 1000,
    },
    ready = {exit = true}, start_limit_ms = CHECK_LIMIT, causes = CAUSES, give_up_after = TRIES, passes_status = true,
  }
end

---@param view View
---@return table|nil
function service.plan(view)
  if not database.is_asked(view) then return end
  local paths = view.paths
  if view.database.kind == "sqlite" then
    return part(view, {view.settings.SYNLUA_SYNAPSE_PYTHON, "-I", paths.runtime .. "/synapse/check_database.py",
      view.input.store.sqlite, view.server_name})
  end
  local key = signing.path(view)
  local place = key and key:match "^(/.*)/" or paths.data
  local argv = {view.settings.SYNLUA_SYNAPSE_PYTHON, "-I", paths.runtime .. "/synapse/check_database.py",
    tostring(view.budget.connections), place .. "/" .. records.NEW_KEY, key and handed.path(view, key) or "",
    view.settings.SYNLUA_NEW_SIGNING_KEY and "confirmed" or ""}
  for _, path in ipairs(synapse_process.files(view)) do argv[#argv + 1] = path end
  return part(view, argv)
end

---@param view View
---@param make table see files
---@return table[]
function service.files(view, make)
  if not database.is_asked(view) then return {} end
  local script = view.database.kind == "sqlite" and "check_sqlite.py" or "check_database.py"
  return {{base = view.paths.runtime, path = "synapse/check_database.py", mode = octal "0640",
    uid = view.users.own.uid, gid = view.users.synapse.gid, bytes = make.text(script)}}
end

return service
