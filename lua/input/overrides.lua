-- EDGE
-- Files of the user directory that replace shipped files or add to them: Lua files at their path below lua/, templates
-- below templates/. All are read once, before anything else, by descriptors and without following links. So the text
-- that was checked is the text that runs.

local environment = require "input.environment"
local file = require "core.file"
local octal = require "lib.octal"
local service_user = require "input.service_user"
local system = require "core.system"
local tables = require "lib.tables"

local overrides = {}

local FILE_MAX = 1024 * 1024
local DEPTH_MAX = 4
local YES = {yes = true, y = true, ["true"] = true, t = true, on = true, ["1"] = true}

local found = {} -- relative path -> {path, text}

local function split(path) return path:match "^(.*)/([^/]+)/*$" end

-- A file that root runs may not belong to a service's user, nor be writable for group or others. If the users of
-- services are not certain, it must belong to root.
local function is_unsafe(stat, services)
  return services.users[stat.uid] or stat.uid ~= 0 and not services.certain or stat.mode & octal "0022" ~= 0
end

-- A change of its owner would make root run what is in it now, whoever wrote that.
local function unsafe(path)
  return {where = path, what = "a service's user owns it or could write it, and synlua would run it as root",
    hint = "look at it first, that user may have written it: write it anew as root, writable for nobody else, or "
      .. "remove it; SYNLUA_TRUST_OVERRIDES=yes runs it as it is"}
end

local function read_one(walk, relative)
  local text, stat = file.read_below(walk.parent, walk.name .. "/" .. relative, FILE_MAX)
  local path = walk.directory .. "/" .. relative
  if not text then
    walk.problems[#walk.problems + 1] = {where = path, what = stat, hint = "make it readable, or remove it"}
  elseif walk.checked and is_unsafe(stat, walk.services) then
    walk.problems[#walk.problems + 1] = unsafe(path)
  else
    found[relative] = {path = path, text = text}
    if relative:match "%.lua$" then
      local chunk, why = load(text, "@" .. path, "t")
      if not chunk then
        local where, what = why:match "^(.-:%d+): (.*)$"
        local hint = "mend or remove the file"
        walk.problems[#walk.problems + 1] = {where = where or path, what = what or why, hint = hint}
      end
    end
  end
end

local function is_ours(name, inner)
  return name:sub(1, 1) ~= "." and (name:match "%.lua$" or inner:match "^templates/") -- dots: an editor's leftovers
end

local read_directory

local function enter(walk, relative, stat, depth)
  if walk.checked and is_unsafe(stat, walk.services) then
    walk.problems[#walk.problems + 1] = unsafe(walk.directory .. "/" .. relative)
  elseif depth < DEPTH_MAX then
    read_directory(walk, relative, depth + 1)
  end
end

function read_directory(walk, relative, depth)
  local path = walk.name .. (relative == "" and "" or "/" .. relative)
  for name, stat in tables.sorted(file.list(walk.parent, path) or {}) do
    local inner = relative == "" and name or relative .. "/" .. name
    if stat.kind == "directory" then
      enter(walk, inner, stat, depth)
    elseif stat.kind == "file" and is_ours(name, inner) then
      read_one(walk, inner)
    end
  end
end

-- For require, a file that returns nothing has the value `true`, and the error would come later in another file.
local function loader(override)
  local chunk = assert(load(override.text, "@" .. override.path, "t"))
  return function(...)
    local value = chunk(...)
    if not value then error(overrides.fault(override, "returns nothing: a Lua file must return its table"), 0) end
    return value
  end
end

local function search(name)
  local base = name:gsub("%.", "/")
  for _, relative in ipairs {base .. ".lua", base .. "/init.lua"} do
    local override = found[relative]
    if override then return loader(override), override.path end
  end
  return "\n\tno override " .. base .. ".lua"
end

local function make_walk(all)
  local directory = environment.places(all).user
  local parent, name = split(directory)
  local users, certain = service_user.all(all)
  local trusted = YES[(environment.value(all, "SYNLUA_TRUST_OVERRIDES") or ""):lower()]
  return {
    parent = parent == "" and "/" or parent, name = name, directory = directory, problems = {},
    services = {users = users, certain = certain}, checked = system.identity().uid == 0 and not trusted,
  }
end

--- The message for an error in a file of the user's.
---@param override {path: string}
---@param what string
---@return string
function overrides.fault(override, what) return ("%s:1: %s"):format(override.path, what) end

--- Reads the user directory, and makes require search it first.
---@return Problem[]
function overrides.load()
  local walk = make_walk(system.environment())
  local listing = walk.parent and file.list(walk.parent, "")
  local top = listing and listing[walk.name]
  table.insert(package.searchers, 2, search)
  if not top then return {} end
  if top.kind == "link" then
    return {{where = walk.directory, what = "is a symbolic link", hint = "set SYNLUA_USER_DIR to the directory itself"}}
  elseif top.kind == "directory" then
    local unsafe_top = walk.checked and is_unsafe(top, walk.services)
    if not unsafe_top then
      read_directory(walk, "", 1)
    elseif next(file.list(walk.parent, walk.name) or {}) then -- an empty one is no danger
      walk.problems[1] = unsafe(walk.directory)
    end
  end
  return walk.problems
end

--- The sorted paths of all files that are used, for the log and `synlua plan`.
---@return string[]
function overrides.paths()
  local paths = {}
  for _, override in tables.sorted(found) do paths[#paths + 1] = override.path end
  return paths
end

--- Iterates name, {path, text} of the overrides below one directory.
---@param directory string
---@return fun(): string?, table?
function overrides.under(directory)
  local names = {}
  for relative, override in pairs(found) do
    local parent, name = split(relative)
    if parent == directory then names[name] = override end
  end
  return tables.sorted(names)
end

return overrides
