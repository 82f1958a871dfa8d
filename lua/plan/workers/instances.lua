-- Synapse's processes: main and the workers that SYNAPSE_WORKER_TYPES asks for.

local addresses = require "plan.listeners.addresses"
local hash = require "lib.hash"
local services = require "plan.services"
local tables = require "lib.tables"

local instances = {}

---@class Instance
---@field name string "main", or as in instance_map
---@field base string name without its number
---@field service string name of its process for the supervisor, which may be shorter
---@field types string[] sorted; none for main
---@field resources table<string, boolean> what it serves: client, federation, media, replication
---@field addresses table<string, Address> public, replication, metrics where it has them, health always
---@field public? PublicOfMain[] of main: what nginx asks it for, each at an address of its own
---@field request_id_header? string of workers: the header that names a request in the log

---@class PublicOfMain
---@field listener PublicListener
---@field kind string which of its addresses
---@field names string[] the resources that main has there

local function by_number(a, b)
  if a.base ~= b.base then return a.base < b.base end
  return tonumber(a.name:match "%d+$") < tonumber(b.name:match "%d+$")
end

local function worker(asked, view)
  local service = hash.fit(asked.name, services.LONGEST)
  local made = {name = asked.name, base = asked.base, service = service, types = asked.types, resources = {},
    request_id_header = view.public[1].request_id_header}
  for _, name in ipairs(asked.types) do
    for _, resource in ipairs(view.input.worker_types[name].resources) do made.resources[resource] = true end
  end
  return made
end

local function main(view, workers)
  local resources, public, media = {replication = #workers > 0 or nil}, {}, false
  for _, instance in ipairs(workers) do media = media or instance.resources.media or false end
  for at, listener in ipairs(view.public) do
    local own = tables.copy(listener.resources)
    -- The one for clients or for other servers has media as well. Beside media workers Synapse refuses media in main.
    if media or own.client or own.federation then own.media = nil end
    for name in pairs(own) do resources[name] = true end
    public[at] = {listener = listener, kind = listener.kind, names = tables.keys(own)}
  end
  return {name = "main", base = "main", service = "synapse", types = {}, resources = resources, public = public}
end

--- All processes: main first, then the others by name and number.
---@param view View
---@return Instance[]
function instances.make(view)
  local list = {}
  for at, asked in ipairs(view.settings.SYNAPSE_WORKER_TYPES) do list[at] = worker(asked, view) end
  table.sort(list, by_number)
  table.insert(list, 1, main(view, list))
  for at, instance in ipairs(list) do instance.addresses = addresses.of(instance, at - 1, view) end
  return list
end

--- The names of the workers of each type.
---@param list Instance[]
---@return table<string, string[]>
function instances.by_type(list)
  local found = tables.group(list, "types")
  for _, members in pairs(found) do
    for at, instance in ipairs(members) do members[at] = instance.name end
  end
  return found
end

--- The names of their services.
---@param list Instance[]
---@return string[]
function instances.services(list)
  local names = {}
  for at, instance in ipairs(list) do names[at] = instance.service end
  return names
end

--- Every socket path by process and kind, as "typing1_replication".
---@param list Instance[]
---@return table<string, string>
function instances.sockets(list)
  local paths = {}
  for _, instance in ipairs(list) do
    for kind, address in pairs(instance.addresses) do
      if address.socket and addresses.is_own(instance, kind) then
        paths[instance.name .. "_" .. kind] = address.socket
      end
    end
  end
  return paths
end

return instances
