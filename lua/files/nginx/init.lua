-- Makes nginx.conf and the files from which nginx answers itself. Pure.

local kinds = require "settings.kinds"
local mas = require "plan.identity.mas"
local octal = require "lib.octal"
local records = require "lib.records"
local routed = require "files.nginx.routes"
local servers = require "files.nginx.servers"
local slots = require "files.slots"
local tls = require "files.nginx.tls"

local nginx = {}

--- Path of a location that nginx answers itself, with 204.
nginx.READY = "/_synlua/nginx"

-- Connections of each nginx process; there is one process per processor. Idle connections to workers count as well.
-- Each takes half a kilobyte, used or not.
local CONNECTIONS = 2048
local MEGABYTE = 1024 * 1024
-- Synapse's own limit for all requests except uploads (MAX_REQUEST_SIZE: 200 events).
local REQUEST_LIMIT = 200 * 65536

-- The limit for uploads is a little above Synapse's own, so that Synapse itself refuses a file that is too large.
-- Synapse also refuses a value that is no size.
local function upload_limit(view)
  local said, bytes = view.homeserver.options.max_upload_size, nil
  if type(said) == "string" then
    bytes = kinds.bytes((said:gsub("_", ""))) -- as Python reads numbers
  elseif math.type(said) == "integer" then
    bytes = math.max(said, 0)
  end
  return (bytes or 50 * MEGABYTE) + MEGABYTE
end

--- Where the admin's own lines lie.
---@param view View
---@return table
function nginx.pieces(view)
  return {base = view.paths.runtime, path = "nginx/conf.d", uid = view.users.own.uid, gid = view.users.nginx.gid}
end

-- The directory for bodies and answers that do not fit into memory. The runtime directory may be in memory itself.
local function overflow_directory(view)
  return {path = view.paths.data .. "/" .. records.NGINX, uid = view.users.nginx.uid, gid = view.users.nginx.gid}
end

local function temporary(directory)
  local paths = {}
  for _, name in ipairs {"body", "proxy", "fastcgi", "uwsgi", "scgi"} do paths[name] = directory .. "/" .. name end
  return paths
end

--- The files of nginx.
---@param view View
---@param make table see files
---@return table[]
function nginx.files(view, make)
  local paths, user, list = view.paths, view.users.nginx, {}
  local values = routed.values(view.routes, view.instances)
  values.ready, values.logs = nginx.READY, slots.says(view, "nginx.conf", "http", "access_log")
  values.error_level = view.settings.SYNAPSE_LOG_LEVEL == "DEBUG" and "info" or "warn"
  values.worker_processes, values.worker_connections = math.max(1, view.input.host.cpus), CONNECTIONS
  values.pid, values.max_request = paths.runtime .. "/nginx/tmp/nginx.pid", REQUEST_LIMIT
  values.max_body = upload_limit(view)
  values.mas = routed.mas((mas.place(view)))
  servers.add_listens(view, values)
  values.stapling = tls.stapling(view)
  values.servers[1].asks_authority = values.stapling ~= false
  servers.add_well_known(view, values, list)
  local function with(directory)
    values.temporary = temporary(directory)
    return make.template("nginx.conf", "nginx", values, nginx.pieces(view))
  end
  list[#list + 1] = {base = paths.runtime, path = "nginx/nginx.conf", mode = octal "0640", uid = view.users.own.uid,
    gid = user.gid, bytes = with(overflow_directory(view).path), needs = overflow_directory(view),
    otherwise = function() return with(paths.runtime .. "/nginx/tmp") end}
  return list
end

return nginx
