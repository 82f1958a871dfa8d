-- EDGE
-- The environment: variables, and the files that NAME_FILE names.

local file = require "core.file"
local file_variables = require "input.file_variables"
local places = require "lib.places"
local system = require "core.system"
local tables = require "lib.tables"
local unreadable = require "input.unreadable"

local environment = {}

local FILE_MAX = 64 * 1024

local function is_set(value) return value ~= nil and value ~= "" end

--- The content of the file of a secret or of any other value, without the line break at its end.
---@param text string
---@return string
function environment.content(text) return text:match "^(.-)\r?\n$" or text end

--- The value of a variable, from NAME or from the file that NAME_FILE names. nil if it is unset or the file cannot be
--- read.
---@param all table<string, string>
---@param name string
---@return string|nil
function environment.value(all, name)
  if is_set(all[name]) then return all[name] end
  local path = all[name .. "_FILE"]
  local text = path and path:sub(1, 1) == "/" and file.read(path, FILE_MAX)
  local content = text and environment.content(text)
  return is_set(content) and content or nil
end

--- The paths that an environment names.
---@param all table<string, string>
---@return Places
function environment.places(all)
  return places.of(function(name) return environment.value(all, name) end)
end

--- Reads the files that NAME_FILE names, for all known variables.
---@param all table<string, string>
---@param names table<string, any> every name of a variable
---@return table<string, {text?: string, error?: string}> path -> content
function environment.files(all, names)
  local files = {}
  for _, path in tables.sorted(file_variables.of(all, names)) do
    local text, why, name = file.read(path, FILE_MAX)
    files[path] = text and {text = text} or {error = ("%s (as uid %d)"):format(why, system.identity().uid),
      hint = unreadable.hint(name)}
  end
  return files
end

return environment
