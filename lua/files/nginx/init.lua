-- Makes nginx.conf and the files from which nginx answers itself. Pure.

local access_log = require "files.nginx.access_log"
local mas = require "plan.identity.mas"
local octal = require "lib.octal"
local records = require "lib.records"
local routed = require "files.nginx.routes"
local servers = require "files.nginx.servers"
local slots = require "files.slots"
local surface = require "files.nginx.surface"
local tls = require "files.nginx.tls"
local trust = require "files.nginx.trust"
local tuning = require "files.nginx.tuning"

local nginx = {}

--- Path of a location that nginx answers itself, with 204.
nginx.READY = "/_synlua/nginx"

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

-- What most clients say in the field Host, if that is plain.
local function public_host(view)
  local base = view.homeserver.options.public_baseurl or "https://" .. view.server_name
  local host = tostring(base):match "^https?://([^/]+)" or ""
  return (host:find "^[%w.-]+$" or host:find "^[%w.-]+:%d+$") and host or false
end

-- Whether nginx may pass requests to others than Synapse's processes: by lines of the admin's too.
local function passes_to_others(view)
  return mas.place(view) ~= nil or slots.has_pieces(view, "nginx.conf")
end

--- The files of nginx.
---@param view View
---@param make table see files
---@return table[]
function nginx.files(view, make)
  local paths, user, list = view.paths, view.users.nginx, {}
  local values = routed.values(view.routes, view.instances, view.access_log.counts)
  values.ready, values.logs = nginx.READY, slots.says(view, "nginx.conf", "http", "access_log")
  values.access_log = access_log.values(view.access_log, values,
    {sized = slots.says(view, "nginx.conf", "http", "map_hash_bucket_size"), others = passes_to_others(view)})
  values.error_level = view.settings.SYNAPSE_LOG_LEVEL == "DEBUG" and "info" or "warn"
  tuning.add(view, values)
  values.public_host = public_host(view)
  values.pid, values.max_request = paths.runtime .. "/nginx/tmp/nginx.pid", view.limits.request
  values.max_body, values.limits = view.limits.upload, view.limits
  values.mas = routed.mas((mas.place(view)))
  servers.add_listens(view, values)
  values.stapling = tls.stapling(view)
  for at, server in ipairs(values.servers) do server.asks_authority = at == 1 and values.stapling ~= false end
  trust.add(view, values)
  servers.add_well_known(view, values, list)
  tls.add_copies(view, list)
  surface.add(view, values)
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
