-- Lets the hook `plan` of init.lua change how services run. It gets a copy of the plan. Of what it returns the services
-- are taken: those of the plan, changed or left out.

local check = require "contract.check"
local copies = require "contract.copies"
local distance = require "lib.distance"
local order = require "lib.order"
local part = require "contract.part"
local tables = require "lib.tables"

local hooked = {}

-- What the plan itself works out of the other fields.
local OWN, OWN_OF_PROCESS = {"one_shot", "keep_trying"}, {"name", "stage", "capabilities"}

local function same(a, b, depth)
  if type(a) ~= "table" or type(b) ~= "table" or depth > 40 then return a == b end
  for key, inner in next, a do
    if not same(inner, b[key], depth + 1) then return false end
  end
  for key in next, b do
    if a[key] == nil then return false end
  end
  return true
end

-- A copy in which nothing is frozen.
local function thawed(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for key, inner in pairs(value) do made[key] = thawed(inner) end
  return made
end

-- Without what the plan works out, as a file of a service says it.
local function said(service)
  local made = tables.copy(service)
  for _, name in ipairs(OWN) do made[name] = nil end
  made.process = type(service.process) == "table" and tables.copy(service.process) or service.process
  for _, name in ipairs(type(made.process) == "table" and OWN_OF_PROCESS or {}) do made.process[name] = nil end
  return made
end

local function taken(name, before, wanted, hook)
  local new, faults = said(wanted), {}
  check.field({kind = "record", fields = part.fields, doc = part.doc}, new, ("services.%s"):format(name), faults)
  for _, fault in ipairs(faults) do hook.fault(("%s %s"):format(fault.path, fault.what), fault.hint) end
  if #faults > 0 then return end
  if before.process.uid and not new.process.uid then
    hook.fault(("services.%s.process.uid is gone, which would make it root"):format(name), "leave uid there")
    return
  elseif new.process.uid and type(new.process.uid) ~= type(new.process.gid) then
    hook.fault(("services.%s.process has a uid and no gid, which would leave it root's group"):format(name),
      "name both")
    return
  end
  for _, field in ipairs(OWN) do new[field] = before[field] end
  for _, field in ipairs(OWN_OF_PROCESS) do new.process[field] = before.process[field] end
  new.keep_trying = new.on_failure == "keep-trying"
  return new
end

-- A service with a fault stays as it was, so that no other one is said to wait for what is not there.
local function services_of(plan, before, wanted, hook)
  local made = {}
  for name, service in tables.sorted(wanted) do
    if not before[name] then
      local meant = distance.nearest(tostring(name), tables.keys(before))
      hook.fault(("returns a service %s, which the plan has not%s"):format(tostring(name),
        meant and ("; did you mean %s?"):format(meant) or ""), "a new service is a file services/NAME.lua")
    elseif type(service) ~= "table" then
      hook.fault(("services.%s must be a table"):format(name), "leave it as it is, or set it to nil")
      made[name] = plan.services[name]
    elseif same(before[name], service, 0) then
      made[name] = plan.services[name]
    else
      made[name] = taken(name, before[name], service, hook) or plan.services[name]
    end
  end
  return made
end

local function check_rest(before, wanted, hook)
  for name in pairs(wanted) do
    if before[name] == nil then hook.fault(("returns %s, which is no part of the plan"):format(tostring(name)),
      "change plan.services only") end
  end
  for name, value in tables.sorted(before) do
    if name ~= "services" and not same(value, wanted[name], 0) then
      hook.fault(("changes plan.%s"):format(name),
        "change plan.services only: the rest follows from variables and files")
    end
  end
end

--- The plan with the services that the hook wants.
---@param plan Plan
---@param hook Hook
---@return Plan
function hooked.plan(plan, hook)
  local before = thawed(plan)
  local ok, wanted = hook.call(thawed(plan))
  if not ok or wanted == nil then return plan end
  if type(wanted) ~= "table" or type(wanted.services) ~= "table" then
    hook.fault("must return the plan or nil", "end it with return plan")
    return plan
  end
  wanted = copies.plain(wanted) or {}
  check_rest(before, wanted, hook)
  local made = tables.copy(plan)
  made.services = services_of(plan, before.services, wanted.services or {}, hook)
  local faults = order.check(made.services)
  for _, fault in ipairs(faults) do
    hook.fault(("%s %s"):format(fault.where, fault.what), fault.hint or "see docs/lua.md")
  end
  return #faults == 0 and made or plan
end

return hooked
