-- EDGE
-- Puts files and directories on disk: only what differs, each replaced atomically or not at all.

local file = require "core.file"
local log = require "core.log"
local octal = require "lib.octal"
local spare = require "disk.spare"
local tables = require "lib.tables"

local write = {}

local HINTS = {
  ENOSPC = "make room on that file system", EDQUOT = "make room in that quota", EROFS = "mount it writable",
  EACCES = "make it writable for the user that runs synlua", EPERM = "make it writable for the user that runs synlua",
}

local function problem(where, what, name)
  return {where = where, what = what, hint = HINTS[name] or "mend that, then start again"}
end

local function owner(item, privileged)
  if privileged then return item.uid, item.gid end
end

local function join(base, path) return path == "" and base or base .. "/" .. path end

local function make_directory(item, privileged)
  local path = join(item.base, item.path)
  local uid, gid = owner(item, privileged)
  local attributes = {mode = item.mode, uid = uid, gid = gid}
  local real = item.adopt and file.realpath(path)
  if real and real ~= "/" then -- a volume as an engine makes it, root's: the directory itself becomes the service's
    local stat = file.stat(real)
    local mode = stat.mode | item.mode & 1 -- a way through it, where another service's things come into it
    local foreign = stat.uid ~= uid and (stat.uid ~= 0 or item.adopt == "none")
    if not privileged or uid == 0 or foreign or (stat.uid == uid and mode == stat.mode) then return true end
    return file.mkdir(real:match "^(.*)/[^/]+$", real:match "([^/]+)$", {mode = mode, uid = uid, gid = gid})
  end
  return file.mkdir(item.base, item.path, attributes)
end

local function is_current(item, uid, gid)
  if item.unless and file.stat(item.base .. "/" .. item.unless) then return true end
  local text, stat = file.read_below(item.base, item.path)
  if not text then return false end
  if item.once then return true end
  return text == spare.bytes(item) and stat.mode == item.mode and (not uid or (stat.uid == uid and stat.gid == gid))
end

--- What a start would do with a file: nil where nothing.
---@param item File
---@param privileged boolean whether owners can be set
---@return "make"|"change"|"attributes"|nil
---@return string? text what is there now
function write.would(item, privileged)
  if is_current(item, owner(item, privileged)) then return nil end
  local text = file.read_below(item.base, item.path)
  if not text then return "make" end
  return text == spare.bytes(item) and "attributes" or "change", text
end

local function write_file(item, privileged)
  local uid, gid = owner(item, privileged)
  if is_current(item, uid, gid) then return false end
  local ok, what, name = file.replace(item.base, item.path, spare.bytes(item),
    {mode = item.mode, uid = uid, gid = gid, durable = item.durable})
  if ok then return true end
  return nil, problem(join(item.base, item.path), what, name)
end

local function make_optional(item, privileged)
  local path = join(item.base, item.path)
  local ok, what = not spare.is_anothers(path, (owner(item, privileged))), "belongs to another user, or is no directory"
  if ok then ok, what = make_directory(item, privileged) end
  if not ok then log.write("info", ("%s: %s; it is done without"):format(path, what)) end
  return true
end

--- Makes directories, in order; stops at the first that fails.
---@param directories table[]
---@param privileged boolean whether owners can be set
---@return true|nil
---@return Problem? problem
function write.directories(directories, privileged)
  for _, item in ipairs(directories) do
    local ok, what, name = (item.optional and make_optional or make_directory)(item, privileged)
    if not ok then return nil, problem(join(item.base, item.path), what, name) end
  end
  return true
end

--- Those of the directories that lie in a base directory or are one.
---@param directories table[]
---@param base string
---@return table[]
function write.in_base(directories, base)
  local list = {}
  for _, item in ipairs(directories) do
    if item.base == base then list[#list + 1] = item end
  end
  return list
end

--- Whether everything in a directory may be taken for ours: it is new, empty, or bears our mark.
---@param base string
---@param mark string name of a file
---@return boolean
function write.made_by_us(base, mark)
  local entries = file.list(base, "")
  return not entries or next(entries) == nil or entries[mark] ~= nil
end

local function clear_below(base, path, keep)
  local entries, what, name = file.list(base, path)
  if not entries then return nil, problem(join(base, path), what, name) end
  for entry, stat in tables.sorted(entries) do
    local at = path == "" and entry or path .. "/" .. entry
    local ok, fault = true, nil
    if keep[at] == "inside" and stat.kind == "directory" then
      ok, fault = clear_below(base, at, keep)
    elseif not keep[at] then
      ok, what, name = file.remove_tree(base, at)
      if not ok then fault = problem(join(base, at), what, name) end
    end
    if not ok then return nil, fault end
  end
  return true
end

--- Removes everything below a directory but the files that will be there (unchanged ones stay untouched) and the mark.
---@param base string
---@param files File[]
---@param mark string
---@return true|nil
---@return Problem? problem
function write.clear(base, files, mark)
  local keep = {[mark] = "file"}
  for _, item in ipairs(files) do
    if item.base == base then
      keep[item.path] = "file"
      for at in item.path:gmatch "()/" do keep[item.path:sub(1, at - 1)] = "inside" end
    end
  end
  return clear_below(base, "", keep)
end

--- Writes files, in order; stops at the first that fails.
---@param files File[]
---@param privileged boolean whether owners can be set
---@return integer|nil written how many files changed
---@return Problem? problem
function write.files(files, privileged)
  local written = 0
  for _, item in ipairs(files) do
    local changed, fault = write_file(item, privileged)
    if changed == nil then return nil, fault end
    if changed then written = written + 1 end
  end
  return written
end

--- Writes all files below one directory, owned by whoever runs this.
---@param directory string
---@param files File[]
---@return boolean|nil, Problem?
function write.below(directory, files)
  local made = {}
  for _, item in ipairs(files) do
    local path = (item.base .. "/" .. item.path):sub(2)
    local parent = path:match "^(.*)/" or ""
    if not made[parent] then
      local ok, what, name = file.mkdir(directory, parent, {mode = octal "0700"})
      if not ok then return nil, problem(directory, what, name) end
      made[parent] = true
    end
    local changed, fault = write_file({base = directory, path = path, bytes = item.bytes, mode = item.mode}, false)
    if changed == nil then return nil, fault end
  end
  return true
end

return write
