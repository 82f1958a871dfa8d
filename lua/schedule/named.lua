-- The time zone that a name means, or the text of TZ.

local named = {}

local UTC = {utc = true, ["etc/utc"] = true, gmt = true, z = true, universal = true, zulu = true}

--- The name of a zone as TZ may have it: ":Europe/Berlin", or with the path.
---@param text string
---@return string
function named.name(text) return (text:gsub("^:", ""):gsub("^/usr/share/zoneinfo/", "")) end

--- The zone, or nil if there is none.
---@param name string of named.name
---@param files table<string, string> the bytes of files of zones, by name
---@return Zone?
function named.zone(name, files)
  local zone = require "schedule.zone"
  if UTC[name:lower()] then return zone.UTC end
  return files[name] and zone.read(files[name]) or zone.of_rule(name)
end

return named
