-- Chooses where each of Synapse's processes listens: on Unix sockets below the runtime directory, or on ports of
-- 127.0.0.1.

local hash = require "lib.hash"

local addresses = {}

addresses.LONGEST = 107 -- bytes of a socket's path: the kernel's limit

---@class Address
---@field socket? string path of a Unix socket; nil: a port
---@field address? string literal IP address of the port
---@field port? integer

-- Sockets for nginx are in a directory of its group. All others are in a directory that only Synapse may enter.
local KINDS = {
  {name = "public", switch = "SYNAPSE_PUBLIC_UNIX_SOCKETS", directory = "sockets"},
  {name = "replication", switch = "SYNAPSE_HTTP_REPLICATION_UNIX_SOCKETS", directory = "private"},
  {name = "metrics", switch = "SYNAPSE_METRICS_UNIX_SOCKETS", directory = "private"},
  {name = "health", switch = "SYNAPSE_PUBLIC_UNIX_SOCKETS", directory = "private"},
  {name = "manhole", directory = "private"}, -- always a port, because SSH clients need one
}

addresses.PORTS_EACH = #KINDS

local PUBLIC = {client = true, federation = true, media = true}

local function wanted(instance, view)
  local public, replication = instance.public ~= nil, instance.resources.replication == true
  for name in pairs(instance.resources) do public = public or PUBLIC[name] ~= nil end
  return {
    public = public, replication = replication, metrics = view.metrics,
    health = not public and not replication,
    manhole = view.settings[instance.name == "main" and "SYNAPSE_MANHOLE_MASTER" or "SYNAPSE_MANHOLE_WORKERS"],
  }
end

-- If the name makes the path too long, its beginning with a hash replaces it, or only a hash.
local function file_name(name, kind, room)
  local rest = ("_%s.sock"):format(kind)
  if #name + #rest > room and room - #rest < 12 then return hash.short(name .. rest) .. ".sock" end
  return hash.fit(name, room - #rest) .. rest
end

--- The path of a process's socket of one kind, below the runtime directory.
---@param runtime string
---@param name string of the process
---@param kind string
---@return string
function addresses.socket(runtime, name, kind)
  local base = kind:match "^(%a+)_%d+$" or kind -- main's further public listeners: public_2
  for _, known in ipairs(KINDS) do
    if known.name == base then
      local room = addresses.LONGEST - #runtime - #known.directory - 2
      return known.directory .. "/" .. file_name(name, kind, room)
    end
  end
  error(kind)
end

--- Whether an address belongs to this kind alone. The address for health may be that of another kind.
---@param instance Instance
---@param kind string
---@return boolean
function addresses.is_own(instance, kind)
  local all = instance.addresses
  return all[kind] ~= nil and (kind ~= "health" or all.health ~= all.public and all.health ~= all.replication)
end

-- Main has one more for each further public listener; their ports follow those of all processes.
local function add_further(made, instance, view)
  local settings = view.settings
  local first = settings.SYNLUA_INTERNAL_PORTS + (#settings.SYNAPSE_WORKER_TYPES + 1) * #KINDS
  for at = 2, #(instance.public or {}) do
    local kind = instance.public[at].kind
    if settings.SYNAPSE_PUBLIC_UNIX_SOCKETS then
      made[kind] = {socket = view.paths.runtime .. "/" .. addresses.socket(view.paths.runtime, instance.name, kind)}
    else
      made[kind] = {address = "127.0.0.1", port = first + at - 2}
    end
  end
end

--- The addresses of a process. Every listener answers /health, so the first one is used for it.
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
  add_further(made, instance, view)
  return made
end

--- All ports by process and kind, for messages and checks.
---@param instances Instance[]
---@return {port: integer, instance: string, kind: string}[]
function addresses.ports(instances)
  local list = {}
  for _, instance in ipairs(instances) do
    local own = {}
    for kind, address in pairs(instance.addresses) do
      if address.port and addresses.is_own(instance, kind) then
        own[#own + 1] = {port = address.port, instance = instance.name, kind = kind}
      end
    end
    table.sort(own, function(a, b) return a.port < b.port end)
    table.move(own, 1, #own, #list + 1, list)
  end
  return list
end

return addresses
