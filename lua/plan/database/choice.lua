-- Which database: homeserver.yaml's, the one that variables name, what the data directory holds, or a new one. What
-- was chosen is recorded there, so that no later start begins on an empty database beside a full one.

local databases = require "input.database_sections"
local document = require "lib.document"
local records = require "lib.records"

local database = {}

database.NAME, database.USER = "synapse", "synapse" -- of the built-in one

---@class DatabaseChoice
---@field kind "sqlite"|"outside"|"builtin"
---@field by "file"|"variables"|"data"|"default"
---@field over_file? boolean homeserver.yaml names the SQLite file whose content was moved to this one
---@field from? string the SQLite file whose content is being moved to this one
---@field resumes? boolean an earlier start began that
---@field options? table what goes into Synapse's option `database`, where it is the built-in one

local NAMES = records.DATABASES

--- The kind that homeserver.yaml names.
---@param context table of plan.make
---@return string?
function database.of_file(context)
  local plain = context.homeserver and document.plain(context.homeserver) or {}
  local said = databases.main(plain)
  if not said or not (said.names_engine or context.file and context.file.database) then return end
  return said.engine == "psycopg2" and "outside" or "sqlite"
end

--- Whether homeserver.yaml names the SQLite file whose content was moved. It is never written to, so it may go on
--- naming that.
---@param context table of plan.make
---@param store Store
---@return boolean
function database.was_moved(context, store)
  return database.of_file(context) == "sqlite" and store.record ~= "sqlite" and store.moved ~= nil
    and store.moved == store.sqlite_named
end

local function choose(context, store)
  local sources, file = context.settings.sources, database.of_file(context)
  local over_file = database.was_moved(context, store)
  if file and not over_file then return {kind = file, by = "file"} end
  if sources.POSTGRES_HOST or sources.POSTGRES_PASSWORD then
    return {kind = "outside", by = "variables", over_file = over_file}
  end
  if store.cluster then return {kind = "builtin", by = "data", over_file = over_file} end
  if store.sqlite then return {kind = "sqlite", by = "data"} end
  local has_workers = #context.settings.SYNAPSE_WORKER_TYPES > 0
  return {kind = has_workers and "builtin" or "sqlite", by = "default"}
end

-- What is full, as far as can be seen from here.
local function held(store)
  if store.record == "sqlite" then return store.sqlite and "sqlite" end
  if store.record == "builtin" then return store.cluster and "builtin" end
  return store.record or store.cluster and "builtin" or store.sqlite and "sqlite"
end

-- What would have to be undone to go on as before.
local function culprit(context, choice)
  local sources = context.settings.sources
  if choice.by == "variables" then return sources.POSTGRES_HOST or sources.POSTGRES_PASSWORD end
  return choice.by == "file" and context.paths.homeserver or "database"
end

local function way_out(before, place, record)
  if not place then return "set POSTGRES_HOST and what goes with it again; or, to begin anew, remove " .. record end
  if before == "sqlite" then
    return ("move its content there: synlua migrate-database; or undo that; or, when it has been moved by other means, "
      .. "rename %s and remove %s"):format(place, record)
  end
  return ("undo that; or, when its content has been moved, rename %s and remove %s"):format(place, record)
end

local function leaves(context, choice, store, found)
  local before, data = held(store), context.paths.data
  if not before or before == choice.kind then return end
  if choice.by == "file" and not store.record then return end -- the admin's word, on data we have never seen
  local place = ({sqlite = store.sqlite, builtin = data .. "/postgres"})[before]
  found.problem(culprit(context, choice),
    ("would leave %s%s, which this server has used so far, for %s"):format(NAMES[before],
      place and " " .. place or "", NAMES[choice.kind]),
    way_out(before, place, data .. "/" .. records.DATABASE))
end

local function refuse_sqlite(context, choice, store, found)
  if choice.kind ~= "sqlite" or #context.settings.SYNAPSE_WORKER_TYPES == 0 then return end
  local hint = "move its content to PostgreSQL: synlua migrate-database; or unset SYNAPSE_WORKER_TYPES"
  if choice.by == "file" and not store.sqlite then
    hint = ("nothing is stored yet: take database out of %s, or unset SYNAPSE_WORKER_TYPES"):format(
      context.paths.homeserver)
  end
  found.problem("SYNAPSE_WORKER_TYPES", "asks for workers, but the database is SQLite, which only one process can use",
    hint)
end

-- What PostgreSQL has is a part, and SQLite would leave it behind.
local function refuse_unfinished(context, store, found)
  local record = context.paths.data .. "/" .. records.DATABASE
  local undo = store.moving == "builtin" and ("remove %s/postgres and %s"):format(context.paths.data, record)
    or ("remove %s, and empty that database before another move"):format(record)
  found.problem("database", ("a move of %s to %s was begun and is not finished"):format(
    store.sqlite or NAMES.sqlite, NAMES[store.moving]),
    "finish it: synlua migrate-database; or, to stay with SQLite, " .. undo)
end

--- Whether the database is looked at before Synapse starts. Whose a file is of which main was ready once is recorded.
---@param context table of plan.make
---@return boolean
function database.is_asked(context)
  local store, kind = context.store, context.database.kind
  if kind ~= "sqlite" then return kind == "outside" end
  return store.sqlite ~= nil and not context.migrates and not (store.synapse and store.synapse.server)
end

--- Options of the built-in one: few connections from the start, since there may be many processes.
---@param context table of plan.make
---@return table
function database.builtin_options(context)
  return {
    name = "psycopg2",
    args = {
      host = context.paths.runtime .. "/postgres/run", user = database.USER, dbname = database.NAME, cp_min = 1,
      cp_max = 10,
    },
  }
end

--- The choice; what speaks against it is a problem.
---@param context table of plan.make
---@param store Store
---@param found {problem: function, warning: function}
---@return DatabaseChoice
function database.choose(context, store, found)
  local choice = choose(context, store)
  if store.moving then
    refuse_unfinished(context, store, found)
    return choice
  end
  leaves(context, choice, store, found)
  refuse_sqlite(context, choice, store, found)
  if choice.kind == "builtin" then choice.options = database.builtin_options(context) end
  return choice
end

-- As it is while content is moved, and ever after it was.
local function record_lines(context)
  local choice, moved = context.database, context.store.moved
  if choice.from then return "sqlite\n" .. (choice.resumes and ("moving to %s\n"):format(choice.kind) or "") end
  if moved and choice.kind ~= "sqlite" then return ("%s\nmoved from %s\n"):format(choice.kind, moved) end
  return choice.kind .. "\n"
end

local function record_file(context, lines)
  local own = context.users.own
  return {base = context.paths.data, path = records.DATABASE, mode = 420, uid = own.uid, gid = own.gid, durable = true,
    bytes = "# Which database this server uses; synlua never leaves it for another without being told.\n" .. lines}
end

--- The file that records it.
---@param context table of plan.make
---@return File
function database.record(context) return record_file(context, record_lines(context)) end

--- The same when a move begins, and when it is finished.
---@param context table of plan.make
---@param finished boolean
---@return File
function database.record_of_move(context, finished)
  local choice = context.database
  local lines = finished and ("%s\nmoved from %s\n"):format(choice.kind, choice.from)
    or ("sqlite\nmoving to %s\n"):format(choice.kind)
  return record_file(context, lines)
end

return database
