-- Plans the services. Each service's own file plans one process or several.

local appservices = require "plan.homeserver.appservices"
local confine = require "plan.process.confine"
local grounds = require "plan.identity.grounds"
local order = require "lib.order"
local tables = require "lib.tables"

local services = {}

services.LONGEST = 63 -- bytes of a name, the limit of the table of children and of log lines

---@class PlannedService what a service's file says and the supervisor reads; on_failure, one_shot, keep_trying

---@class Services
---@field services table<string, PlannedService>
---@field listens Listen[]
---@field directories table[]
---@field reaches table[]
---@field owners table<string, string> the file below services/ that makes each

-- Fields of a service that the plan copies unchanged.
local SERVICE_FIELDS = {
  "process", "ready", "after", "fronts", "needs", "milestone", "prefers", "give_up_after", "spacing_ms", "heavy",
  "sockets", "phases", "causes", "leftovers", "modes", "passes_status",
  "start_limit_ms", "start_work_ms", "trial", "alive", "quiet", "leads_to", "ends_last", "metrics", "renews",
  "early", "memory", "growth",
}

-- ms during which a one-shot may do nothing, unless its file sets another limit (false: none).
local ONE_SHOT_LIMIT = 3600000

local POLICIES = {exit = true, degrade = true, ["keep-trying"] = true}

-- Where the file of a service says something: a user's with its line.
local function where(view, owner, field)
  local service = view.catalog[owner]
  return service.where and service.where(field) or ("services/%s.lua"):format(owner)
end

local function add_process(view, made, name, part, owner, problems)
  assert(POLICIES[part.on_failure or "exit"], ("services/%s.lua: on_failure must be exit, degrade or keep-trying")
    :format(owner))
  if #name > services.LONGEST then
    problems[#problems + 1] = {where = where(view, owner, "plan"),
      what = ("has a name of %d bytes, but at most %d are allowed: %s"):format(#name, services.LONGEST, name),
      hint = "give it a shorter name"}
    return
  elseif made.services[name] then
    problems[#problems + 1] = {where = where(view, owner, "plan"),
      what = ("makes a service %s, which services/%s.lua makes too"):format(name, made.owners[name]),
      hint = "give one of the two another name; a worker's is NAME in NAME=TYPE"}
    return
  end
  made.owners[name] = owner
  if part.ready == "started" then part.ready = {started = true} end
  local planned = {on_failure = part.on_failure or "exit", one_shot = part.ready.exit}
  for _, field in ipairs(SERVICE_FIELDS) do planned[field] = part[field] end
  if planned.one_shot and planned.start_limit_ms == nil then planned.start_limit_ms = ONE_SHOT_LIMIT end
  planned.keep_trying = planned.on_failure == "keep-trying"
  planned.process.name, planned.process.capabilities = name, confine.capabilities(view, owner, part.process)
  made.services[name], made.before[name] = planned, part.before
  for _, list in ipairs {"listens", "directories", "reaches"} do
    for _, item in ipairs(part[list] or {}) do
      local own = tables.copy(item)
      own.service = name
      made[list][#made[list] + 1] = own
    end
  end
end

-- A service's file plans one process, or several by name (such as all workers), or none.
local function add_service(view, made, name, problems)
  local parts, problem = view.catalog[name].plan(view)
  if problem then problems[#problems + 1] = problem end
  if not parts then return end
  if parts.process then parts = {[name] = parts} end
  for part_name, part in tables.sorted(parts) do add_process(view, made, part_name, part, name, problems) end
end

local function unknown(view, made, name, field, what, other)
  local names = tables.keys(made.services)
  local meant = require("lib.distance").nearest(other, names)
  return {where = where(view, made.owners[name], field), what = what .. (meant and ("; did you mean %s?"):format(meant)
    or ""), hint = "the services are " .. table.concat(names, ", ")}
end

-- A service that is to start before another: the other starts after it.
local function add_reverse(view, made, problems)
  for name, others in tables.sorted(made.before) do
    for _, other in ipairs(others) do
      local spec = made.services[other]
      if spec then
        spec.after = spec.after and {table.unpack(spec.after)} or {}
        table.insert(spec.after, name)
      else
        problems[#problems + 1] = unknown(view, made, name, "before", "starts before unknown service " .. other, other)
      end
    end
  end
end

-- The problems of the order, each with the place in the user's file where there is one.
local function check_order(view, made, problems)
  local faults = order.check(made.services)
  for _, fault in ipairs(faults) do
    local problem = fault.unknown and unknown(view, made, fault.service, fault.field, fault.what, fault.unknown)
      or {where = where(view, made.owners[fault.service], "needs"), what = fault.what, hint = fault.hint}
    problems[#problems + 1] = problem
  end
  return #faults == 0
end

-- Base directories come first, whichever service needs them.
local function bases_first(directories)
  local list, below = {}, {}
  for _, item in ipairs(directories) do
    local to = item.path == "" and list or below
    to[#to + 1] = item
  end
  return table.move(below, 1, #below, #list + 1, list)
end

-- Stages of the shutdown. What `ends_last` ends alone, after all others.
local function set_stages(planned)
  local lowest = 0
  for _, service in pairs(planned) do lowest = service.ends_last and 1 or lowest end
  for name, stage in pairs(order.stages(planned)) do
    planned[name].process.stage = planned[name].ends_last and 0 or stage + lowest
  end
end

--- All services, each with its stage of the shutdown.
---@param view View
---@param problems Problem[]
---@return Services
function services.make(view, problems)
  local made = {services = {}, listens = {}, directories = grounds.directories(view), reaches = {}, owners = {},
    before = {}}
  for name in tables.sorted(view.catalog) do add_service(view, made, name, problems) end
  for _, item in ipairs(appservices.directories(view)) do made.directories[#made.directories + 1] = item end
  made.directories = bases_first(made.directories)
  add_reverse(view, made, problems)
  if check_order(view, made, problems) then
    set_stages(made.services)
  end
  return made
end

return services
