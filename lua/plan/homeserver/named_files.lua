-- The files that Synapse's user must be able to read: the configuration, and the files that it names.

local document = require "lib.document"
local named_paths = require "input.named_paths"
local relative_paths = require "input.relative_paths"

local named_files = {}

--- The absolute paths of the files that options name. Some may not exist yet.
---@param view View
---@return string[]
function named_files.named(view)
  local list, seen = {}, {}
  for _, path in ipairs(named_paths.of(view.homeserver.options)) do
    local absolute = relative_paths.absolute(path, view.cwd)
    if not seen[absolute] then list[#list + 1] = absolute end
    seen[absolute] = true
  end
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
