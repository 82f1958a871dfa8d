-- What tells two plans of a service apart: a hash of all that its process gets. Pure.

local hash = require "lib.hash"

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
  local seen, names = {}, {}
  for _, side in ipairs {before, after} do
    for name in pairs(side) do
      if not seen[name] and (before[name] ~= after[name] or changed[name]) then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names)
  return names
end

return service_hashes
