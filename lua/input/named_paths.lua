-- Which files options of Synapse name.

local tables = require "lib.tables"

local named_paths = {}

-- Directories, which Synapse makes and fills.
local PLACES = {media_store_path = true, backup_media_store_path = true}

-- Lists of files.
named_paths.LISTS = {app_service_config_files = true}

--- Whether an option of that name, wherever it stands, names a file that Synapse reads.
---@param key any
---@return boolean
function named_paths.is_name(key)
  return type(key) == "string" and (key == "log_config" or key:match "_path$" ~= nil) and not PLACES[key]
end

local function gather(value, add)
  for key, inner in tables.sorted(type(value) == "table" and value or {}) do
    if type(inner) == "table" then
      gather(inner, add)
    elseif named_paths.is_name(key) then
      add(inner)
    end
  end
end

--- The paths as they stand there, each once.
---@param options table plain
---@return string[]
function named_paths.of(options)
  local list, seen, read = {}, {}, tables.copy(options)
  read.database, read.databases, read.database_path = nil, nil, nil -- what is written is no such thing
  gather(read, function(path)
    if type(path) ~= "string" or path == "" then return end
    if not seen[path] then list[#list + 1] = path end
    seen[path] = true
  end)
  return list
end

return named_paths
