-- The shared configuration that workers need: the writer of each stream, the processes for background work, and the
-- address of each process.

local instances = require "plan.workers.instances"
local tables = require "lib.tables"

local shared = {}

local function is_list(value) return type(value) == "table" and value[1] ~= nil end

local function append_new(list, more)
  local seen = {}
  for _, item in ipairs(list) do seen[item] = true end
  for _, item in ipairs(more) do
    if not seen[item] then list[#list + 1] = item end
  end
end

-- Lists are joined, maps are merged key by key, and of two plain values the first stays.
local function combine(into, options)
  for key, value in tables.sorted(options) do
    if into[key] == nil then
      into[key] = tables.copy(value)
    elseif is_list(value) then
      append_new(into[key], value)
    elseif type(value) == "table" then
      combine(into[key], value)
    end
  end
end

local function type_order(types)
  local first, rest = {}, {}
  for name, kind in tables.sorted(types) do
    local list = kind.leads and first or rest
    list[#list + 1] = name
  end
  return table.move(rest, 1, #rest, #first + 1, first)
end

local function location(address)
  if address.socket then return {path = address.socket} end
  return {host = address.address, port = address.port}
end

local function instance_map(list)
  local map = {}
  for _, instance in ipairs(list) do
    if instance.addresses.replication then map[instance.name] = location(instance.addresses.replication) end
  end
  return map
end

--- The shared configuration. Empty if there are no workers.
---@param view View
---@return table plain nested tables
function shared.options(view)
  local options, list, types = {}, view.instances, view.input.worker_types
  if #list == 1 then return options end
  local names = instances.by_type(list)
  for _, name in ipairs(type_order(types)) do
    if names[name] and types[name].shared then combine(options, types[name].shared(tables.copy(names[name]))) end
  end
  options.instance_map = instance_map(list)
  return options
end

return shared
