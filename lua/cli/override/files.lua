-- EDGE
-- Finds shipped files by name, and writes files into the user directory.

local distance = require "lib.distance"
local file = require "core.file"
local octal = require "lib.octal"
local overrides = require "input.overrides"
local versions = require "input.versions"

local files = {}

local FILE_MODE, DIRECTORY_MODE = octal "0644", octal "0755"

local function names_of(path)
  local name = path:match "[^/]+$"
  return {[path] = true, [name] = true, [path:gsub("%.lua$", "")] = true, [name:gsub("%.lua$", "")] = true}
end

--- The shipped file that a name means: "services/nginx.lua", "nginx.conf", "typing".
---@param name string
---@return string? relative
---@return string? why
function files.meant(name)
  local found, known = {}, {}
  for _, path in ipairs(require "input.user_walk".shipped()) do
    local names = names_of(path)
    if names[name] then found[#found + 1] = path end
    for one in pairs(names) do known[#known + 1] = one end
  end
  if #found == 1 then return found[1] end
  if #found > 1 then return nil, ("%s may mean %s"):format(name, table.concat(found, " or ")) end
  table.sort(known)
  local meant = distance.nearest(name, known)
  return nil, ("nothing shipped is called %s%s"):format(name, meant and (", did you mean %s?"):format(meant) or "")
end

--- A copy of a shipped file that says which version it stands in for.
---@param relative string
---@return string
function files.copy(relative)
  local text = assert(versions.shipped(relative))
  local version = versions.of(text)
  if not relative:find "^templates/" then return (text:gsub("api = %d+", ("%%0, replaces = %q"):format(version), 1)) end
  local line = ("{# replaces: %s #}\n"):format(version)
  return (relative:find "%.py$" and "# " or "") .. line .. text -- a program is no template, so there it is a comment
end

-- The directories on the way to a file, made where they are missing.
local function make_way(parent, path)
  local way
  for part in path:gmatch "([^/]+)/" do
    way = way and way .. "/" .. part or part
    local there = file.stat(parent .. "/" .. way)
    local made, why = there ~= nil, nil
    if not there then made, why = file.mkdir(parent, way, {mode = DIRECTORY_MODE}) end
    if not made then return nil, why end
  end
  return true
end

--- Writes a new file into the user directory.
---@param relative string
---@param text string
---@return string? path
---@return string? why
function files.add(relative, text)
  local directory = overrides.directory()
  local parent, name = directory:match "^(.*)/([^/]+)$"
  local path = directory .. "/" .. relative
  if file.stat(path) then return nil, path .. " exists already" end
  parent = parent == "" and "/" or parent
  if not file.stat(parent) then return nil, ("there is no %s for the user directory"):format(parent) end
  local below = name .. "/" .. relative
  local made, why = make_way(parent, below)
  if made then made, why = file.replace(parent, below, text, {mode = FILE_MODE}) end
  if not made then return nil, ("%s: %s"):format(path, why) end
  return path
end

return files
