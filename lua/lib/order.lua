-- Which service waits for which. A service may name others in four ways. `needs`: the other must be ready first, and if
-- the other is stopped, so is this one. `milestone`: the other must have been ready once. `after`: the other's start
-- must be over, successful or not. `prefers`: this one waits while the other is starting, but can start without it. A
-- service that `fronts` others waits for none of them, but is stopped before them.

local tables = require "lib.tables"

local order = {}

local STRENGTHS = {"needs", "milestone", "after", "prefers"}
local EDGES = {"fronts", table.unpack(STRENGTHS)}

local function edges(spec)
  local names, fields = {}, {}
  for _, strength in ipairs(EDGES) do
    for _, name in ipairs(spec[strength] or {}) do names[#names + 1], fields[#fields + 1] = name, strength end
  end
  return names, fields
end

--- Problems of the graph: names of unknown services, and cycles, each written in full.
---@param specs table<string, table>
---@return table[] problems
function order.check(specs)
  local problems, done = {}, {}
  local function visit(name, path)
    for at, seen in ipairs(path) do
      if seen == name then
        local cycle = table.concat(path, " -> ", at) .. " -> " .. name
        problems[#problems + 1] = {where = "services/" .. name .. ".lua", what = "waits for itself: " .. cycle,
          hint = "take one of these dependencies away", service = name}
        return
      end
    end
    if done[name] then return end
    path[#path + 1] = name
    local names, fields = edges(specs[name])
    for at, other in ipairs(names) do
      if specs[other] then
        visit(other, path)
      else
        problems[#problems + 1] = {where = "services/" .. name .. ".lua", what = "waits for unknown service " .. other,
          service = name, field = fields[at], unknown = other}
      end
    end
    path[#path], done[name] = nil, true
  end
  for name in tables.sorted(specs) do visit(name, {}) end
  return problems
end

local SETTLED = {ready = true, failed = true, stopped = true}

local COMING = {waiting = true, starting = true}

local function is_coming(service)
  return COMING[service.state] == true or (service.state == "stopping" and service.wanted)
end

-- Whether a service may never be ready: it failed for good, or it failed and is tried again for ever.
local function is_hopeless(service)
  if service.state == "failed" then return true end
  return service.keep_trying and service.failures > 0 and service.state ~= "ready"
end

-- For each kind of dependency, whether it is satisfied.
local SATISFIED = {
  needs = function(service) return service.state == "ready" end,
  milestone = function(_, reached, name) return reached[name] == true end,
  after = function(service) return SETTLED[service.state] == true or is_hopeless(service) end,
  prefers = function(service) return not is_coming(service) end,
}

--- The service that this one waits for. If there are several, the first by name.
---@param spec table
---@param services table<string, Service>
---@param reached table<string, boolean>
---@return string|nil
function order.waits_for(spec, services, reached)
  for _, strength in ipairs(STRENGTHS) do
    for _, name in ipairs(spec[strength] or {}) do
      if not SATISFIED[strength](services[name], reached, name) then return name end
    end
  end
end

--- Whether this service may start now.
---@param spec table
---@param services table<string, Service>
---@param reached table<string, boolean> services that were ready at least once
---@param leaving table<string, boolean> services that are about to be stopped
---@return boolean
function order.may_start(spec, services, reached, leaving)
  for _, name in ipairs(spec.needs or {}) do
    if leaving[name] then return false end
  end
  return order.waits_for(spec, services, reached) == nil
end

--- Whether a service may never be ready, because it has failed or waits for one that has failed.
---@param specs table<string, table>
---@param services table<string, Service>
---@param name string
---@param reached? table<string, boolean> services that were ready at least once
---@return boolean
function order.blocked(specs, services, name, reached)
  if is_hopeless(services[name]) then return true end
  if services[name].state ~= "waiting" then return false end
  for _, strength in ipairs {"needs", "milestone"} do
    for _, other in ipairs(specs[name][strength] or {}) do
      local passed = strength == "milestone" and reached and reached[other]
      if not passed and order.blocked(specs, services, other, reached) then return true end
    end
  end
  return false
end

--- The services without which everything is ready that ever will be, sorted; nil while one is still to come.
---@param specs table<string, table>
---@param services table<string, Service>
---@param reached table<string, boolean>
---@return string[]|nil
function order.missing(specs, services, reached)
  local missing = {}
  for name, service in tables.sorted(services) do
    if service.state ~= "ready" then
      if not order.blocked(specs, services, name, reached) then return nil end
      missing[#missing + 1] = name
    end
  end
  return missing
end

--- All services that need this one, directly or through others, sorted.
---@param specs table<string, table>
---@param name string
---@return string[]
function order.dependents(specs, name)
  local found = {}
  local function gather(needed)
    for other, spec in pairs(specs) do
      for _, need in ipairs(spec.needs or {}) do
        if need == needed and not found[other] then
          found[other] = true
          gather(other)
        end
      end
    end
  end
  gather(name)
  return tables.keys(found)
end

--- The stage of each service, from 0. The shutdown ends the highest stage first. Call it only for specs in which
--- order.check found no problem.
---@param specs table<string, table>
---@return table<string, integer>
function order.stages(specs)
  local stages = {}
  local function stage(name)
    if not stages[name] then
      local highest = -1
      for _, other in ipairs(edges(specs[name])) do highest = math.max(highest, stage(other)) end
      stages[name] = highest + 1
    end
    return stages[name]
  end
  for name in pairs(specs) do stage(name) end
  return stages
end

return order
