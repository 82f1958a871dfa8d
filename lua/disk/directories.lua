-- EDGE
-- Makes directories, gives them their owners, and empties those that synlua made.

local failure = require "disk.failure"
local file = require "core.file"
local log = require "core.log"
local octal = require "lib.octal"
local spare = require "disk.spare"
local tables = require "lib.tables"

local directories = {}

local S_ISVTX, OTHERS_WRITE = octal "01000", octal "0002"

--- Whether a directory is empty. lost+found, which a volume may have, does not count.
---@param path string
---@return boolean
function directories.is_empty(path)
  local entries = file.list(path, "") or {}
  entries["lost+found"] = nil
  return next(entries) == nil
end

local function owner(item, privileged)
  if privileged then return item.uid, item.gid end
end

local function join(base, path) return path == "" and base or base .. "/" .. path end

-- Whether the owner of an existing directory may be changed to that of the plan, by the value of `adopt`.
local ADOPTS = {
  any = function() return true end,
  root = function(item, stat) return stat.uid == 0 or stat.uid == item.user.uid end,
  service = function(item, stat)
    return stat.uid == item.user.uid or (stat.uid == 0 and stat.mode & (S_ISVTX | OTHERS_WRITE) == S_ISVTX)
  end,
  none = function() return false end, nobody = function() return false end,
  empty = function(_, stat, real) return stat.uid == 0 and directories.is_empty(real) end,
}

-- Others may not list a shared one, whatever they could before.
local function adopted_mode(item, stat) return item.shared and item.mode or stat.mode end

-- The file system does not allow the change. That is no error, because each directory is tried before the start.
local function refused(real, what, name)
  if name ~= "EPERM" and name ~= "EROFS" then return nil, what, name end
  log.write("warn", ("%s: its owner cannot be changed here (%s), so that user can still replace any file in it"):format(
    real, what))
  return true
end

-- Sets owner and mode of a directory that exists: a volume as an engine makes it, or one of earlier starts.
local function adopt(item, real, uid, gid)
  local stat = file.stat(real)
  local mode = adopted_mode(item, stat)
  if stat.uid == uid and stat.mode == mode and (not item.shared or stat.gid == gid) then return true end
  if uid ~= 0 and stat.uid == uid or not ADOPTS[item.adopt](item, stat, real) then return true end
  local parent, name = real:match "^(.*)/([^/]+)$"
  local ok, what, code = file.mkdir(parent == "" and "/" or parent, name, {mode = mode, uid = uid, gid = gid})
  if not ok then return refused(real, what, code) end
  if item.shared then
    log.write("info", ("%s: now belongs to root, with the sticky bit: uid %d can add files, and change only its "
      .. "own; this is done once"):format(real, item.user.uid))
  end
  return true
end

local function make_directory(item, privileged)
  local path = join(item.base, item.path)
  local uid, gid = owner(item, privileged)
  local real = item.adopt and file.realpath(path)
  if real and real ~= "/" then
    if not privileged or (uid == 0 and not item.shared) then return true end
    return adopt(item, real, uid, gid)
  end
  local ok, what, name = file.mkdir(item.base, item.path, {mode = item.mode, uid = uid, gid = gid})
  -- A link of the service is on the way, and root does not follow it. The service does, and directories.try tests that.
  if name == "ELOOP" and item.tried then return true end
  return ok, what, name
end

--- Tests each directory that a service must write to: makes a file in it as the service's user, and removes it.
---@param list table[]
---@return true|nil
---@return Problem? problem
function directories.try(list)
  for _, item in ipairs(list) do
    local user, path = item.user or item, join(item.base, item.path)
    local ok, what, name = true, nil, nil
    if item.tried then ok, what, name = file.try(path, user.uid, user.gid) end
    if name == "EACCES" or name == "EPERM" then
      return nil, {where = path, what = what,
        hint = ("chown %d:%d %s, or name another"):format(user.uid, user.gid, path)}
    elseif not ok then
      return nil, failure(item.base, item.path, what, name)
    end
  end
  return true
end

local function make_optional(item, privileged)
  local path = join(item.base, item.path)
  local ok, what = not spare.is_anothers(path, (owner(item, privileged))), "belongs to another user, or is no directory"
  if ok then ok, what = make_directory(item, privileged) end
  if not ok then log.write("info", ("%s: %s; synlua goes on without this directory"):format(path, what)) end
  return true
end

--- Makes directories in order. Stops at the first that fails.
---@param list table[]
---@param privileged boolean whether owners can be set
---@return true|nil
---@return Problem? problem
function directories.make(list, privileged)
  for _, item in ipairs(list) do
    local ok, what, name = (item.optional and make_optional or make_directory)(item, privileged)
    if not ok then return nil, failure(item.base, item.path, what, name) end
  end
  return true
end

--- The directories of the list that have this base.
---@param list table[]
---@param base string
---@return table[]
function directories.in_base(list, base)
  local found = {}
  for _, item in ipairs(list) do
    if item.base == base then found[#found + 1] = item end
  end
  return found
end

--- Whether a directory is ours: it does not exist yet, is empty, or holds the mark.
---@param base string
---@param mark string name of a file
---@return boolean
function directories.made_by_us(base, mark)
  local entries = file.list(base, "")
  return not entries or next(entries) == nil or entries[mark] ~= nil
end

local function clear_below(base, path, keep)
  local entries, what, name = file.list(base, path)
  if not entries then return nil, failure(base, path, what, name) end
  for entry, stat in tables.sorted(entries) do
    local at = path == "" and entry or path .. "/" .. entry
    local ok, fault = true, nil
    if keep[at] == "inside" and stat.kind == "directory" then
      ok, fault = clear_below(base, at, keep)
    elseif not keep[at] then
      ok, what, name = file.remove_tree(base, at)
      if not ok then fault = failure(base, at, what, name) end
    end
    if not ok then return nil, fault end
  end
  return true
end

--- Removes everything below a directory except the mark and the files of the plan, so that unchanged files stay.
---@param base string
---@param files File[]
---@param mark string
---@return true|nil
---@return Problem? problem
function directories.clear(base, files, mark)
  local keep = {[mark] = "file"}
  for _, item in ipairs(files) do
    if item.base == base then
      keep[item.path] = "file"
      for at in item.path:gmatch "()/" do keep[item.path:sub(1, at - 1)] = "inside" end
    end
  end
  return clear_below(base, "", keep)
end

return directories
