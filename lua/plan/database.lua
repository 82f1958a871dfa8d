-- Which database: homeserver.yaml's, the one that variables name, what the data directory holds, or a new one. What
-- was chosen is recorded there, so that no later start begins on an empty database beside a full one.

local document = require "document"

local database = {}

database.RECORD = ".synlua.database" -- in the data directory
database.NAME, database.USER = "synapse", "synapse" -- of the built-in one

---@class DatabaseChoice
---@field kind "sqlite"|"outside"|"builtin"
---@field by "file"|"variables"|"data"|"default"
---@field options? table what goes into Synapse's option `database`, where it is the built-in one

---@class Store what the data directory holds
---@field record? string kind that an earlier start recorded
---@field sqlite? string path of the SQLite file
---@field cluster? string version of the PostgreSQL cluster
---@field owners? string whose its files are known to be, see ownership

local NAMES = {sqlite = "the SQLite file", builtin = "the built-in PostgreSQL", outside = "a PostgreSQL server outside"}

local function of_file(context)
  local plain = context.homeserver and document.plain(context.homeserver) or {}
  local said = plain.database
  if plain.databases then return "outside" end
  if plain.database_path then return "sqlite" end
  if type(said) ~= "table" or (said.name == nil and not (context.file and context.file.database)) then return end
  return said.name == "psycopg2" and "outside" or "sqlite"
end

local function choose(context, store)
  local sources, file = context.settings.sources, of_file(context)
  if file then return {kind = file, by = "file"} end
  if sources.POSTGRES_HOST or sources.POSTGRES_PASSWORD then return {kind = "outside", by = "variables"} end
  if store.cluster then return {kind = "builtin", by = "data"} end
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

local function way_out(place, record)
  if not place then return "set POSTGRES_HOST and what goes with it again; or, to begin anew, remove " .. record end
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
    way_out(place, data .. "/" .. database.RECORD))
end

local function refuse_sqlite(context, choice, store, found)
  if choice.kind ~= "sqlite" or #context.settings.SYNAPSE_WORKER_TYPES == 0 then return end
  local hint = "move its content to PostgreSQL with Synapse's synapse_port_db, or unset SYNAPSE_WORKER_TYPES"
  if choice.by == "file" and not store.sqlite then
    hint = ("nothing is stored yet: take database out of %s, or unset SYNAPSE_WORKER_TYPES"):format(
      context.paths.homeserver)
  end
  found.problem("SYNAPSE_WORKER_TYPES", "asks for workers, but the database is SQLite, which only one process can use",
    hint)
end

-- Few from the start, since there may be many processes.
local function builtin_options(context)
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
  leaves(context, choice, store, found)
  refuse_sqlite(context, choice, store, found)
  if choice.kind == "builtin" then choice.options = builtin_options(context) end
  return choice
end

--- The file that records it.
---@param context table of plan.make
---@return File
function database.record(context)
  local own = context.users.own
  return {base = context.paths.data, path = database.RECORD, mode = 420, uid = own.uid, gid = own.gid, durable = true,
    bytes = "# Which database this server uses; synlua never leaves it for another without being told.\n"
      .. context.database.kind .. "\n"}
end

--- The kind in such a file.
---@param text string
---@return string?
function database.recorded(text)
  local kind = text:match "\n(%a+)\n"
  return kind and NAMES[kind] and kind
end

return database
