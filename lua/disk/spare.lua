-- EDGE
-- Optional directories of services. If one cannot be made, its service uses the runtime directory instead.

local file = require "core.file"
local tables = require "lib.tables"

local spare = {}

-- Returns the stat of a path if it is a directory and no link to one, and whether anything exists at that path.
local function directory(path)
  local stat, parent, name = file.stat(path), path:match "^(.*)/([^/]+)$"
  local above = file.realpath(parent == "" and "/" or parent)
  local plain = stat and above and file.realpath(path) == (above == "/" and "" or above) .. "/" .. name
  return plain and stat.kind == "directory" and stat or nil, stat ~= nil
end

local function may_enter(path, user)
  for at in (file.realpath(path) or path):gmatch "()/" do
    local stat = at > 1 and file.stat(path:sub(1, at - 1))
    local class = stat and (stat.uid == user.uid and 6 or stat.gid == user.gid and 3 or 0)
    if stat and user.uid ~= 0 and (stat.mode >> class) & 1 == 0 then return false end
  end
  return true
end

--- Whether a path already belongs to another user or is no directory. Then it is not used.
---@param path string
---@param uid integer|nil
---@return boolean
function spare.is_anothers(path, uid)
  local stat, there = directory(path)
  return there and not (stat and (uid == nil or stat.uid == 0 or stat.uid == uid))
end

--- Removes what an earlier run left in those of them that nobody else has.
---@param directories table[]
function spare.empty(directories)
  for _, item in ipairs(directories) do
    local path = item.base .. "/" .. item.path
    local stat = item.emptied and directory(path)
    for name in tables.sorted(stat and stat.uid == item.uid and file.list(path, "") or {}) do
      file.remove_tree(path, name) -- what stays harms nothing
    end
  end
end

--- The content of a file. It may have other content if the directory that it needs does not exist.
---@param item File
---@param ahead? boolean a directory that does not exist yet counts, because the start will make it
---@return string
function spare.bytes(item, ahead)
  local needs = item.needs
  if not needs then return item.bytes end
  local stat, there = directory(needs.path)
  if ahead and not there then return item.bytes end
  return stat and stat.uid == needs.uid and may_enter(needs.path, needs) and item.bytes or item.otherwise()
end

return spare
