-- Chooses source and target of `synlua migrate-database`, which moves the content of SQLite to PostgreSQL, and reports
-- conflicts.

local database = require "plan.database.choice"
local postgres = require "settings.postgres"
local records = require "lib.records"

local migration = {}

local function target(view)
  local file = database.of_file(view)
  if file == "outside" then return {kind = "outside", by = "file"} end
  local outside = postgres.asked_by(view.settings.sources)
  return {kind = outside and "outside" or "builtin", by = outside and "variables" or "default", over_file = file ~= nil}
end

local function check_source(view, store, found)
  local record = view.paths.data .. "/" .. records.DATABASE
  if store.record and store.record ~= "sqlite" then
    found.problem("database", ("nothing to move: this server uses %s already (%s)"):format(
      records.DATABASES[store.record], record), "start it: synlua run")
  elseif not store.sqlite then
    found.problem("database", "nothing to move: there is no " .. tostring(store.sqlite_named),
      "look at SYNAPSE_DATA_DIR, and at database in " .. view.paths.homeserver)
  end
end

-- A move that was begun goes on where it stopped. For a new move the target must be empty. The migration program itself
-- checks a server outside.
local function check_target(view, store, choice, found)
  local data = view.paths.data
  if store.moving and store.moving ~= choice.kind then
    found.problem("database", ("the move that was begun goes to %s, not to %s"):format(records.DATABASES[store.moving],
      records.DATABASES[choice.kind]), ("set what was set then; or, to move it elsewhere, remove %s/%s"):format(data,
      records.DATABASE))
  elseif choice.kind == "builtin" and store.cluster and not store.moving then
    found.problem(data .. "/postgres", "is a database already, but no move to it was begun",
      "rename it if nothing in it is needed, or set POSTGRES_HOST for another place")
  end
end

--- The target of the move. `from` is the SQLite file.
---@param view View
---@param store Store
---@param found {problem: function, warning: function}
---@return DatabaseChoice
function migration.choose(view, store, found)
  local choice = target(view)
  choice.from, choice.resumes = store.sqlite, store.moving ~= nil
  check_source(view, store, found)
  check_target(view, store, choice, found)
  if choice.kind == "builtin" then choice.options = database.builtin_options(view) end
  return choice
end

return migration
