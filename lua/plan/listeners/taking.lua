-- Takes over the admin's listeners for clients and other servers, and says what of them cannot be kept.

local bind = require "plan.listeners.bind"
local document = require "lib.document"
local layers = require "input.layers"
local resources = require "plan.listeners.resources"
local shape = require "plan.listeners.shape"

local taking = {}

local describe = shape.describe

--- Whether clients or other servers reach a listener.
---@param listener table plain
---@param names table<string, boolean> its resources
---@return boolean
function taking.is_public(listener, names)
  if listener.type ~= "http" then return false end
  for name in pairs(names) do
    if resources.PUBLIC[name] then return true end
  end
  return false
end

-- Two listeners may share a port if their addresses differ.
local function take_port(made, listener, names)
  local port, addresses, what = listener.port, bind.of(listener)
  local function fail(why, hint)
    made.faults[#made.faults + 1] = {what = ("listeners: %s %s"):format(describe(listener), why), hint = hint}
  end
  if math.type(port) ~= "integer" or port < 1 or port > 65535 then
    return fail("has no number from 1 to 65535 as its port", "give it a port, or the path of a Unix socket")
  elseif not addresses then
    return fail(what, "write IP addresses in brackets: bind_addresses: ['127.0.0.1']; or set NGINX_LISTEN_ADDRESS")
  end
  local all = made.addresses[port] or {}
  made.addresses[port] = table.move(addresses, 1, #addresses, #all + 1, all)
  local tls = listener.tls == true
  made.taken[#made.taken + 1] = {names = names, port = port, addresses = addresses, tls = tls, listener = listener}
  if tls then
    made.tls_ports[#made.tls_ports + 1] = port
  elseif names.client and not made.said_port then
    made.said_port = port
  else
    made.ports[#made.ports + 1] = port
  end
end

local function take_socket(made, listener, names)
  local path, why, hint = listener.path, nil, nil
  if listener.port ~= nil then
    why, hint = "has a port as well", "give each a listener of its own"
  elseif type(path) ~= "string" or path:sub(1, 1) ~= "/" then
    why, hint = "is no absolute path", "begin it with /"
  end
  if why then
    made.faults[#made.faults + 1] = {hint = hint,
      what = ("listeners: the socket %s %s"):format(tostring(path), why)}
  else
    made.sockets[#made.sockets + 1] = path
    made.taken[#made.taken + 1] = {names = names, path = path, tls = false, listener = listener}
  end
end

--- Takes over one listener.
---@param made ListenerSplit
---@param listener table plain
---@param names table<string, boolean> its resources
function taking.take(made, listener, names)
  if names.replication then
    made.faults[#made.faults + 1] = {
      what = ("listeners: %s serves replication together with resources that everybody may reach"):format(
        describe(listener)),
      hint = "give replication a listener of its own, on 127.0.0.1",
    }
  end
  for _, fault in ipairs(shape.faults(listener)) do made.faults[#made.faults + 1] = fault end
  if listener.path ~= nil then
    take_socket(made, listener, names)
  else
    take_port(made, listener, names)
  end
end

local TYPES = {http = true, metrics = true, manhole = true}

-- Reports kept listeners that Synapse would refuse.
local function kept_faults(made, add)
  for _, kept in ipairs(made.kept) do
    local listener = document.plain(kept)
    if type(listener) ~= "table" then
      add("listeners: an item is no mapping", "mend it")
    else
      if not TYPES[listener.type] then
        add(("listeners: %s has the type %s, which Synapse does not know"):format(describe(listener),
          tostring(listener.type)), "make it http, metrics or manhole, or take it out")
      end
    end
  end
end

local function warn_of_opening(view, made, place, warnings)
  local port = made.said_port
  if not port or not bind.is_walled_in(view.settings, made, port) then return end
  warnings[#warnings + 1] = {where = place,
    what = ("port %d listens on every address of this container, not only on its bind_addresses"):format(port),
    hint = "set NGINX_LISTEN_ADDRESS=all, or to 127.0.0.1,::1 where the container has the host's network"}
end

-- nginx needs a port without TLS for what runs beside it here. Nobody else reaches that one unless it is asked for.
local function warn_of_inner(view, made, place, warnings)
  local sources = view.settings.sources
  if not made.inner or sources.NGINX_LISTEN_ADDRESS or sources.SYNAPSE_HTTP_PORT then return end
  local beside = made.sockets[1] or ("port %d with TLS"):format(made.tls_ports[1])
  warnings[#warnings + 1] = {where = place,
    what = ("names no port for clients: beside %s, nginx listens on %s:%d alone, for health checks and commands")
      :format(beside, bind.INNER, made.port),
    hint = "set NGINX_LISTEN_ADDRESS: 127.0.0.1 to leave it so, all to open the port to everybody"}
end

-- What the admin said of a listener and nothing heeds.
local function warn_of_idle(view, problems_of, warnings)
  for _, item in ipairs(view.admin.document and document.get(view.admin.document, "listeners") or {}) do
    local listener = document.plain(item)
    for _, idle in ipairs(type(listener) == "table" and problems_of(listener) or {}) do
      idle.where = layers.place_of_item(view.admin.layers, "listeners", item)
      warnings[#warnings + 1] = idle
    end
  end
end

--- Reports what cannot be kept working, and what the admin said for nothing.
---@param view View
---@param made ListenerSplit
---@param problems Problem[]
---@param warnings Problem[]
function taking.check(view, made, problems, warnings)
  local place = layers.place(view.admin.layers, "listeners")
  local function add(what, hint) problems[#problems + 1] = {where = place, what = what, hint = hint} end
  for _, fault in ipairs(made.faults) do add(fault.what, fault.hint) end
  kept_faults(made, add)
  warn_of_opening(view, made, place, warnings)
  warn_of_inner(view, made, place, warnings)
  local on_sockets = view.settings.SYNAPSE_PUBLIC_UNIX_SOCKETS
  warn_of_idle(view, function(listener)
    return shape.idle(listener, taking.is_public(listener, shape.names(listener)), on_sockets)
  end, warnings)
end

return taking
