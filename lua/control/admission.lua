-- EDGE
-- Gives the sockets that nginx makes at a reload their modes: nginx lets everybody into each that it makes.

local file = require "core.file"
local log = require "core.log"
local loop = require "core.loop"

local admission = {}

local EVERY, TRIES = 50, 200 -- ms; 10 s in all, where nginx takes a moment

local timer

--- Gives each its mode, as soon as it is there.
---@param user {uid: integer, gid: integer}|nil whose they are, if not ours
---@param modes {path: string, mode: integer, gid?: integer}[]
function admission.give(user, modes)
  if timer then timer:close() end
  timer = nil
  local missing, tries = modes, 0
  local function try()
    timer = nil
    local left, why = {}, nil
    for _, one in ipairs(missing) do
      local ok, what = file.admit_as(user, one.path, one)
      if not ok then left[#left + 1], why = one, what end
    end
    missing, tries = left, tries + 1
    if #left > 0 and tries < TRIES then
      timer = loop.timer(EVERY, try)
    elseif #left > 0 then
      log.write("warn", why)
    end
  end
  try()
end

return admission
