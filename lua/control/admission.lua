-- EDGE
-- Gives the sockets that nginx makes at a reload their modes: nginx lets everybody into each that it makes.

local file = require "core.file"
local log = require "core.log"
local loop = require "core.loop"

local admission = {}

local EVERY, TRIES = 50, 200 -- ms; 10 s in all, where nginx takes a moment
-- nginx makes a socket, and opens it to everybody in a second step. A mode given between the two would be
-- lost, so it is given so many times, for a second.
local AGAIN = 20

local timer

--- Gives each its mode, as soon as it is there, and for a while after that.
---@param user {uid: integer, gid: integer}|nil whose they are, if not ours
---@param modes {path: string, mode: integer, gid?: integer}[]
function admission.give(user, modes)
  if timer then timer:close() end
  timer = nil
  if #modes == 0 then return end
  local tries, complete = 0, 0
  local function try()
    local why
    timer = nil
    for _, one in ipairs(modes) do
      local ok, what = file.admit_as(user, one.path, one)
      why = not ok and what or why
    end
    tries, complete = tries + 1, why and 0 or complete + 1
    if complete < AGAIN and tries < TRIES then
      timer = loop.timer(EVERY, try)
    elseif why then
      log.write("warn", why)
    end
  end
  try()
end

return admission
