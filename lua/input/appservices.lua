-- EDGE
-- Reads the registrations of application services: those of the two directories, and those that homeserver.yaml names.

local document = require "lib.document"
local tables = require "lib.tables"
local unreadable = require "input.unreadable"
local yaml = require "lib.yaml"

local appservices = {}

local FILE_MAX = 1024 * 1024

---@class Registration
---@field path string
---@field found boolean in one of the directories, else homeserver.yaml names it
---@field text? string
---@field document? table
---@field made? string where it goes in the directory of homeserver.yaml, if this start makes it
---@field fault? {where: string, what: string, hint?: string}

local function is_registration(name, stat)
  return stat.kind ~= "directory" and name:sub(1, 1) ~= "." and name:lower():match "%.ya?ml$" ~= nil
end

-- Splits the decoder's message "PATH:3:5: what".
local function fault_of(path, message)
  local where, what = message:match "^(.-:%d+:%d+): (.*)$"
  return {where = where or path, what = what or message}
end

local function read(path, found, reader)
  local text, why, name = reader.read(path, FILE_MAX)
  if not text then
    return {path = path, found = found, fault = {where = path, what = why, hint = unreadable.hint(name)}}
  end
  local read_document, what = yaml.decode(text, {name = path, duplicates = "warn"})
  if not read_document then return {path = path, found = found, fault = fault_of(path, what)} end
  return {path = path, found = found, text = text, document = read_document}
end

-- Registrations one level deeper, which nobody reads.
local function deeper(directory, reader)
  local list = {}
  for name, stat in tables.sorted(reader.list(directory) or {}) do
    if is_registration(name, stat) then list[#list + 1] = directory .. "/" .. name end
  end
  return list
end

local function tell_deeper(directories, seen, reader, warnings)
  for _, directory in ipairs(directories) do
    for name, stat in tables.sorted(reader.list(directory) or {}) do
      local inner = directory .. "/" .. name
      for _, path in ipairs(stat.kind == "directory" and name:sub(1, 1) ~= "." and deeper(inner, reader) or {}) do
        if not seen[path] then
          warnings[#warnings + 1] = {where = path, what = "is not read: it lies in a subdirectory",
            hint = ("move it to %s, or name it in app_service_config_files"):format(directory)}
        end
      end
    end
  end
end

local function add_directory(list, seen, directory, reader)
  local entries, why = reader.list(directory)
  for name, stat in tables.sorted(entries or {}) do
    local path = directory .. "/" .. name
    if is_registration(name, stat) and not seen[path] then
      seen[path] = true
      list[#list + 1] = read(path, true, reader)
    end
  end
  return entries ~= nil, why
end

-- Relative paths are left to Synapse.
local function add_named(list, seen, homeserver, reader)
  local named = homeserver and document.kind(homeserver) == "map"
    and document.plain(homeserver).app_service_config_files
  for _, path in ipairs(type(named) == "table" and named or {}) do
    if type(path) == "string" and path:sub(1, 1) == "/" and not seen[path] then
      seen[path] = true
      list[#list + 1] = read(path, false, reader)
    end
  end
end

--- Reads the registrations.
---@param directory? string SYNAPSE_AS_REGISTRATION_DIR
---@param config string directory of homeserver.yaml
---@param homeserver? table its document
---@param reader Reader
---@return Registration[]
---@return Problem[] warnings
---@return Problem? problem of the first directory
function appservices.read(directory, config, homeserver, reader)
  local list, seen, warnings, problem = {}, {}, {}, nil
  if directory then
    local ok, why = add_directory(list, seen, directory, reader)
    if not ok then
      problem = {where = "SYNAPSE_AS_REGISTRATION_DIR", what = why, hint = "make that directory, or unset the variable"}
    end
  end
  local own = config .. "/appservices"
  add_directory(list, seen, own, reader)
  add_named(list, seen, homeserver, reader)
  tell_deeper(directory and directory ~= own and {directory, own} or {own}, seen, reader, warnings)
  return list, warnings, problem
end

return appservices
