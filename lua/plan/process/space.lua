-- How much room a start needs on disk. A new SQLite file with its log takes 4 MB, a new cluster of PostgreSQL 53 MB and
-- a thousand files; what a running server needs is its admin's to know.

local space = {}

local ANY = {bytes = 32 << 20, files = 100}
local CLUSTER = {bytes = 128 << 20, files = 2000}

---@class Space
---@field path string
---@field bytes integer
---@field files integer

--- Where room is needed.
---@param view View needs database and paths
---@return Space[]
function space.needed(view)
  local store, kind = view.input.store, view.database.kind
  local need = kind == "builtin" and not store.cluster and CLUSTER or ANY
  local list = {{path = view.paths.data, bytes = need.bytes, files = need.files}}
  local elsewhere = kind == "sqlite" and store.sqlite_named and store.sqlite_named:match "^(.*)/[^/]*$"
  if elsewhere and elsewhere ~= "" and elsewhere ~= view.paths.data then
    list[2] = {path = elsewhere, bytes = ANY.bytes, files = ANY.files}
  end
  return list
end

--- The directories whose room is measured while everything runs.
---@param view View needs homeserver, paths and prometheus
---@return string[]
function space.watched(view)
  local list, seen = {}, {}
  local function add(path)
    if path:sub(1, 1) ~= "/" or seen[path] then return end
    seen[path] = true
    list[#list + 1] = path
  end
  add(view.paths.data)
  add(tostring(view.homeserver.options.media_store_path))
  if view.prometheus then add(view.prometheus.data) end
  return list
end

---@class DatabaseFiles
---@field name string of the kind of database
---@field base? string where its files are, if this machine has them
---@field files? string[] their names; beside them Synapse may put any number of others
---@field path? string or a directory below base, in which all are its own
---@field depth? integer how many levels of directories hold them

local NAMES = {sqlite = "SQLite", builtin = "PostgreSQL", outside = "PostgreSQL outside"}

--- Where the files of the database are, of which the size can be told.
---@param view View
---@return DatabaseFiles
function space.of_database(view)
  local kind, store = view.database.kind, view.input.store
  local made = {name = NAMES[kind]}
  if kind == "builtin" then
    made.base, made.path, made.depth = view.paths.data, "postgres", 3
  elseif kind == "sqlite" and store.sqlite_named then
    local base, name = store.sqlite_named:match "^(/.*)/([^/]+)$"
    made.base, made.files = base, name and {name, name .. "-wal", name .. "-shm", name .. "-journal"}
  end
  return made
end

return space
