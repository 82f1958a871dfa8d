-- nginx, which takes all requests of clients and passes them to Synapse's processes.

local front = require "plan.listeners.front"
local instances = require "plan.workers.instances"
local kinds = require "settings.kinds"
local mas = require "plan.identity.mas"
local json = require "lib.json"
local octal = require "lib.octal"
local records = require "lib.records"
local routed = require "files.nginx.routes"
local slots = require "files.slots"
local tables = require "lib.tables"
local well_known = require "plan.identity.well_known"

local nginx = {api = 2}

-- Connections of each nginx process; there is one process per processor. Idle connections to workers count as well.
-- Each takes half a kilobyte, used or not.
local CONNECTIONS = 2048
local MEGABYTE = 1024 * 1024
-- Synapse's own limit for all requests except uploads (MAX_REQUEST_SIZE: 200 events).
local REQUEST_LIMIT = 200 * 65536

-- What stands in front of each of its errors.
local SAYS = {"^%d+/%d+/%d+ [%d:]+ %[%l+%] %d+#%d+: ", "^nginx: %[%l+%] "}

local READY = "/_synlua/nginx" -- answered by nginx itself

local function reaches(view, program, user)
  local paths, settings = view.paths, view.settings
  local list = {
    {path = paths.runtime, uid = user.uid, gid = user.gid, directory = true},
    {path = program, uid = user.uid, gid = user.gid, program = true,
      hint = "install nginx, or name it in SYNLUA_NGINX"},
  }
  for _, path in ipairs(view.listeners.sockets) do
    list[#list + 1] = {path = path, uid = user.uid, gid = user.gid, socket = true}
  end
  for _, name in ipairs {"SYNAPSE_TLS_CERT", "SYNAPSE_TLS_KEY"} do
    local path = settings[name]
    if path then
      list[#list + 1] = {path = path, uid = user.uid, gid = user.gid, exists = true, read = true,
        hint = ("%s must be a file that nginx's group can read: chgrp %d, chmod 640, and a way to it"):format(name,
          user.gid)}
    end
  end
  return list
end

-- The admin's sockets, which a killed nginx leaves behind. disk/preflight.lua has checked that they are sockets.
local function leftovers(view)
  local list = {}
  for at, path in ipairs(view.listeners.sockets) do
    local base, name = path:match "^(/.*)/([^/]+)$"
    list[at] = base and {base = base, path = name} or nil
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

-- What nginx says of a request that finds a process not there: nothing that synlua has not said.
local function quiet(view)
  local list = {}
  for _, instance in ipairs(view.instances) do
    local at, texts = instance.addresses.public, {}
    if at and at.socket then
      for _, why in ipairs {"2: No such file or directory", "111: Connection refused"} do
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

-- Where the admin's own lines lie.
local function pieces(view)
  return {base = view.paths.runtime, path = "nginx/conf.d", uid = view.users.own.uid, gid = view.users.nginx.gid}
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
  for _, item in ipairs(slots.directories(view, "nginx.conf", pieces(view))) do list[#list + 1] = item end
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
  local plain, tls = view.front.plain, view.front.tls
  local all = table.move(tls, 1, #tls, #plain + 1, {table.unpack(plain)})
  local probe = {kind = "http", address = view.front.address, port = view.listeners.port, uri = READY}
  return {
    process = {
      argv = {program, "-c", paths.nginx, "-g", "daemon off;"},
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}, cwd = "/",
      uid = user.drop and user.uid, gid = user.drop and user.gid,
      stop_signal = "QUIT", grace_ms = 1500, open_files = 65536,
    },
    -- nginx answers this itself and not Synapse, because it must be ready first, to answer 503 while Synapse starts.
    ready = {probe = probe}, start_limit_ms = 300000,
    alive = {probe = probe, every_ms = 60000, timeout_ms = 10000, patience = 6, restart_after = 12},
    leads_to = leads_to(view, probe), quiet = quiet(view), fronts = instances.services(view.instances),
    give_up_after = 5, leftovers = leftovers(view), modes = modes(view),
    listens = all, directories = directories(view),
    trial = {directory = "nginx", argv = {program, "-t", "-q", "-c", paths.nginx}, strip = SAYS},
    reaches = reaches(view, program, user),
  }
end

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

local function shown(list)
  local made = {}
  for at, listen in ipairs(list) do
    made[at] = {address = ("%s:%d"):format(front.bracketed(listen.address), listen.port),
      only_ipv6 = listen.address == "::"}
  end
  return made
end

local WELL_KNOWN = "/.well-known/matrix/"

-- What nginx answers itself, as files; their locations take the place of those of workers. Synapse has them on
-- listeners for clients.
local function add_well_known(view, values, list)
  local answers, answered = {}, {}
  for _, name in ipairs(well_known.NAMES) do
    local answer = view.well_known[name]
    if answer then
      local path = ("nginx/well-known/%s.json"):format(name)
      list[#list + 1] = {base = view.paths.runtime, path = path, mode = octal "0640", uid = view.users.own.uid,
        gid = view.users.nginx.gid, bytes = assert(json.encode(answer)) .. "\n"}
      answers[#answers + 1] = {uri = WELL_KNOWN .. name, file = view.paths.runtime .. "/" .. path}
      answered[WELL_KNOWN .. name] = true
    end
  end
  for _, server in ipairs(values.servers) do
    local kept = {}
    for _, location in ipairs(server.locations) do
      if not answered[location.exact] then kept[#kept + 1] = location end
    end
    server.locations, server.well_known = kept, server.has_clients and answers or {}
  end
end

-- nginx -t makes the sockets too, and sets their mode by name, so in a trial they lie in the scratch directory.
local function socket(view, path, at)
  local place = view.input.trial and ("%s/nginx/tmp/%d.sock"):format(view.paths.runtime, at) or path
  return {address = "unix:" .. place, only_ipv6 = false}
end

local function add_listens(view, values)
  local sockets = 0
  for at, server in ipairs(view.front.servers) do
    local made = values.servers[at]
    made.listens = shown(server.plain)
    for _, one in ipairs(server.public.sockets) do
      sockets = sockets + 1
      made.listens[#made.listens + 1] = socket(view, one.path, sockets)
    end
    made.tls = #server.tls > 0 and {listens = shown(server.tls), certificate = view.settings.SYNAPSE_TLS_CERT,
      key = view.settings.SYNAPSE_TLS_KEY} or false
    made.to_mas = values.mas and made.has_clients
  end
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

---@param view View
---@param make table see files
---@return table[]
function nginx.files(view, make)
  local paths, user, list = view.paths, view.users.nginx, {}
  local values = routed.values(view.routes, view.instances)
  values.ready, values.logs = READY, slots.says(view, "nginx.conf", "http", "access_log")
  values.error_level = view.settings.SYNAPSE_LOG_LEVEL == "DEBUG" and "info" or "warn"
  values.worker_processes, values.worker_connections = math.max(1, view.input.host.cpus), CONNECTIONS
  values.pid, values.max_request = paths.runtime .. "/nginx/tmp/nginx.pid", REQUEST_LIMIT
  values.max_body = upload_limit(view)
  values.mas = routed.mas((mas.place(view)))
  add_listens(view, values)
  add_well_known(view, values, list)
  local function with(directory)
    values.temporary = temporary(directory)
    return make.template("nginx.conf", "nginx", values, pieces(view))
  end
  list[#list + 1] = {base = paths.runtime, path = "nginx/nginx.conf", mode = octal "0640", uid = view.users.own.uid,
    gid = user.gid, bytes = with(overflow_directory(view).path), needs = overflow_directory(view),
    otherwise = function() return with(paths.runtime .. "/nginx/tmp") end}
  return list
end

return nginx
