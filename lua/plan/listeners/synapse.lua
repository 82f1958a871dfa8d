-- Makes the `listeners` of one of Synapse's processes, in the form of its configuration.

local document = require "lib.document"
local octal = require "lib.octal"
local tables = require "lib.tables"

local listener = {}

--- One http listener. It always sets x_forwarded, because the default differs between sockets and ports.
---@param address Address
---@param names string[] resources, sorted
---@param mode integer of a socket
---@return table
function listener.http(address, names, mode)
  local made = {
    type = "http", x_forwarded = true, resources = document.seq {{names = document.seq(names), compress = false}},
  }
  if address.socket then
    made.path, made.mode = address.socket, mode
  else
    made.port, made.bind_addresses = address.port, document.seq {address.address}
  end
  return made
end

local GROUP, OWNER = octal "0660", octal "0600" -- for nginx, and for Synapse alone

-- What nginx asks main for: every public listener has its own, with exactly its resources, so that Synapse itself
-- answers what is not served there.
local function of_main(instance, list)
  for _, public in ipairs(instance.public) do
    local names, said = public.names, public.listener
    local made = listener.http(instance.addresses[public.kind], #names > 0 and names or {"health"}, GROUP)
    made.additional_resources = said.additional
    made.tag, made.request_id_header = said.tag, said.request_id_header
    list[#list + 1] = made
  end
end

local function of_worker(instance, list)
  if not instance.addresses.public then return end
  local names = {}
  for name in tables.sorted(instance.resources) do
    if name ~= "replication" then names[#names + 1] = name end
  end
  list[1] = listener.http(instance.addresses.public, names, GROUP)
  list[1].request_id_header = instance.request_id_header
end

--- All listeners of one of Synapse's processes.
---@param instance Instance
---@return table[]
function listener.of(instance)
  local at, list = instance.addresses, {}
  if instance.public then of_main(instance, list) else of_worker(instance, list) end
  if at.replication then list[#list + 1] = listener.http(at.replication, {"replication"}, OWNER) end
  if not at.public and not at.replication then list[1] = listener.http(at.health, {"health"}, OWNER) end
  if at.manhole then
    list[#list + 1] = {type = "manhole", port = at.manhole.port, bind_addresses = document.seq {at.manhole.address}}
  end
  if at.metrics then list[#list + 1] = listener.http(at.metrics, {"metrics"}, OWNER) end
  return list
end

return listener
