-- EDGE
-- The files of the user directory, which stand in for shipped ones or are added to them. They are read once, before
-- anything else.

local environment = require "input.environment"
local file = require "core.file"
local system = require "core.system"
local tables = require "lib.tables"

local overrides = {}

---@class Override
---@field path string
---@field relative string below the user directory
---@field place {kind: string, name: string, file?: string, slot?: string} see contract.place
---@field text string
---@field older? string it stands in for this version of the shipped file, or "" for one that it does not name
---@field unused? boolean nothing names it

local found = {} ---@type table<string, Override> by relative path
local warnings = {} ---@type Problem[]

local function split(path) return path:match "^(.*)/([^/]+)/*$" end

--- Reads the user directory.
---@return Problem[]
function overrides.load()
  found, warnings = {}, {}
  local directory, problems = overrides.directory(), {}
  local parent, name = split(directory)
  local listing = parent and file.list(parent == "" and "/" or parent, "")
  if listing and listing[name] then
    found, warnings, problems = require "input.user_walk".read(directory, listing[name])
  end
  return problems
end

--- The user directory.
---@return string
function overrides.directory() return environment.places(system.environment()).user end

--- Whether there is any file that is used.
---@return boolean
function overrides.any() return next(found) ~= nil end

--- Iterates relative path, override of all files, sorted.
---@return fun(): string?, Override?
function overrides.all() return tables.sorted(found) end

--- Adds a warning about a file.
---@param warning Problem
function overrides.warn(warning) warnings[#warnings + 1] = warning end

--- What to tell of files that are not used, or that stand in for another version than the shipped one.
---@return Problem[]
function overrides.warnings() return warnings end

--- The sorted paths of all files that are used, for the log and `synlua plan`.
---@return string[]
function overrides.paths()
  local paths = {}
  for _, override in tables.sorted(found) do paths[#paths + 1] = not override.unused and override.path or nil end
  return paths
end

--- Iterates name, override of the files in one directory.
---@param directory string
---@return fun(): string?, Override?
function overrides.under(directory)
  local names = {}
  for relative, override in pairs(found) do
    local parent, name = split(relative)
    if parent == directory then names[name] = override end
  end
  return tables.sorted(names)
end

return overrides
