-- What tells two plans of a service apart: a hash of all that its process gets. Pure.

local hash = require "lib.hash"
local tables = require "lib.tables"

local service_hashes = {}

--- A hash for each service.
---@param services table<string, PlannedService>
---@return table<string, string>
function service_hashes.of(services)
  local made = {}
  for name, service in pairs(services) do
    local process = service.process
    local parts = {tostring(process.cwd), tostring(process.uid), tostring(process.gid), tostring(process.open_files)}
    for _, list in ipairs {process.argv, process.environment} do parts[#parts + 1] = table.concat(list, "\0") end
    made[name] = hash.long(table.concat(parts, "\1"))
  end
  return made
end

--- The services that differ: other processes, new ones, and those that are gone. Sorted.
---@param before table<string, string>
---@param after table<string, string>
---@param changed table<string, boolean> those whose files differ
---@return string[]
function service_hashes.differ(before, after, changed)
  return tables.differing(before, after, function(x, y, name) return x == y and not changed[name] end)
end

return service_hashes
