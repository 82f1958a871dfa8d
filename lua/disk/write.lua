-- EDGE
-- Writes files. Only a file that differs is written, atomically or not at all.

local file = require "core.file"
local octal = require "lib.octal"
local spare = require "disk.spare"

local write = {}

local function owner(item, privileged)
  if privileged then return item.uid, item.gid end
end

local function is_current(item, bytes, uid, gid)
  if item.unless and file.stat(item.base .. "/" .. item.unless) then return true end
  local text, stat = file.read_below(item.base, item.path)
  if not text then return false end
  if item.once then return true end
  return text == bytes and stat.mode == item.mode and (not uid or (stat.uid == uid and stat.gid == gid))
end

--- What a start would do with a file. nil: nothing.
---@param item File
---@param privileged boolean whether owners can be set
---@return "make"|"change"|"attributes"|nil
---@return string? text the present content
function write.would(item, privileged)
  local bytes = spare.bytes(item, true)
  if is_current(item, bytes, owner(item, privileged)) then return nil end
  local text = file.read_below(item.base, item.path)
  if not text then return "make" end
  return text == bytes and "attributes" or "change", text
end

local function write_file(item, privileged)
  local bytes, uid, gid = spare.bytes(item), owner(item, privileged)
  if is_current(item, bytes, uid, gid) then return false end
  local ok, what, name = file.replace(item.base, item.path, bytes,
    {mode = item.mode, uid = uid, gid = gid, durable = item.durable})
  if ok then return true end
  return nil, require "disk.failure"(item.base, item.path, what, name)
end

--- Writes files in order. Stops at the first that fails.
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

--- Writes all files below one directory. They belong to the user who runs this.
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
      if not ok then return nil, require "disk.failure"(directory, "", what, name) end
      made[parent] = true
    end
    local changed, fault = write_file({base = directory, path = path, bytes = item.bytes, mode = item.mode}, false)
    if changed == nil then return nil, fault end
  end
  return true
end

return write
