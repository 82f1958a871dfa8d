-- The files that Synapse's user must be able to read: the configuration, and the files that it names.

local document = require "lib.document"
local relative_paths = require "input.relative_paths"
local tables = require "lib.tables"

local named_files = {}

-- Directories, which Synapse makes and fills.
local PLACES = {media_store_path = true, backup_media_store_path = true}

local function gather(value, add)
  for key, inner in tables.sorted(type(value) == "table" and value or {}) do
    if type(inner) == "table" then
      gather(inner, add)
    elseif type(key) == "string" and (key == "log_config" or key:match "_path$") and not PLACES[key] then
      add(inner)
    end
  end
end

--- The absolute paths of the files that options name. Some may not exist yet.
---@param view View
---@return string[]
function named_files.named(view)
  local list, seen, options = {}, {}, tables.copy(view.homeserver.options)
  options.database, options.databases, options.database_path = nil, nil, nil -- files that Synapse writes
  gather(options, function(path)
    if type(path) ~= "string" or path == "" then return end
    local absolute = relative_paths.absolute(path, view.cwd)
    if not seen[absolute] then list[#list + 1] = absolute end
    seen[absolute] = true
  end)
  return list
end

--- All files.
---@param view View
---@return string[]
function named_files.all(view)
  local list = named_files.named(view)
  for at = 1, view.admin.plain_files do list[#list + 1] = view.admin.layers[at].name end
  for _, one in ipairs(view.input.appservices) do list[#list + 1] = one.path end
  for _, path in ipairs(type(view.homeserver.options.app_service_config_files) == "table"
    and document.plain(view.homeserver.options.app_service_config_files) or {}) do
    if type(path) == "string" then list[#list + 1] = relative_paths.absolute(path, view.cwd) end
  end
  return list
end

return named_files
