-- EDGE
-- Looks once a day whether nginx's certificate ends soon, and tells it in the log.

local log = require "core.log"
local loop = require "core.loop"
local validity = require "lib.validity"

local expiry = {}

local timer
local followed ---@type Validity?

local function look(one)
  local what, hint = validity.fault(one, os.time(), os.date)
  if what then log.write("warn", ("%s %s (%s)"):format(one.path, what, hint)) end
  expiry.follow(one)
end

--- Follows this certificate from now on, in place of the one before. What is wrong with it now was told already.
---@param one? Validity nil: there is none, or nothing is known of it
function expiry.follow(one)
  followed = one
  if timer then timer:close() end
  timer = one and loop.timer(validity.pause(one, os.time()) * 1000, function() look(one) end)
end

--- The certificate that is followed.
---@return Validity?
function expiry.current() return followed end

return expiry
