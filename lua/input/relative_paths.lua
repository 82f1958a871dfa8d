-- Relative paths in the admin's files. Synapse resolves them from its working directory, which its earlier launcher
-- chose. synlua uses the directory in which the named files exist.

local database_sections = require "input.database_sections"
local document = require "lib.document"
local tables = require "lib.tables"

local relative_paths = {}

local NAMES = {
  media_store_path = true, backup_media_store_path = true, log_config = true, tls_certificate_path = true,
  tls_private_key_path = true, database_path = true,
}

-- Paths of files that Synapse makes itself.
local MADE = {pid_file = true, worker_pid_file = true}

local function is_relative(value) return type(value) == "string" and value ~= "" and value:sub(1, 1) ~= "/" end

local function names_path(key)
  return type(key) == "string" and (NAMES[key] or key:match "_path$") and not MADE[key]
end

--- The relative paths of a document: option -> path.
---@param given table
---@return table<string, string>
function relative_paths.of(given)
  local found, plain = {}, document.plain(given)
  local function add(option, path)
    if is_relative(path) then found[option] = path end
  end
  for key, value in tables.sorted(plain) do
    if names_path(key) then add(key, value) end
  end
  local services = type(plain.app_service_config_files) == "table" and plain.app_service_config_files or {}
  for at, path in ipairs(services) do add("app_service_config_files." .. at, path) end
  for _, said in ipairs(database_sections.all(plain)) do
    local file = said.engine == "sqlite3" and said.path ~= "database_path" and said.args.database
    if file ~= ":memory:" then add(said.path .. ".args.database", file) end
  end
  return found
end

--- The working directory: the first candidate that has all files which exist in any of them.
---@param paths table<string, string> of relative.of
---@param directories string[] where it may be, the usual one first
---@param exists fun(path: string): boolean
---@return string|nil
---@return string|nil what is wrong
function relative_paths.directory(paths, directories, exists)
  local first, wanted = {}, 0
  local function missing(directory)
    local count = 0
    for option, path in tables.sorted(paths) do
      if exists(relative_paths.absolute(path, directory)) then
        first[option] = first[option] or directory
      else
        count = count + 1
      end
    end
    return count
  end
  local misses = {}
  for at, directory in ipairs(directories) do misses[at] = missing(directory) end
  for option in tables.sorted(paths) do wanted = wanted + (first[option] and 0 or 1) end
  for at, directory in ipairs(directories) do
    if misses[at] == wanted then return directory end
  end
  local parts = {}
  for option, directory in tables.sorted(first) do
    parts[#parts + 1] = ("%s (%s) in %s"):format(option, paths[option], directory)
  end
  return nil, "has relative paths of files in different directories: " .. table.concat(parts, ", ")
end

--- A path as Synapse finds it.
---@param path string
---@param directory string of relative.directory
---@return string
function relative_paths.absolute(path, directory)
  return path:sub(1, 1) == "/" and path or directory:gsub("/$", "") .. "/" .. path
end

return relative_paths
