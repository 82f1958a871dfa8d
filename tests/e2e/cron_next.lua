-- Answers lines "ZONE<tab>EXPRESSION<tab>SECONDS" with the time at which the expression comes next, or "never", or
-- "fault: " and what is wrong.

local cron = require "schedule.cron"
local following = require "schedule.next"
local zone = require "schedule.zone"

local zones = {}

local function zone_of(name)
  if zones[name] then return zones[name] end
  local file <close> = assert(io.open("/usr/share/zoneinfo/" .. name, "rb"))
  zones[name] = assert(zone.read(file:read "a"), name)
  return zones[name]
end

for line in io.lines() do
  local name, expression, time = line:match "^([^\t]*)\t([^\t]*)\t(%d+)$"
  local read, what = cron.read(expression)
  local found = read and following.after(read, zone_of(name), math.tointeger(tonumber(time)))
  print(what and "fault: " .. what or found or "never")
end
