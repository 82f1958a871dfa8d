-- Shows the plan to people and programs: the services, their addresses and users, without any secret.

local tables = require "lib.tables"
local words = require "lib.text"

local describe = {}

local function user(process)
  if process.uid then return ("%d:%d"):format(process.uid, process.gid) end
end

local function readiness(service)
  for _, kind in ipairs {"notify", "exit", "started"} do
    if service.ready[kind] then return kind end
  end
  return "probe"
end

local function instances_of(plan)
  local list = {}
  for at, instance in ipairs(plan.instances) do
    list[at] = {
      name = instance.name, service = instance.service, types = tables.copy(instance.types),
      resources = tables.keys(instance.resources), addresses = tables.copy(instance.addresses),
    }
  end
  return list
end

--- A plain table, without secrets.
---@param plan Plan
---@return table
function describe.plan(plan)
  local made = {
    server_name = plan.server_name, url = plan.url, paths = tables.copy(plan.paths),
    sockets = tables.copy(plan.sockets), services = {}, listens = {}, instances = instances_of(plan),
    budget = tables.copy(plan.budget), estimate = tables.copy(plan.estimate),
    database = plan.database, redis = plan.redis,
  }
  for name, service in tables.sorted(plan.services) do
    made.services[#made.services + 1] = {
      name = name, argv = tables.copy(service.process.argv), user = user(service.process),
      after = service.after, fronts = service.fronts, needs = service.needs, milestone = service.milestone,
      on_failure = service.on_failure, readiness = readiness(service), memory = service.memory,
    }
  end
  for _, listen in ipairs(plan.listens) do
    made.listens[#made.listens + 1] = {service = listen.service, address = listen.address, port = listen.port}
  end
  return made
end

local FIRST = {"server_name", "url", "name", "address"}

-- Every key, those of FIRST first, because dkjson needs the order of keys.
local function key_order(value)
  local seen, order = {}, {}
  local function gather(inner)
    for key, item in pairs(inner) do
      if type(key) == "string" then seen[key] = true end
      if type(item) == "table" then gather(item) end
    end
  end
  gather(value)
  for _, key in ipairs(FIRST) do
    order[#order + 1] = key
    seen[key] = nil
  end
  for key in tables.sorted(seen) do order[#order + 1] = key end
  return order
end

--- The plan as JSON text.
---@param plan Plan
---@param encode fun(value: table, state: table): string dkjson's
---@return string
function describe.json(plan, encode)
  local value = describe.plan(plan)
  return encode(value, {indent = true, keyorder = key_order(value)}) .. "\n"
end

local function add_workers(lines, plan)
  if #plan.instances == 1 then return end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "workers"
  for at = 2, #plan.instances do
    local instance = plan.instances[at]
    lines[#lines + 1] = ("  %-20s %s"):format(instance.name, table.concat(instance.types, ", "))
  end
end

local KINDS = {
  sqlite = "SQLite", builtin = "built-in PostgreSQL", outside = "PostgreSQL outside",
}

local function add_budget(lines, plan)
  local budget = plan.budget
  lines[#lines + 1] = ""
  local connections = ""
  if budget.connections > 0 then connections = (", at most %d connections"):format(budget.connections) end
  lines[#lines + 1] = ("database: %s%s"):format(KINDS[plan.database], connections)
  lines[#lines + 1] = ("memory: about %d MB soon after the start, %d MB with full caches"):format(plan.estimate.soon,
    plan.estimate.full)
end

--- The same as text.
---@param plan Plan
---@return string
function describe.text(plan)
  local lines = {("%s at %s"):format(plan.server_name, plan.url), "", "processes"}
  for name, service in tables.sorted(plan.services) do
    lines[#lines + 1] = ("  %-20s %-12s ready by %-7s %s"):format(name, user(service.process) or "same user",
      readiness(service), words.shown(table.concat(service.process.argv, " ")))
  end
  add_workers(lines, plan)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "listens on"
  for _, listen in ipairs(plan.listens) do
    lines[#lines + 1] = ("  %-20s %s port %d"):format(listen.service, listen.address, listen.port)
  end
  for name, path in tables.sorted(plan.sockets) do lines[#lines + 1] = ("  %-20s %s"):format(name, path) end
  add_budget(lines, plan)
  return table.concat(lines, "\n") .. "\n"
end

return describe
