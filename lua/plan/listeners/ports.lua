-- The list of all ports on which something listens, and the check that no two of them clash.

local address = require "settings.address"
local bind = require "plan.listeners.bind"
local databases = require "input.database_sections"
local document = require "lib.document"
local layers = require "input.layers"
local tables = require "lib.tables"

local ports = {}

---@class Listen
---@field address string literal
---@field port integer
---@field service? string the service that listens; set when the plan gathers the list
---@field what? string what listens, for messages; nil: the service
---@field place? string what sets the port: a variable or file:line
---@field hint? string how to choose another
---@field fixed? boolean the port cannot be changed
---@field udp? boolean the same port of UDP too
---@field compared? boolean only compared: not a service of ours, or one whose file does not tell its ports

local LAST = 65535

local HINTS = {
  listener = "give that listener another port", server = "give that server another port", other = "choose another port",
  metrics = "set SYNLUA_METRICS_PORT to another port",
}

-- The ports that services tell. nginx's ports are added even if the user's own nginx file does not tell them.
local function of_services(view)
  local list, said = {table.unpack(view.services.listens)}, {}
  for _, one in ipairs(list) do said[one.address .. " " .. one.port] = one.service end
  for _, part in ipairs {view.catalog.nginx and view.front.plain or {}, view.catalog.nginx and view.front.tls or {}} do
    for _, one in ipairs(part) do
      if said[one.address .. " " .. one.port] ~= "nginx" then
        local own = tables.copy(one)
        own.service, own.compared = "nginx", true
        list[#list + 1] = own
      end
    end
  end
  return list
end

-- Adds the admin's listeners that Synapse keeps.
local function add_kept(view, list)
  for _, kept in ipairs(view.listeners.kept) do
    local listener = document.plain(kept)
    if type(listener) == "table" and math.type(listener.port) == "integer" then
      local said = bind.of(listener)
      for _, one in ipairs(said and bind.expand(said, view.input.host.ipv6) or {"0.0.0.0"}) do
        list[#list + 1] = {address = one, port = listener.port, service = "synapse", compared = said == nil,
          what = ("Synapse's own listener (%s)"):format(tostring(listener.type)), hint = HINTS.listener,
          place = layers.place_of_item(view.admin.layers, "listeners", kept)}
      end
    end
  end
end

-- Adds the old options for ports, from which Synapse makes listeners.
local function add_old(view, list)
  local plain = view.admin.document and document.plain(view.admin.document) or {}
  local function add(option, host)
    if math.type(plain[option]) ~= "integer" or not (address.ipv4(host) or address.ipv6(host)) then return end
    list[#list + 1] = {address = host, port = plain[option], service = "synapse", what = "Synapse's " .. option,
      hint = HINTS.other, place = layers.place(view.admin.layers, option)}
  end
  add("manhole", "127.0.0.1")
  add("metrics_port", type(plain.metrics_bind_host) == "string" and plain.metrics_bind_host or "127.0.0.1")
end

local function add_metrics(view, list)
  local at = view.metrics_address
  if not at then return end
  list[#list + 1] = {address = at.address, port = at.port, service = "synlua", what = "synlua's own metrics",
    place = at.place, hint = at.chosen and HINTS.other or HINTS.metrics}
end

-- The canonical spelling of an address, and whether it is IPv6.
local function literal(text)
  local six = address.ipv6(text)
  return six and table.concat(six, ":") or text, six ~= nil
end

-- Adds an external server if its name says that it is on this host.
local function add_server(list, what, host, port, place)
  local four, six = address.ipv4(tostring(host)), address.ipv6(tostring(host))
  local found = {host}
  if host == "localhost" then
    found = {"127.0.0.1", "::1"}
  elseif not (four and four[1] == 127) and not (six and literal(host) == literal "::1") then
    return
  end
  for _, one in ipairs(found) do
    list[#list + 1] = {address = one, port = math.tointeger(tonumber(port)), what = what, place = place,
      hint = HINTS.server, fixed = true, compared = true}
  end
end

local function origin(view, option, variable)
  local sources = view.settings.sources
  return view.homeserver.origins[option] == "variables" and (sources[variable] or variable)
    or layers.place(view.admin.layers, option:match "^[^.]+")
end

local function add_databases(view, list)
  for _, section in ipairs(databases.all(view.homeserver.options)) do
    if section.engine == "psycopg2" then
      add_server(list, "the PostgreSQL server", section.args.host, section.args.port or 5432,
        origin(view, section.path .. ".args.port", "POSTGRES_PORT"))
    end
  end
end

local function add_redis(view, list)
  local options, kind = view.homeserver.options.redis, view.redis.kind
  if type(options) ~= "table" or options.path ~= nil then return end
  local place = "SYNAPSE_REDIS_PORT"
  if kind == "outside" then
    place = view.settings.sources[place] or place
  elseif kind == "file" and options.enabled then
    place = layers.place(view.admin.layers, "redis")
  else
    return
  end
  add_server(list, "the Redis server", options.host or "localhost", options.port or 6379, place)
end

local ALL = {["0.0.0.0"] = true, ["::"] = true}

local function overlaps(one, other)
  local a, a_six = literal(one.address)
  local b, b_six = literal(other.address)
  return a_six == b_six and (a == b or ALL[one.address] or ALL[other.address])
end

local function name_of(one) return one.what or "the service " .. one.service end

-- Which of two ports is reported: the one that can be changed; if both can, the one added later.
local function problem_of(first, second)
  local one, other = second, first
  if one.fixed and not other.fixed then one, other = other, one end
  return {where = one.place or "services/" .. one.service .. ".lua",
    what = ("port %d for %s is also that of %s (%s)"):format(one.port, name_of(one), name_of(other),
      other.place or "services/" .. other.service .. ".lua"),
    hint = one.hint or HINTS.other}
end

-- Several listeners of the admin may share one port of nginx where they serve the same. Two external servers are not
-- our concern.
local function are_one(first, second)
  return first.what == second.what and first.place == second.place and first.server == second.server
    or not first.service and not second.service
end

local function add_clashes(list, problems)
  local seen = {}
  for at, second in ipairs(list) do
    for before = 1, at - 1 do
      local first = list[before]
      if first.port == second.port and not are_one(first, second) and overlaps(first, second) then
        local problem = problem_of(first, second)
        local key = problem.where .. problem.what
        if not seen[key] then problems[#problems + 1] = problem end
        seen[key] = true
      end
    end
  end
end

local function add_too_high(list, problems)
  local last = 0
  for _, one in ipairs(list) do
    if one.place == "SYNLUA_INTERNAL_PORTS" then last = math.max(last, one.port) end
  end
  if last > LAST then
    problems[#problems + 1] = {where = "SYNLUA_INTERNAL_PORTS", what = ("would need ports up to %d"):format(last),
      hint = "begin lower"}
  end
end

--- All ports on which our services listen. Two that clash are a problem.
---@param view View
---@param problems Problem[]
---@return Listen[]
function ports.make(view, problems)
  local list, ours = of_services(view), {}
  add_kept(view, list)
  add_old(view, list)
  add_metrics(view, list)
  add_databases(view, list)
  add_redis(view, list)
  add_clashes(list, problems)
  add_too_high(list, problems)
  for _, one in ipairs(list) do
    if not one.compared then ours[#ours + 1] = one end
  end
  return ours
end

return ports
