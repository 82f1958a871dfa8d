-- Gathers the Unix sockets of all services.

local addresses = require "plan.listeners.addresses"
local instances = require "plan.workers.instances"
local tables = require "lib.tables"

local sockets = {}

local LONGEST = addresses.LONGEST

-- Settings alone cannot check this: the data directory decides whether a PostgreSQL runs.
local function check_lengths(paths, runtime, problems)
  local longest = ""
  for _, path in tables.sorted(paths) do
    if #path > #longest and path:sub(1, #runtime) == runtime then longest = path end
  end
  if #longest > LONGEST then
    problems[#problems + 1] = {where = "SYNLUA_RUNTIME_DIR",
      what = ("makes a socket with a path of %d bytes; at most %d are allowed: %s"):format(#longest, LONGEST, longest),
      hint = "choose a shorter path, such as /run/synlua"}
  end
end

--- The sockets on which nginx listens: those of homeserver.yaml, and the variable's behind them.
---@param view View needs listeners
---@return string[]
function sockets.of_nginx(view)
  local list, own = {table.unpack(view.listeners.sockets)}, view.settings.NGINX_LISTEN_UNIX_SOCKET
  for _, path in ipairs(list) do
    if path == own then return list end
  end
  list[#list + 1] = own
  return list
end

--- The paths of the sockets, by service.
---@param view View
---@param problems Problem[]
---@return table<string, string>
function sockets.of(view, problems)
  local paths = instances.sockets(view.instances)
  paths.redis = view.redis.socket
  for at, path in ipairs(sockets.of_nginx(view)) do paths["nginx_" .. at] = path end
  if view.database.kind == "builtin" then
    paths.postgres = view.paths.runtime .. "/postgres/run/.s.PGSQL.5432"
  end
  check_lengths(paths, view.paths.runtime, problems)
  return paths
end

return sockets
