-- Where each of Synapse's processes listens: Unix sockets below the runtime directory, or ports of 127.0.0.1.

local hash = require "lib.hash"

local addresses = {}

addresses.LONGEST = 107 -- bytes of a socket's path, as the kernel has it

---@class Address
---@field socket? string path of a Unix socket; else
---@field address? string literal IP address, and
---@field port? integer

-- Sockets that nginx reaches are in a directory of its group, all others in one that only Synapse enters.
local KINDS = {
  {name = "public", switch = "SYNAPSE_PUBLIC_UNIX_SOCKETS", directory = "sockets"},
  {name = "replication", switch = "SYNAPSE_HTTP_REPLICATION_UNIX_SOCKETS", directory = "private"},
  {name = "metrics", switch = "SYNAPSE_METRICS_UNIX_SOCKETS", directory = "private"},
  {name = "health", switch = "SYNAPSE_PUBLIC_UNIX_SOCKETS", directory = "private"},
  {name = "manhole", directory = "private"}, -- always a port: what speaks SSH wants one
}

addresses.PORTS_EACH = #KINDS

local PUBLIC = {client = true, federation = true, media = true}

local function wanted(instance, view)
  local public, replication = false, instance.resources.replication == true
  for name in pairs(instance.resources) do public = public or PUBLIC[name] ~= nil end
  return {
    public = public, replication = replication, metrics = view.metrics,
    health = not public and not replication,
    manhole = view.settings[instance.name == "main" and "SYNAPSE_MANHOLE_MASTER" or "SYNAPSE_MANHOLE_WORKERS"],
  }
end

-- Where the name would make the path too long, its beginning and a hash of it stand for it, or a hash alone.
local function file_name(name, kind, room)
  local rest = ("_%s.sock"):format(kind)
  if #name + #rest > room and room - #rest < 12 then return hash.short(name .. rest) .. ".sock" end
  return hash.fit(name, room - #rest) .. rest
end

--- The socket of one kind, below the runtime directory.
---@param runtime string
---@param name string of the process
---@param kind string
---@return string
function addresses.socket(runtime, name, kind)
  for _, known in ipairs(KINDS) do
    if known.name == kind then
      local room = addresses.LONGEST - #runtime - #known.directory - 2
      return known.directory .. "/" .. file_name(name, kind, room)
    end
  end
  error(kind)
end

--- Whether an address is of this kind alone: health may be another one's.
---@param instance Instance
---@param kind string
---@return boolean
function addresses.is_own(instance, kind)
  local all = instance.addresses
  return all[kind] ~= nil and (kind ~= "health" or all.health ~= all.public and all.health ~= all.replication)
end

--- The addresses of a process. /health answers on every listener, so the first there is stands for it.
---@param instance Instance
---@param at integer 0 for main, counted on
---@param view View
---@return table<string, Address>
function addresses.of(instance, at, view)
  local made, settings, want = {}, view.settings, wanted(instance, view)
  for offset, kind in ipairs(KINDS) do
    if want[kind.name] and kind.switch and settings[kind.switch] then
      local runtime = view.paths.runtime
      made[kind.name] = {socket = runtime .. "/" .. addresses.socket(runtime, instance.name, kind.name)}
    elseif want[kind.name] then
      made[kind.name] = {
        address = "127.0.0.1", port = settings.SYNLUA_INTERNAL_PORTS + at * #KINDS + offset - 1,
      }
    end
  end
  made.health = made.health or made.public or made.replication
  return made
end

--- What is at the first address of a kind that is a port, for messages and checks: every port by process and kind.
---@param instances Instance[]
---@return {port: integer, instance: string, kind: string}[]
function addresses.ports(instances)
  local list = {}
  for _, instance in ipairs(instances) do
    for _, kind in ipairs(KINDS) do
      local address = instance.addresses[kind.name]
      if address and address.port and addresses.is_own(instance, kind.name) then
        list[#list + 1] = {port = address.port, instance = instance.name, kind = kind.name}
      end
    end
  end
  return list
end

return addresses
