-- Whether two of what listens want one port.

local addresses = require "plan.listeners.addresses"
local document = require "lib.document"

local ports = {}

local LOCAL = {["127.0.0.1"] = true, ["::1"] = true, localhost = true}

-- Who else has a port of this host, by port.
local function taken_ports(view)
  local settings, taken = view.settings, {[view.listeners.port] = "nginx (SYNAPSE_HTTP_PORT)"}
  for _, port in ipairs(view.listeners.ports) do taken[port] = "a listener of " .. view.paths.homeserver end
  local metrics = settings.SYNLUA_METRICS_PORT
  if metrics then taken[metrics] = "synlua's own metrics (SYNLUA_METRICS_PORT)" end
  if view.database.kind == "outside" and LOCAL[settings.POSTGRES_HOST] then
    taken[settings.POSTGRES_PORT] = "the PostgreSQL server (POSTGRES_PORT)"
  end
  if LOCAL[settings.SYNAPSE_REDIS_HOST] then
    taken[settings.SYNAPSE_REDIS_PORT] = "the Redis server (SYNAPSE_REDIS_PORT)"
  end
  for _, listener in ipairs(view.listeners.kept) do
    local plain = document.plain(listener)
    local port = type(plain) == "table" and plain.port
    if port then taken[port] = "a listener of " .. view.paths.homeserver end
  end
  return taken
end

--- The ports of Synapse's processes.
---@param view View
---@param problems Problem[]
function ports.check_internal(view, problems)
  local function add(what, hint)
    problems[#problems + 1] = {where = "SYNLUA_INTERNAL_PORTS", what = what, hint = hint}
  end
  local used, taken = addresses.ports(view.instances), taken_ports(view)
  for _, one in ipairs(used) do
    if taken[one.port] then
      add(("gives %s of %s port %d, which is that of %s"):format(one.kind, one.instance, one.port, taken[one.port]),
        "choose another range, or use Unix sockets")
    end
  end
  local last = used[#used]
  if last and last.port > 65535 then add(("would need ports up to %d"):format(last.port), "begin lower") end
end

--- The port of synlua's own metrics.
---@param view View
---@param problems Problem[]
function ports.check_metrics(view, problems)
  local port = view.settings.SYNLUA_METRICS_PORT
  if not port then return end
  local taken = port == view.listeners.port and port ~= view.settings.SYNAPSE_HTTP_PORT
  for _, other in ipairs(view.listeners.ports) do taken = taken or port == other end
  for _, kept in ipairs(view.listeners.kept) do
    local plain = document.plain(kept)
    taken = taken or type(plain) == "table" and port == plain.port
  end
  if taken then
    problems[#problems + 1] = {where = "SYNLUA_METRICS_PORT", hint = "choose another port",
      what = "is the port of a listener of " .. view.paths.homeserver}
  end
end

return ports
