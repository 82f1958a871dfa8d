-- EDGE
-- Whether the file systems that a start writes to have room for it.

local system = require "core.system"

local room = {}

local MB = 1 << 20
local HINT = "make room there: what a full disk interrupts may leave a database with which no later start succeeds"

-- Of the path, or of what it will be made in.
local function left_at(path)
  local left = system.room(path)
  while not left and #path > 1 do
    path = path:match "^(/.*)/[^/]*$" or "/"
    left = system.room(path)
  end
  return left or {}
end

--- What lacks room.
---@param plan Plan
---@return Problem[]
function room.problems(plan)
  local list = {}
  for _, need in ipairs(plan.space) do
    local left = left_at(need.path)
    if left.bytes and left.bytes < need.bytes then
      list[#list + 1] = {where = need.path, hint = HINT,
        what = ("has room for %d MB more, and a start needs %d MB"):format(left.bytes // MB, need.bytes // MB)}
    elseif left.files and left.files < need.files then
      list[#list + 1] = {where = need.path, hint = HINT,
        what = ("has room for %d more files (inodes), and a start needs %d"):format(left.files, need.files)}
    end
  end
  return list
end

return room
