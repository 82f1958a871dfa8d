-- Splits the admin's listeners. nginx takes over those for clients and other servers, with their ports and Unix
-- sockets. Synapse keeps all others.

local document = require "lib.document"
local later = require "lib.later"
local layers = require "input.layers"
local shape = later "plan.listeners.shape" ---@module "plan.listeners.shape"
local tables = require "lib.tables"
local taking = later "plan.listeners.taking" ---@module "plan.listeners.taking"

local split = {}

---@class ListenerSplit
---@field said_port? integer port of the first listener for clients; without any such listener, the first port
---@field port integer nginx's main port: said_port, else SYNAPSE_HTTP_PORT; set by split.make
---@field inner boolean whether nginx opens that port though the file names no port without TLS; set by split.make
---@field ports integer[] further ports that nginx takes over
---@field addresses table<integer, string[]> of each of these ports, by Synapse's rules
---@field sockets string[] Unix sockets that nginx takes over
---@field tls_ports integer[] ports with TLS that nginx takes over
---@field taken TakenListener[] the listeners that nginx takes over
---@field kept table[] listeners that Synapse keeps
---@field faults {what: string, hint: string}[]
---@field places table<integer|string, string> file:line that sets each port or socket of nginx; set by split.make
---@field tls_places table<integer, string> the same for ports with TLS

---@class TakenListener one listener of the admin's whose place nginx takes
---@field names table<string, boolean> its resources
---@field port? integer
---@field addresses? string[] of the port, by Synapse's rules
---@field tls boolean whether the port has TLS
---@field path? string of a Unix socket
---@field listener table as it is said, plain

-- Removes repeated ports, because nginx needs each one once.
local function without_repeats(made)
  local seen, ports = {[made.said_port or false] = true}, {}
  for _, port in ipairs(made.ports) do
    if not seen[port] then ports[#ports + 1] = port end
    seen[port] = true
  end
  made.ports = ports
end

-- Where no listener is for clients, the first port is the main one.
local function name_port(made)
  for _, taken in ipairs(made.taken) do
    if taken.names.client and not taken.tls then return end
  end
  made.said_port = table.remove(made.ports, 1)
end

--- Splits the admin's listeners into those for nginx and those that Synapse keeps.
---@param homeserver? table the document
---@return ListenerSplit
function split.of(homeserver)
  local made = {kept = {}, taken = {}, ports = {}, tls_ports = {}, addresses = {}, sockets = {},
    faults = {}}
  local given = homeserver and document.get(homeserver, "listeners")
  for at, listener in ipairs(document.plain(given) or {}) do
    local names = type(listener) == "table" and shape.names(listener)
    if names and taking.is_public(listener, names) then
      taking.take(made, listener, names)
    else
      made.kept[#made.kept + 1] = given[at]
    end
  end
  without_repeats(made)
  name_port(made)
  return made
end

-- What sets each port of nginx, with TLS or without, and each socket. If one is set twice, the first place counts.
local function places_of(view, made, tls)
  local places, given = {}, view.admin.document and document.get(view.admin.document, "listeners")
  local known = tables.copy(made.addresses)
  for _, path in ipairs(made.sockets) do known[path] = true end
  for _, item in ipairs(given or {}) do
    local listener = document.plain(item)
    local at = type(listener) == "table" and (listener.port or listener.path)
    if known[at] and not places[at] and (listener.tls == true) == tls then
      places[at] = layers.place_of_item(view.admin.layers, "listeners", item)
    end
  end
  return places
end

--- Splits the admin's listeners. A listener that cannot be kept working is a problem.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return ListenerSplit
function split.make(view, problems, warnings)
  local made = split.of(view.admin.document)
  made.port = made.said_port or view.settings.SYNAPSE_HTTP_PORT
  made.inner = not made.said_port and #made.sockets + #made.tls_ports > 0
  made.places, made.tls_places = places_of(view, made, false), places_of(view, made, true)
  if view.admin.document then taking.check(view, made, problems, warnings) end
  return made
end

return split
