-- Moves the content of SQLite to PostgreSQL with Synapse's own tool. Only `synlua migrate-database` plans it.

local handed = require "plan.homeserver.handed"
local octal = require "lib.octal"
local synapse = require "services.synapse"

local service = {api = 2}

local CAUSES = {
  {match = "^unfinished: ", cause = "unfinished", permanent = true,
    hint = "let synlua run on SQLite as before, without SYNAPSE_WORKER_TYPES, until Synapse has done its background "
      .. "updates (it takes one at a time and says so); then move the database"},
  {match = "^occupied: ", cause = "occupied", permanent = true,
    hint = "name an empty database, or empty that one if nothing in it is needed"},
  {match = "^auto_vacuum: ", cause = "auto_vacuum", permanent = true,
    hint = "stop it: sqlite3 FILE 'PRAGMA auto_vacuum=off; VACUUM;'"},
  {match = "No space left on device", cause = "disk full", permanent = true,
    hint = "make room, then begin again: it goes on where it was"},
  {match = "database or disk is full", cause = "disk full", permanent = true, hint = "make room, then begin again"},
  {match = "Disk quota exceeded", cause = "disk full", permanent = true,
    hint = "make room, then begin again: it goes on where it was"},
}

-- Like Synapse's main process, but with another program, which is done when it ends.
local function part(view, action)
  local from, paths, choice = view.database.from, view.paths, view.database
  local made = synapse.plan(view).synapse
  made.process.argv = {
    view.settings.SYNLUA_SYNAPSE_PYTHON, "-Iu", paths.runtime .. "/synapse/migrate_database.py", action, from,
    paths.runtime .. "/synapse/migration.yaml", choice.resumes and "resume" or choice.kind,
  }
  made.process.grace_ms = 2000
  made.process.fork, made.prefers = nil, nil -- the fork server can only start Synapse
  -- Without a limit: PostgreSQL may work for hours on one statement, and the work would be lost.
  made.start_limit_ms, made.alive = false, nil
  made.ready, made.give_up_after, made.passes_status = {exit = true}, 1, true
  made.causes, made.phases, made.sockets, made.listens = CAUSES, nil, nil, nil
  made.reaches[#made.reaches + 1] = {path = from, uid = view.users.synapse.uid, gid = view.users.synapse.gid,
    read = true}
  return made
end

--- A check of both databases, before anything is made, and then the move.
---@param view View
---@return table<string, table>|nil
function service.plan(view)
  if not view.database.from then return end
  local check, move = part(view, "check"), part(view, "move")
  check.needs = view.database.kind == "outside" and {"database_check"} or nil
  move.needs = move.needs or {}
  table.insert(move.needs, 1, "migrate_check")
  move.phases = {{match = "", phase = "migrating"}}
  return {migrate_check = check, migrate = move}
end

--- Synapse's files, which the check of a server outside reads, and one file with the whole configuration for
--- synapse_port_db.
---@param view View
---@param make table see files
---@return table[]
function service.files(view, make)
  if not view.database.from then return {} end
  local list, own, gid = synapse.files(view, make), view.users.own, view.users.synapse.gid
  local function add(name, bytes)
    list[#list + 1] = {base = view.paths.runtime, path = "synapse/" .. name, mode = octal "0640", uid = own.uid,
      gid = gid, bytes = bytes}
  end
  add("migration.yaml", make.yaml(handed.options(view, view.homeserver.merged)))
  add("migrate_database.py", make.text "migrate_database.py")
  return list
end

return service
