-- The databases that options of Synapse name: `database`, several under `databases`, or the obsolete `database_path`.

local tables = require "lib.tables"

local database_sections = {}

---@class DatabaseSection
---@field path string dotted option
---@field engine "sqlite3"|"psycopg2"|any
---@field args table
---@field names_engine boolean
---@field main boolean it holds users, rooms and events
---@field state boolean it holds the state groups

local function is_filled(value) return type(value) == "table" and next(value) ~= nil end

local function holds(section, name)
  local stores = section.data_stores
  if type(stores) ~= "table" then return true end
  for _, store in ipairs(stores) do
    if store == name then return true end
  end
  return false
end

local function section_of(path, said)
  return {path = path, engine = said.name or "sqlite3", args = type(said.args) == "table" and said.args or {},
    names_engine = said.name ~= nil, main = holds(said, "main"),
    state = holds(said, "state")}
end

--- All databases, by name.
---@param plain table options of Synapse
---@return DatabaseSection[]
function database_sections.all(plain)
  local list, one = {}, plain.database
  if is_filled(plain.databases) then
    for name, said in tables.sorted(plain.databases) do
      if type(said) == "table" then list[#list + 1] = section_of("databases." .. tostring(name), said) end
    end
    return list
  end
  if is_filled(one) then list[1] = section_of("database", one) end
  -- Synapse ignores database_path if the database is PostgreSQL.
  if type(plain.database_path) == "string" and (not list[1] or list[1].engine == "sqlite3") then
    list[1] = {path = "database_path", engine = "sqlite3", args = {database = plain.database_path},
      names_engine = true, main = true, state = true}
  end
  return list
end

-- What tells a server; a user or a name alone are of one on this machine's socket. All else is about connections.
local LOCATES = {"database", "dbname", "dsn", "host", "hostaddr", "passfile", "password", "port", "service", "user"}

--- Whether options ask for PostgreSQL without saying which server.
---@param plain table options of Synapse
---@return boolean
function database_sections.is_nameless(plain)
  local said = plain.database
  if type(said) ~= "table" or said.name ~= "psycopg2" or is_filled(plain.databases) then return false end
  for _, name in ipairs(type(said.args) == "table" and LOCATES or {}) do
    if said.args[name] ~= nil then return false end
  end
  return true
end

--- The database that has the main data.
---@param plain table options of Synapse
---@return DatabaseSection|nil
function database_sections.main(plain)
  for _, section in ipairs(database_sections.all(plain)) do
    if section.main then return section end
  end
end

return database_sections
