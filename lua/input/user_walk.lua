-- EDGE
-- Reads the files of the user directory: worker types, services, templates, pieces for slots, hooks. All are read by
-- descriptors and without following links, so the text that was checked is the text that runs. Any other file there is
-- told of, and not used.

local contract = require "contract"
local environment = require "input.environment"
local file = require "core.file"
local octal = require "lib.octal"
local service_user = require "input.service_user"
local system = require "core.system"
local tables = require "lib.tables"

local user_walk = {}

local FILE_MAX = 1024 * 1024
local MISPLACED_MAX = 20 -- so many files are told of by name
local DEPTH_MAX = 4
local YES = {yes = true, y = true, ["true"] = true, t = true, on = true, ["1"] = true}

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

local function refuse(walk, where, what, hint)
  walk.problems[#walk.problems + 1] = {where = where, what = what, hint = hint}
end

-- Where a text that is given to other programs is none: they take it to a zero byte, or refuse it with other words.
local function unfit(text)
  local at = text:find("\0", 1, true)
  local what = at and "has a zero byte"
  if not at and not utf8.len(text) then at, what = select(2, utf8.len(text)), "has bytes that are no UTF-8" end
  if at then return select(2, text:sub(1, at):gsub("\n", "")) + 1, what end
end

local GIVEN = {template = true, slot = true}

local function read_one(walk, relative, place)
  local text, stat, code = file.read_below(walk.parent, walk.name .. "/" .. relative, FILE_MAX)
  local path = walk.directory .. "/" .. relative
  local line, what
  if text and GIVEN[place.kind] then line, what = unfit(text) end
  if code == "EFBIG" then
    refuse(walk, path, ("is larger than %d MB"):format(FILE_MAX >> 20), "make it smaller, or remove it")
  elseif not text then
    refuse(walk, path, stat, "make it readable, or remove it")
  elseif stat.kind ~= "file" then -- it was one in the list of the directory
    refuse(walk, path, "is no file", "make it a file, or remove it")
  elseif line then
    refuse(walk, ("%s:%d"):format(path, line), what, "write it as text in UTF-8")
  elseif walk.checked and is_unsafe(stat, walk.services) then
    walk.problems[#walk.problems + 1] = unsafe(path)
  else
    walk.found[relative] = {path = path, relative = relative, place = place, text = text}
  end
end

--- The paths of the shipped files that a file of the user's may stand in for, sorted.
---@return string[]
function user_walk.shipped()
  local paths = {}
  for folder, inner in pairs {services = "lua/services", workers = "lua/workers", jobs = "lua/jobs",
    templates = "templates"} do
    for name, stat in pairs(file.list(package.home, inner) or {}) do
      if stat.kind == "file" then paths[#paths + 1] = folder .. "/" .. name end
    end
  end
  table.sort(paths)
  return paths
end

local function misplaced(walk, relative)
  walk.misplaced = walk.misplaced + 1
  if walk.misplaced > MISPLACED_MAX then return end
  walk.shipped = walk.shipped or user_walk.shipped()
  local _, meant = contract.place(relative, walk.shipped)
  walk.warnings[#walk.warnings + 1] = {where = walk.directory .. "/" .. relative,
    what = "is not used" .. (meant and ("; did you mean %s?"):format(meant) or ""),
    hint = "only these are: " .. contract.open_paths()}
end

local read_directory

local function enter(walk, relative, stat, depth)
  if walk.checked and is_unsafe(stat, walk.services) then
    walk.problems[#walk.problems + 1] = unsafe(walk.directory .. "/" .. relative)
  elseif depth < DEPTH_MAX then
    read_directory(walk, relative, depth + 1)
  end
end

local KINDS = {link = "is a symbolic link, and not a file", directory = "is a directory, and not a file"}

-- Templates of any name may lie in their directory, and directories for pieces too.
local function is_of_a_file(walk, relative)
  if relative:find "%.lua$" then return true end
  walk.shipped = walk.shipped or user_walk.shipped()
  for _, path in ipairs(walk.shipped) do
    if path == relative then return true end
  end
  return false
end

local function take(walk, relative, stat, depth)
  local place = contract.place(relative)
  if place and stat.kind ~= "file" and (stat.kind ~= "directory" or is_of_a_file(walk, relative)) then
    return refuse(walk, walk.directory .. "/" .. relative, KINDS[stat.kind] or "is no file",
      "make it a file, or remove it")
  end
  if stat.kind == "directory" then return enter(walk, relative, stat, depth) end
  if stat.kind ~= "file" then return end
  if place then read_one(walk, relative, place) else misplaced(walk, relative) end
end

function read_directory(walk, relative, depth)
  local path = walk.name .. (relative == "" and "" or "/" .. relative)
  for name, stat in tables.sorted(file.list(walk.parent, path) or {}) do
    local inner = relative == "" and name or relative .. "/" .. name
    if name:sub(1, 1) ~= "." then take(walk, inner, stat, depth) end -- dots: an editor's leftovers
  end
end

local function make_walk(directory)
  local all = system.environment()
  local parent, name = directory:match "^(.*)/([^/]+)/*$"
  local users, certain = service_user.all(all)
  local trusted = YES[(environment.value(all, "SYNLUA_TRUST_OVERRIDES") or ""):lower()]
  return {
    parent = parent == "" and "/" or parent, name = name, directory = directory, problems = {}, misplaced = 0,
    services = {users = users, certain = certain}, checked = system.identity().uid == 0 and not trusted,
    found = {}, warnings = {},
  }
end

local function tell_of_more(walk)
  local more = walk.misplaced - MISPLACED_MAX
  if more <= 0 then return end
  walk.warnings[#walk.warnings + 1] = {where = walk.directory, hint = "keep other files elsewhere",
    what = ("has %d more files that are not used"):format(more)}
end

--- Reads the directory.
---@param directory string
---@param top table what the list of its parent says of it
---@return table<string, Override> found by relative path
---@return Problem[] warnings
---@return Problem[] problems
function user_walk.read(directory, top)
  local walk = make_walk(directory)
  if top.kind == "link" then
    walk.problems[1] = {where = directory, what = "is a symbolic link",
      hint = "set SYNLUA_USER_DIR to the directory itself"}
  elseif top.kind == "directory" then
    local unsafe_top = walk.checked and is_unsafe(top, walk.services)
    if not unsafe_top then
      read_directory(walk, "", 1)
    elseif next(file.list(walk.parent, walk.name) or {}) then -- an empty one is no danger
      walk.problems[1] = unsafe(directory)
    end
  end
  tell_of_more(walk)
  return walk.found, walk.warnings, walk.problems
end

return user_walk
