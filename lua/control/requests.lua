-- Checks requests of the control socket before anything acts on them. Pure.

local distance = require("lib.distance").of

local requests = {}

local NAMES_MAX = 64

local function nearest(name, services)
  local best, least = nil, #name // 2 + 1
  for _, status in ipairs(services) do
    local slips = distance(name, status.name)
    if status.name:find(name, 1, true) and name ~= "" then slips = math.min(slips, 1) end
    if slips < least then best, least = status.name, slips end
  end
  return best
end

local function unknown(name, services)
  local all = {}
  for at, status in ipairs(services) do all[at] = status.name end
  local meant = nearest(name, services)
  return ("there is no service %q%s; there %s %s"):format(name, meant and " (did you mean " .. meant .. "?)" or "",
    #all == 1 and "is" or "are", table.concat(all, ", "))
end

--- The services of a request, by name, or what is wrong with the names.
---@param names any
---@param services ServiceStatus[]
---@return table<string, ServiceStatus>|nil, string? why
function requests.services(names, services)
  if type(names) ~= "table" or #names == 0 or #names > NAMES_MAX then return nil, "names must be a list of 1 to 64" end
  local by_name, meant = {}, {}
  for _, status in ipairs(services) do by_name[status.name] = status end
  for _, name in ipairs(names) do
    if type(name) ~= "string" then return nil, "a name must be a string" end
    if not by_name[name] then return nil, unknown(name, services) end
    meant[name] = by_name[name]
  end
  return meant
end

-- All services and the other writers.
local function everybody(writers, services)
  local all = {}
  for name in pairs(writers) do all[name] = true end
  for _, status in ipairs(services) do all[status.name] = status end
  return all
end

--- The names whose lines are wanted: those of services, and of who else writes lines.
---@param request {name?: any, names?: any, all?: any} one name, several, or all
---@param writers table<string, true> the names that are no service's, such as synlua's own
---@param services ServiceStatus[]
---@return table<string, any>|nil, string? why
function requests.writers(request, writers, services)
  if request.all == true then return everybody(writers, services) end
  local names, others, found = request.names, {}, {}
  if request.name ~= nil then names = {request.name} end
  if type(names) ~= "table" then return requests.services(names, services) end
  for _, name in ipairs(names) do
    if writers[name] then found[name] = true else others[#others + 1] = name end
  end
  if next(found) and #others == 0 then return found end
  local meant, why = requests.services(others, services)
  for name in pairs(meant and found or {}) do meant[name] = true end
  return meant, why
end

--- A whole number from `least` to `most`, or `otherwise` if none is given.
---@param value any
---@param least integer
---@param most integer
---@param otherwise integer
---@return integer
function requests.number(value, least, most, otherwise)
  local number = math.type(value) and math.tointeger(value)
  if not number then return otherwise end
  return math.max(least, math.min(most, number))
end

return requests
