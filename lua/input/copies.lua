-- EDGE
-- Files that Synapse must read and its user cannot, on file systems where that cannot be changed: it is handed copies.

local document = require "lib.document"
local file = require "core.file"
local layers = require "input.layers"
local named_paths = require "input.named_paths"
local relative_paths = require "input.relative_paths"
local tables = require "lib.tables"

local copies = {}

local MAX = 8 * 1024 * 1024

-- All that may have to be copied.
local function candidates(made, merged)
  local list = {}
  local all, plain = layers.of(made)
  for at = 1, plain do list[#list + 1] = all[at].name end
  local function add(path) list[#list + 1] = relative_paths.absolute(path, made.cwd or made.places.data) end
  for _, path in ipairs(merged and named_paths.of(document.plain(merged)) or {}) do add(path) end
  for _, one in ipairs(made.appservices) do list[#list + 1] = one.path end
  -- Where Synapse looks for a key that no option names.
  local directory = made.places.homeserver:match "^(.*)/"
  for name in tables.sorted(file.list(directory == "" and "/" or directory, "") or {}) do
    if name:match "%.signing%.key$" then add(directory .. "/" .. name) end
  end
  return list
end

--- Reads them. What only root may read is read as root where nobody but root or the admin can have put it there, as
--- everything of the configuration is.
---@param made Input
---@param merged? table the admin's document
---@return table<string, string> bytes by path
function copies.read(made, merged)
  local found, closed = {}, made.reader.is_closed
  if not closed then return found end
  for _, path in ipairs(candidates(made, merged)) do
    local text = not found[path] and closed(path) and made.reader.read(path, MAX)
    if text then found[path] = text end
  end
  return found
end

return copies
