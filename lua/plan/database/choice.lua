-- Chooses the database: that of homeserver.yaml, the one that variables name, the one in the data directory, or a new
-- one. The choice is recorded in the data directory, so that no later start begins on an empty database beside a full
-- one.

local later = require "lib.later"

local builtin = later "plan.database.builtin" ---@module "plan.database.builtin"
local database_sections = require "input.database_sections"
local document = require "lib.document"
local findings = require "lib.findings"
local octal = require "lib.octal"
local postgres = require "settings.postgres"
local records = require "lib.records"

local database = {}

database.NAME, database.USER = "synapse", "synapse" -- of the built-in one

---@class DatabaseChoice
---@field kind "sqlite"|"outside"|"builtin"
---@field by "file"|"variables"|"data"|"default"
---@field over_file? boolean homeserver.yaml names the SQLite file whose content was moved to this one
---@field from? string the SQLite file whose content is being moved to this one
---@field resumes? boolean an earlier start began that
---@field upgrade? MajorUpgrade what `synlua upgrade-database` is to do with the built-in one
---@field options? table what goes into Synapse's option `database`, where it is the built-in one

local NAMES = records.DATABASES

--- The kind of database that homeserver.yaml names.
---@param view View
---@return string?
function database.of_file(view)
  local plain = view.admin.document and document.plain(view.admin.document) or {}
  local said = database_sections.main(plain)
  if not said or not (said.names_engine or view.admin.upheld and view.admin.upheld.database) then return end
  return said.engine == "psycopg2" and "outside" or "sqlite"
end

--- Whether homeserver.yaml names the SQLite file whose content was moved. It is never written to, so it may go on
--- naming it.
---@param view View
---@param store Store
---@return boolean
function database.was_moved(view, store)
  return database.of_file(view) == "sqlite" and store.record ~= "sqlite" and store.moved ~= nil
    and store.moved == store.sqlite_named
end

local function choose(view, store)
  local sources, file = view.settings.sources, database.of_file(view)
  local over_file = database.was_moved(view, store)
  if file and not over_file then return {kind = file, by = "file"} end
  if postgres.asked_by(sources) then
    return {kind = "outside", by = "variables", over_file = over_file}
  end
  if store.cluster then return {kind = "builtin", by = "data", over_file = over_file} end
  if view.admin.asks_postgres then return {kind = "builtin", by = "file"} end
  if store.sqlite then return {kind = "sqlite", by = "data"} end
  local has_workers = #view.settings.SYNAPSE_WORKER_TYPES > 0
  return {kind = has_workers and "builtin" or "sqlite", by = "default"}
end

-- The database that has content, as far as the data directory shows.
local function held(store)
  if store.record == "sqlite" then return store.sqlite and "sqlite" end
  if store.record == "builtin" then return store.cluster and "builtin" end
  return store.record or store.cluster and "builtin" or store.sqlite and "sqlite"
end

-- The setting that would have to be undone to go on as before.
local function culprit(view, choice)
  if choice.by == "variables" then return postgres.asked_by(view.settings.sources) end
  return choice.by == "file" and view.paths.homeserver or "database"
end

local function way_out(before, place, record)
  if not place then return "set POSTGRES_HOST and the related variables again; or, to begin anew, remove " .. record end
  if before == "sqlite" then
    return ("move its content there: synlua migrate-database; or undo that; or, when it has been moved by other means, "
      .. "rename %s and remove %s"):format(place, record)
  end
  return ("undo that; or, when its content has been moved, rename %s and remove %s"):format(place, record)
end

local function leaves(view, choice, store, found)
  local before, data = held(store), view.paths.data
  if not before or before == choice.kind then return end
  -- Without a record synlua has not used these data yet, so the admin decides.
  if choice.by == "file" and not store.record then return end
  local place = ({sqlite = store.sqlite, builtin = data .. "/postgres"})[before]
  found.problem(culprit(view, choice),
    ("would leave %s%s, which this server has used so far, for %s"):format(NAMES[before],
      place and " " .. place or "", NAMES[choice.kind]),
    way_out(before, place, data .. "/" .. records.DATABASE))
end

local function refuse_sqlite(view, choice, store, found)
  if choice.kind ~= "sqlite" or #view.settings.SYNAPSE_WORKER_TYPES == 0 then return end
  local hint = "move its content to PostgreSQL: synlua migrate-database; or unset SYNAPSE_WORKER_TYPES"
  if choice.by == "file" and not store.sqlite then
    hint = ("nothing is stored yet: take database out of %s, or unset SYNAPSE_WORKER_TYPES"):format(
      view.paths.homeserver)
  end
  found.problem("SYNAPSE_WORKER_TYPES", "asks for workers, but the database is SQLite, which only one process can use",
    hint)
end

-- PostgreSQL already has a part of the content. A start on SQLite would make that part wrong.
local function refuse_unfinished(view, store, found)
  local record = view.paths.data .. "/" .. records.DATABASE
  local undo = store.moving == "builtin" and ("remove %s/postgres and %s"):format(view.paths.data, record)
    or ("remove %s, and empty that database before another move"):format(record)
  found.problem("database", ("a move of %s to %s was begun and is not finished"):format(
    store.sqlite or NAMES.sqlite, NAMES[store.moving]),
    "finish it: synlua migrate-database; or, to stay with SQLite, " .. undo)
end

-- The dump is what a newer PostgreSQL will get, so what is written after it would be lost.
local function refuse_dumped(view, store, found)
  local dump = ("%s/postgres/%s.dump"):format(view.paths.data, store.cluster)
  found.problem("database", ("is on its way from PostgreSQL %s to a newer one: %s waits to be loaded"):format(
    store.cluster, dump), ("finish it where a newer PostgreSQL is installed: synlua upgrade-database; or, to stay with "
    .. "%s, remove %s"):format(store.cluster, dump))
end

-- The version of the cluster goes on with it, though a newer one is installed too, as in an image on a newer Debian.
local function tell_newer(view, store, found)
  local versions = view.input.host.postgres
  local new = store.cluster and versions[store.cluster] and builtin.newer(versions, store.cluster)
  if not new then return end
  local what = ("serves the cluster that it made, and %s is installed too"):format(new)
  found.warning("PostgreSQL " .. store.cluster, what, "stop synlua and run once: synlua upgrade-database")
end

--- Whether the database is checked before Synapse starts. A SQLite file is checked until main has been ready with it
--- once. From then on the server's name is recorded beside it.
---@param view View
---@return boolean
function database.is_asked(view)
  local store, kind = view.input.store, view.database.kind
  if kind ~= "sqlite" then return kind == "outside" end
  return store.sqlite ~= nil and not view.input.migrates and not (store.synapse and store.synapse.server)
end

--- Options of the built-in PostgreSQL. Each process opens few connections at first, since there may be many processes.
---@param view View
---@return table
function database.builtin_options(view)
  return {
    name = "psycopg2",
    args = {
      host = view.paths.runtime .. "/postgres/run", user = database.USER, dbname = database.NAME, cp_min = 1,
      cp_max = 10,
    },
  }
end

--- Chooses the database. Conflicts with the choice are problems.
---@param view View
---@param store Store
---@param found {problem: function, warning: function}
---@return DatabaseChoice
function database.choose(view, store, found)
  local choice = choose(view, store)
  if store.moving then
    refuse_unfinished(view, store, found)
    return choice
  end
  leaves(view, choice, store, found)
  refuse_sqlite(view, choice, store, found)
  if choice.kind == "builtin" and not view.input.upgrades then
    (store.dumped and refuse_dumped or tell_newer)(view, store, found)
  end
  if choice.kind == "builtin" then choice.options = database.builtin_options(view) end
  return choice
end

-- The lines of the record, during a move and after it.
local function record_lines(view)
  local choice, moved = view.database, view.input.store.moved
  if choice.from then return "sqlite\n" .. (choice.resumes and ("moving to %s\n"):format(choice.kind) or "") end
  if moved and choice.kind ~= "sqlite" then return ("%s\nmoved from %s\n"):format(choice.kind, moved) end
  return choice.kind .. "\n"
end

local function record_file(view, lines)
  local own = view.users.own
  return {base = view.paths.data, path = records.DATABASE, mode = octal "0644", uid = own.uid, gid = own.gid,
    durable = true,
    bytes = "# The database that this server uses. synlua never changes to another one by itself.\n" .. lines}
end

--- The file that records the choice.
---@param view View
---@return File
function database.record(view) return record_file(view, record_lines(view)) end

--- The content of that file when a move begins, and when it is finished.
---@param view View
---@param finished boolean
---@return File
function database.record_of_move(view, finished)
  local choice = view.database
  local lines = finished and ("%s\nmoved from %s\n"):format(choice.kind, choice.from)
    or ("sqlite\nmoving to %s\n"):format(choice.kind)
  return record_file(view, lines)
end

--- The content of that file after a restore.
---@param view View
---@param kind string
---@param moved? string
---@return File
function database.record_of_restore(view, kind, moved)
  return record_file(view, moved and kind ~= "sqlite" and ("%s\nmoved from %s\n"):format(kind, moved) or kind .. "\n")
end

--- The database in use, or the one that content is moved to.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return DatabaseChoice
function database.make(view, problems, warnings)
  local found = findings.into(problems, warnings)
  if view.input.migrates then return require("plan.database.migration").choose(view, view.input.store, found) end
  if view.input.upgrades then return require("plan.database.major").choose(view, view.input.store, found) end
  return database.choose(view, view.input.store, found)
end

return database
