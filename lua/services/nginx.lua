-- nginx, which takes all requests of clients and passes them to Synapse's processes.

local access_log = require "plan.nginx.access_log"
local files = require "files.nginx"
local front = require "plan.listeners.front"
local instances = require "plan.workers.instances"
local octal = require "lib.octal"
local records = require "lib.records"
local slots = require "files.slots"
local sockets = require "plan.listeners.sockets"
local tables = require "lib.tables"
local tls = require "plan.nginx.tls"

local nginx = {api = 2, files = files.files}

-- MB of the server and of each of its processes; KB of a client that waits for an answer, without and with TLS. It
-- takes two connections of a process.
local SERVER, PROCESS, CLIENT, SECURED = 10, 0.8, 15, 45

local function growth(view)
  local clients = view.tuning.processes * view.tuning.connections // 2
  return clients * (#view.front.tls > 0 and SECURED or CLIENT) / 1024
end

-- What stands in front of each of its errors.
local SAYS = {"^%d+/%d+/%d+ [%d:]+ %[%l+%] %d+#%d+: ", "^nginx: %[%l+%] "}

local function reaches(view, program, user)
  local paths, settings = view.paths, view.settings
  local list = {
    {path = paths.runtime, uid = user.uid, gid = user.gid, directory = true},
    {path = program, uid = user.uid, gid = user.gid, program = true,
      hint = "install nginx, or name it in SYNLUA_NGINX"},
  }
  for _, path in ipairs(sockets.of_nginx(view)) do
    local own = path == settings.NGINX_LISTEN_UNIX_SOCKET
    list[#list + 1] = {path = path, uid = user.uid, gid = user.gid, socket = true, made = own,
      place = own and settings.sources.NGINX_LISTEN_UNIX_SOCKET or (view.listeners.places or {})[path],
      hint = own and ("let uid %d write to that directory, or choose another path in %s"):format(user.uid,
        settings.sources.NGINX_LISTEN_UNIX_SOCKET)}
  end
  for _, name in ipairs {"certificate", "key"} do
    local file = view.tls[name]
    if file and file.at == file.path then
      list[#list + 1] = {path = file.path, uid = user.uid, gid = user.gid, exists = true, read = true,
        hint = ("%s must be a file that nginx's group can read: chgrp %d, chmod 640, and a way to it"):format(
          file.place, user.gid)}
    end
  end
  return list
end

-- The admin's sockets, which a killed nginx leaves behind. disk/preflight.lua has checked that they are sockets.
local function leftovers(view)
  local list = {}
  for at, path in ipairs(sockets.of_nginx(view)) do
    local base, name = path:match "^(/.*)/([^/]+)$"
    list[at] = base and {base = base, path = name} or nil
  end
  if view.access_log.status then
    local base, name = view.access_log.status:match "^(/.*)/([^/]+)$"
    list[#list + 1] = {base = base, path = name}
  end
  return list
end

-- nginx lets everybody into each socket that it makes. Those with a mode get it when nginx is there, and the group that
-- Synapse's own socket would have.
local function modes(view)
  local list, gid = {}, view.users.nginx.drop and view.users.synapse.gid or nil
  for _, public in ipairs(view.public) do
    for _, socket in ipairs(public.sockets) do
      if socket.mode then list[#list + 1] = {path = socket.path, mode = socket.mode, gid = gid} end
    end
  end
  return list
end

-- What nginx says of a request that finds a process not there: nothing that synlua has not said. Synapse makes a socket
-- that nobody may use, and changes its mode after that.
local function quiet(view)
  local list = {}
  for _, instance in ipairs(view.instances) do
    local at, texts = instance.addresses.public, {}
    if at and at.socket then
      for _, why in ipairs {"2: No such file or directory", "13: Permission denied", "111: Connection refused"} do
        texts[#texts + 1] = {("connect() to unix:%s failed (%s) while connecting to upstream"):format(at.socket, why)}
      end
    elseif at then
      texts[1] = {"connect() failed (111: Connection refused) while connecting to upstream",
        ('upstream: "http://%s:%d/'):format(front.bracketed(at.address), at.port)}
    end
    list[#list + 1] = {service = instance.service, texts = texts}
  end
  return list
end

-- Synapse's own answer on a public address: the whole way that a client's request takes.
local function leads_to(view, probe)
  local through = tables.copy(probe)
  through.uri = "/health"
  return {service = view.instances[1].service, probe = through, every_ms = 60000, timeout_ms = 10000, patience = 6}
end

local function directories(view)
  local paths, user, own = view.paths, view.users.nginx, view.users.own
  local list = {
    {base = paths.data, path = records.NGINX, mode = octal "0700", uid = user.uid, gid = user.gid, optional = true},
    {base = paths.runtime, path = "nginx", mode = octal "0750", uid = own.uid, gid = user.gid},
    {base = paths.runtime, path = "nginx/tmp", mode = octal "0700", uid = user.uid, gid = user.gid},
    next(view.well_known) and {base = paths.runtime, path = "nginx/well-known", mode = octal "0750", uid = own.uid,
      gid = user.gid} or nil,
  }
  if view.access_log.counts then
    list[#list + 1] = {base = paths.runtime, path = access_log.STATUS, mode = octal "0750", uid = user.uid,
      gid = own.gid}
  end
  if view.tls.said then
    list[#list + 1] = {base = paths.runtime, path = tls.COPIES, mode = octal "0750", uid = own.uid, gid = user.gid}
  end
  local socket = view.settings.NGINX_LISTEN_UNIX_SOCKET
  if socket then -- an existing directory is the admin's, and keeps its owner
    list[#list + 1] = {base = socket:match "^(.+)/", path = "", mode = octal "0755", uid = user.uid, gid = user.gid,
      adopt = "nobody", user = user}
  end
  for _, item in ipairs(slots.directories(view, "nginx.conf", files.pieces(view))) do list[#list + 1] = item end
  return list
end

---@param view View
---@return table|nil
---@return Problem?
function nginx.plan(view)
  local settings, paths, user = view.settings, view.paths, view.users.nginx
  local program = settings.SYNLUA_NGINX or view.input.host.programs.nginx
  if not program then
    return nil, {where = "nginx", what = "is not installed", hint = "install it, or name it in SYNLUA_NGINX"}
  elseif not user then
    return nil, {where = "nginx", what = "has no user www-data to run as", hint = "add that user"}
  end
  local plain, secured = view.front.plain, view.front.tls
  local all = table.move(secured, 1, #secured, #plain + 1, {table.unpack(plain)})
  local probe = {kind = "http", address = view.front.address, port = view.listeners.port, uri = files.READY}
  return {
    process = {
      argv = {program, "-c", paths.nginx, "-g", "daemon off;"},
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}, cwd = "/",
      uid = user.drop and user.uid, gid = user.drop and user.gid,
      stop_signal = "QUIT", grace_ms = 1500, open_files = view.tuning.open_files,
    },
    -- nginx answers this itself and not Synapse, because it must be ready first, to answer 503 while Synapse starts.
    ready = {probe = probe}, start_limit_ms = 300000,
    alive = {probe = probe, every_ms = 60000, timeout_ms = 10000, patience = 6, restart_after = 12},
    leads_to = leads_to(view, probe), quiet = quiet(view), fronts = instances.services(view.instances),
    memory = math.ceil(SERVER + view.tuning.processes * PROCESS), growth = growth(view),
    give_up_after = 5, leftovers = leftovers(view), modes = modes(view),
    listens = all, directories = directories(view),
    trial = {directory = "nginx", argv = {program, "-t", "-q", "-c", paths.nginx}, strip = SAYS},
    reaches = reaches(view, program, user),
  }
end

return nginx
