-- What a picture of the plan shows: Synapse's processes, those alike together, what each of them serves, on which
-- sockets and ports, and the services around them. Pure.

local tables = require "lib.tables"

local grouped = {}

---@class ProcessGroup
---@field name string of the process, or of what is alike in all
---@field members string[]
---@field says string what they are for: a sentence, or the names of worker types
---@field paths integer how many paths of the routes lead to them
---@field asked boolean nginx passes requests on to them
---@field at string[] their sockets and ports, without what has none

---@class PlanPicture
---@field server_name string
---@field entries string[] where clients reach the homeserver
---@field has_nginx boolean
---@field groups ProcessGroup[] main first
---@field database {name: string, at?: string}
---@field redis? {name: string, at?: string}
---@field others {name: string, says: string}[]

local function address_text(listen)
  local host = listen.address:find(":", 1, true) and "[" .. listen.address .. "]" or listen.address
  return ("%s:%d"):format(host, listen.port)
end

local function file_name(path) return path:match "[^/]*$" end

-- How many paths of the routes lead to each process.
local function paths_of(routes)
  local seen, counts = {}, {}
  local function count(pool, template)
    for _, member in ipairs(pool and routes.pools[pool].members or {}) do
      seen[member] = seen[member] or {}
      if not seen[member][template] then
        seen[member][template], counts[member] = true, (counts[member] or 0) + 1
      end
    end
  end
  for _, route in ipairs(routes.list) do
    for _, rule in pairs(route.rules) do
      count(rule.pool, route.template)
      count(rule.first, route.template)
    end
  end
  return counts
end

-- Of one type its description, of several their names.
local function says(instance, types, alone)
  if #instance.types == 0 then return alone and "Answers every request." or "Answers every other request." end
  local kind = #instance.types == 1 and types[instance.types[1]]
  return kind and kind.doc or table.concat(instance.types, ", ")
end

-- "sync1_public.sock" of one process and "sync1…3_public.sock" of three, each kind once; "port 18010" for a port.
local function places(instances, sockets)
  local list, first, last = {}, instances[1], instances[#instances]
  local seen = {}
  for kind, address in tables.sorted(first.addresses) do
    local path = sockets[first.name .. "_" .. kind]
    local text
    if path and address.socket == path then
      text = file_name(path)
      if first ~= last and text:sub(1, #first.name) == first.name then
        text = ("%s…%s%s"):format(first.name, last.name:match "%d*$", text:sub(#first.name + 1))
      end
    elseif address.port then
      local to = last.addresses[kind].port
      text = ("port %d"):format(address.port) .. (to ~= address.port and ("…%d"):format(to) or "")
    end
    if text and not seen[text] then seen[text], list[#list + 1] = true, text end
  end
  return list
end

local function alike(one, other)
  return one.base == other.base and table.concat(one.types, ",") == table.concat(other.types, ",")
end

local function group_of(instances, plan, types, paths)
  local first = instances[1]
  local made = {name = #instances > 1 and first.base or first.name, members = {},
    says = says(first, types, #plan.instances == 1),
    paths = paths[first.name] or 0, asked = first.name == "main" or first.addresses.public ~= nil,
    at = places(instances, plan.sockets)}
  for at, instance in ipairs(instances) do made.members[at] = instance.name end
  return made
end

local function groups(plan, types)
  local made, paths, open = {}, paths_of(plan.routes), nil
  local lists = {}
  for _, instance in ipairs(plan.instances) do
    if not open or not alike(open[1], instance) then
      open = {}
      lists[#lists + 1] = open
    end
    open[#open + 1] = instance
  end
  for at, list in ipairs(lists) do made[at] = group_of(list, plan, types, paths) end
  return made
end

local DATABASES = {sqlite = "SQLite", builtin = "PostgreSQL", outside = "PostgreSQL outside"}
local REDIS = {builtin = "Redis", outside = "Redis outside", file = "Redis of homeserver.yaml"}

local function others(plan)
  local shown, list, at = {nginx = true, postgres = true, redis = true}, {}, {}
  for _, instance in ipairs(plan.instances) do shown[instance.service] = true end
  for _, listen in ipairs(plan.listens) do at[listen.service] = at[listen.service] or address_text(listen) end
  for name, service in tables.sorted(plan.services) do
    local says_of = service.one_shot and "runs once" or at[name] or ""
    if not shown[name] then list[#list + 1] = {name = name, says = says_of} end
  end
  return list
end

local function entries(plan)
  local list = {}
  for _, listen in ipairs(plan.listens) do
    if listen.service == "nginx" then list[#list + 1] = address_text(listen) end
  end
  for name, path in tables.sorted(plan.sockets) do
    if name:find "^nginx_%d+$" then list[#list + 1] = path end
  end
  return list
end

--- What the picture of a plan shows.
---@param plan Plan
---@param types table<string, WorkerType>
---@return PlanPicture
function grouped.of(plan, types)
  local sockets = plan.sockets
  return {
    server_name = plan.server_name, entries = entries(plan), has_nginx = plan.services.nginx ~= nil,
    groups = groups(plan, types),
    database = {name = DATABASES[plan.database], at = sockets.postgres and file_name(sockets.postgres)},
    redis = REDIS[plan.redis] and {name = REDIS[plan.redis], at = sockets.redis and file_name(sockets.redis)},
    others = others(plan),
  }
end

return grouped
