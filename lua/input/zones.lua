-- EDGE
-- Reads the time zones that jobs name, and that of TZ.

local environment = require "input.environment"
local file = require "core.file"
local named = require "schedule.named"
local tables = require "lib.tables"

local zones = {}

local DIRECTORY, SIZE_MAX = "/usr/share/zoneinfo", 256 * 1024

-- Names of zones and nothing else: no way leads out of the directory.
local function is_name(name) return name:find "^%a[%w_+/-]*$" and not name:find "//" and not name:find "/$" end

--- Reads the files of zones.
---@param all table<string, string> environment
---@param jobs table<string, Job>
---@return table<string, string> name -> bytes
function zones.read(all, jobs)
  local names, found = {}, {}
  if next(jobs) == nil then return found end
  names[named.name(environment.value(all, "TZ") or "UTC")] = true
  for _, job in pairs(jobs) do names[job.timezone or "UTC"] = true end
  for name in tables.sorted(names) do
    found[name] = is_name(name) and file.read(("%s/%s"):format(DIRECTORY, name), SIZE_MAX) or nil
  end
  return found
end

return zones
