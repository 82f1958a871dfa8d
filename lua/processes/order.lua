-- Who waits for whom. Three strengths: `needs` (ready before I start, and I stop when it is stopped), `milestone` (was
-- ready once), `after` (has left its own start behind, well or not).

local tables = require "tables"

local order = {}

local STRENGTHS = {"needs", "milestone", "after"}

local function edges(spec)
  local names = {}
  for _, strength in ipairs(STRENGTHS) do
    for _, name in ipairs(spec[strength] or {}) do names[#names + 1] = name end
  end
  return names
end

--- Problems of the graph: names that are no service, and cycles, each named in full.
---@param specs table<string, table>
---@return table[] problems
function order.check(specs)
  local problems, done = {}, {}
  local function visit(name, path)
    for at, seen in ipairs(path) do
      if seen == name then
        local cycle = table.concat(path, " -> ", at) .. " -> " .. name
        problems[#problems + 1] = {where = "services/" .. name .. ".lua", what = "waits for itself: " .. cycle,
          hint = "take one of these dependencies away"}
        return
      end
    end
    if done[name] then return end
    path[#path + 1] = name
    for _, other in ipairs(edges(specs[name])) do
      if specs[other] then
        visit(other, path)
      else
        problems[#problems + 1] = {where = "services/" .. name .. ".lua", what = "waits for unknown service " .. other}
      end
    end
    path[#path], done[name] = nil, true
  end
  for name in tables.sorted(specs) do visit(name, {}) end
  return problems
end

local SETTLED = {ready = true, failed = true, stopped = true}

local function all(names, holds)
  for _, name in ipairs(names or {}) do
    if not holds(name) then return false end
  end
  return true
end

--- May this service start now?
---@param spec table
---@param services table<string, Service>
---@param reached table<string, boolean> services that were ready at least once
---@return boolean
function order.may_start(spec, services, reached)
  return all(spec.needs, function(name) return services[name].state == "ready" end)
    and all(spec.milestone, function(name) return reached[name] == true end)
    and all(spec.after, function(name) return SETTLED[services[name].state] == true end)
end

return order
