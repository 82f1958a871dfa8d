-- Copies of files that Synapse's user cannot read where they are: which there are, and where Synapse finds them.

local document = require "lib.document"
local named_paths = require "input.named_paths"
local octal = require "lib.octal"
local relative_paths = require "input.relative_paths"
local tables = require "lib.tables"

local handed = {}

local PLACE = "synapse/copies" -- below the runtime directory

local function copies(view) return view.input.copies or {} end

-- "NUMBER-NAME": files of several directories may have one name.
local function name_of(view, path)
  for at, one in ipairs(tables.keys(copies(view))) do
    if one == path then return ("%d-%s"):format(at, path:match "[^/]*$") end
  end
end

--- Whether Synapse gets a copy of this file.
---@param view View
---@param path string absolute
---@return boolean
function handed.is(view, path) return copies(view)[path] ~= nil end

--- What remains of a list of what Synapse reads once it has its copies.
---@param view View
---@param list {path: string}[]
---@return {path: string}[]
function handed.others(view, list)
  local kept = {}
  for _, item in ipairs(list) do
    if not handed.is(view, item.path) then kept[#kept + 1] = item end
  end
  return kept
end

--- Where Synapse finds a file.
---@param view View needs paths
---@param path string absolute
---@return string
function handed.path(view, path)
  if not handed.is(view, path) then return path end
  return ("%s/%s/%s"):format(view.paths.runtime, PLACE, name_of(view, path))
end

-- What stands for the path that an option says.
local function copy_of(view, value)
  local text = document.kind(value) == "scalar" and value.text or value
  if type(text) ~= "string" or text == "" then return value end
  local path = relative_paths.absolute(text, view.cwd)
  return handed.is(view, path) and handed.path(view, path) or value
end

-- The value of an option with copies in the place of files. Documents are not changed.
local function replaced(view, value, names)
  local kind = document.kind(value)
  if kind ~= "map" and kind ~= "seq" then return names and copy_of(view, value) or value end
  local made = {}
  for key, inner in pairs(value) do
    if kind == "map" then names = named_paths.is_name(key) or named_paths.LISTS[key] end
    made[key] = replaced(view, inner, names)
  end
  return document[kind](made)
end

--- A document whose options name copies where there are some.
---@param view View needs cwd and paths
---@param options table document
---@return table
function handed.options(view, options)
  if next(copies(view)) == nil then return options end
  return replaced(view, options)
end

--- The directories and files of a start.
---@param view View
---@return table|nil directory
function handed.directory(view)
  if next(copies(view)) == nil then return end
  return {base = view.paths.runtime, path = PLACE, mode = octal "0750", uid = view.users.own.uid,
    gid = view.users.synapse.gid}
end

---@param view View
---@return File[]
function handed.files(view)
  local list = {}
  for path, bytes in tables.sorted(copies(view)) do
    list[#list + 1] = {base = view.paths.runtime, path = PLACE .. "/" .. name_of(view, path), mode = octal "0640",
      uid = view.users.own.uid, gid = view.users.synapse.gid, secret = true, bytes = bytes}
  end
  return list
end

--- Says so.
---@param view View
---@param _ Problem[]
---@param warnings Problem[]
function handed.tell(view, _, warnings)
  local user = view.users.synapse
  for path in tables.sorted(copies(view)) do
    warnings[#warnings + 1] = {where = path,
      what = ("is closed to uid %d on a read-only mount, so Synapse gets a copy: %s"):format(user.uid,
        handed.path(view, path)),
      hint = ("it is made anew at each start; to do without, let gid %d read the file where it comes from"):format(
        user.gid)}
  end
end

return handed
