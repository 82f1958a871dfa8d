-- EDGE
-- Reads what the data directory holds: the database that an earlier start used, and the existing databases.

local database_sections = require "input.database_sections"
local document = require "lib.document"
local file = require "core.file"
local records = require "lib.records"
local tables = require "lib.tables"

local store = {}

local RECORD_MAX = 64 * 1024

---@class Store what the data directory holds
---@field record? string kind that an earlier start recorded
---@field moving? string kind of the database to which a move of SQLite's content was begun
---@field moved? string path of the SQLite file whose content is in the recorded one
---@field sqlite? string path of the SQLite file
---@field sqlite_named? string path of the SQLite file there would be
---@field cluster? string version of the PostgreSQL cluster
---@field older? string[] versions of clusters, and of dumps of clusters, that a newer one has replaced
---@field dumped? boolean the whole content of that cluster lies beside it, for a newer version
---@field owners? string whose its files are known to be, see ownership
---@field restoring? string the name of a backup whose restore was begun and is not finished
---@field synapse? UpgradeRecord the Synapse that ran last
---@field python? boolean there is a directory of modules for Synapse

local function sqlite_path(data, given, cwd)
  local main = database_sections.main(given and document.plain(given) or {})
  local said = main and main.engine == "sqlite3" and main.args.database
  if type(said) ~= "string" then return data .. "/homeserver.db" end
  return said:sub(1, 1) == "/" and said or cwd:gsub("/$", "") .. "/" .. said
end

-- The version that a directory is of, and which part: "", the cluster, or ".dump", its content for a newer version.
local function part_of(data, name, stat)
  local version, part = name:match "^(%d+)(%.?%a*)$"
  if stat.kind ~= "directory" or part ~= "" and part ~= ".dump" then return end
  return version, part, part == "" and file.stat(("%s/postgres/%s/PG_VERSION"):format(data, name)) ~= nil
end

-- The newest cluster, the versions before it that have left something, and whether the newest was dumped. The files
-- belong to PostgreSQL's user.
local function clusters(data, entries)
  local newest, versions, dumped, older = 0, {}, {}, {}
  if entries and not entries.postgres then return end
  for name, stat in pairs(file.list(data, "postgres") or {}) do
    local version, part, is_whole = part_of(data, name, stat)
    local number = math.tointeger(tonumber(version))
    if number then versions[number], dumped[number] = true, dumped[number] or part == ".dump" end
    if is_whole then newest = math.max(newest, number) end
  end
  if newest == 0 then return end
  for _, version in ipairs(tables.keys(versions)) do
    if version < newest then older[#older + 1] = tostring(version) end
  end
  return tostring(newest), older, dumped[newest]
end

--- What is in the data directory. nil: it is there, and cannot be listed.
---@param data string
---@return table<string, table>|nil entries
function store.entries(data)
  local entries, _, name = file.list(data, "")
  return entries or name == "ENOENT" and {} or nil
end

--- The text of a small file in the data directory. A link is not accepted as one.
---@param data string
---@param entries? table<string, table> what is there; others are not looked for
---@param name string
---@return string|nil
---@return integer? owner uid
function store.record(data, entries, name)
  if entries and not entries[name] then return end
  local text, stat = file.read_below(data, name, RECORD_MAX)
  return text, text and stat.uid
end

--- Reads the data directory.
---@param data string
---@param entries? table<string, table> what is there
---@param given? table what the admin says
---@param cwd string Synapse's working directory
---@return Store
function store.read(data, entries, given, cwd)
  local function record_of(name) return (store.record(data, entries, name)) end
  local path = sqlite_path(data, given, cwd)
  local stat, record = file.stat(path), record_of(records.DATABASE)
  local python = file.stat(data .. "/python")
  local kind, moving, moved = records.database(record or "")
  local cluster, older, dumped = clusters(data, entries)
  return {
    synapse = records.synapse(record_of(records.SYNAPSE)),
    restoring = record_of(records.RESTORING),
    record = kind, moving = moving, moved = moved, sqlite_named = path,
    cluster = cluster, older = older, dumped = dumped,
    sqlite = stat and stat.kind == "file" and path or nil, owners = record_of(records.OWNERS),
    python = python ~= nil and python.kind == "directory",
  }
end

--- The directories of the programs of all installed PostgreSQL versions: version -> directory.
---@param place string directory of these versions
---@return table<string, string>
function store.postgres_versions(place)
  local found = {}
  for name in pairs(file.list(place, "") or {}) do
    local directory = ("%s/%s/bin"):format(place, name)
    if name:match "^%d+$" and file.stat(directory .. "/postgres") then found[name] = directory end
  end
  return found
end

--- Whether a user id has a name on this machine, which initdb needs. If not, also the library that can give it one.
---@param uid integer
---@return boolean named
---@return string|nil library
function store.user_name(uid)
  for line in (file.read "/etc/passwd" or ""):gmatch "[^\n]+" do
    if line:match "^[^:]*:[^:]*:(%d+):" == tostring(uid) then return true end
  end
  for name, stat in tables.sorted(file.list("/usr", "lib") or {}) do
    local path = ("/usr/lib/%s/libnss_wrapper.so"):format(name)
    if stat.kind == "directory" and file.stat(path) then return false, path end
  end
  return false
end

return store
