-- nginx in front of everything.

local bind = require "plan.bind"
local instances = require "plan.instances"
local kinds = require "settings.kinds"
local mas = require "plan.mas"
local json = require "files.json"
local routed = require "plan.routes.nginx"
local well_known = require "plan.well_known"

local nginx = {api = 1}

-- Of each of its processes, one a processor. Idle connections to workers count as well; each takes half a kilobyte,
-- used or not.
local CONNECTIONS = 2048
local MEGABYTE = 1024 * 1024

-- The addresses of the variable: "all" is every IPv4 and, where the host has it, every IPv6 one.
local function of_variable(context)
  local list = {}
  for _, address in ipairs(context.settings.NGINX_LISTEN_ADDRESS) do
    if address == "all" or address == "*" then list[#list + 1] = "0.0.0.0" end
    if address == "::" or (address == "all" and context.host.ipv6) then list[#list + 1] = "::" end
    if not (address == "all" or address == "*" or address == "::") then list[#list + 1] = address end
  end
  return list
end

local function addresses(context, port) return bind.of_port(context, port) or of_variable(context) end

local function bracketed(address) return address:find(":", 1, true) and "[" .. address .. "]" or address end

local REACHED_AT = {["0.0.0.0"] = "127.0.0.1", ["::"] = "::1"}

local TLS_PORT = 8448

nginx.READY = "/_synlua/nginx" -- answered by nginx itself

local function listens(context, port)
  local list = {}
  for _, address in ipairs(addresses(context, port)) do list[#list + 1] = {address = address, port = port} end
  return list
end

-- All that plain HTTP is spoken on.
local function plain_listens(context)
  local list = listens(context, context.port)
  for _, port in ipairs(context.divided.ports) do
    for _, listen in ipairs(listens(context, port)) do list[#list + 1] = listen end
  end
  return list
end

-- Plain ones first, the main port's before all, and those with TLS where there is a certificate.
local function all_listens(context)
  local list = plain_listens(context)
  if context.settings.SYNAPSE_TLS_CERT then
    for _, listen in ipairs(listens(context, TLS_PORT)) do list[#list + 1] = listen end
  end
  return list
end

local function reaches(context, program, user)
  local paths, settings = context.paths, context.settings
  local list = {
    {path = paths.runtime, uid = user.uid, gid = user.gid, directory = true},
    {path = program, uid = user.uid, gid = user.gid, program = true,
      hint = "install nginx, or name it in SYNLUA_NGINX"},
  }
  for _, path in ipairs(context.divided.sockets) do
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

-- The admin's sockets, as a killed nginx leaves them; preflight looked that they are sockets.
local function leftovers(context)
  local list = {}
  for at, path in ipairs(context.divided.sockets) do
    local base, name = path:match "^(/.*)/([^/]+)$"
    list[at] = base and {base = base, path = name} or nil
  end
  return list
end

-- What nginx says of a request that finds a process not there: nothing that synlua has not said.
local function quiet(context)
  local list = {}
  for _, instance in ipairs(context.instances) do
    local at, texts = instance.addresses.public, {}
    if at and at.socket then
      for _, why in ipairs {"2: No such file or directory", "111: Connection refused"} do
        texts[#texts + 1] = {("connect() to unix:%s failed (%s) while connecting to upstream"):format(at.socket, why)}
      end
    elseif at then
      texts[1] = {"connect() failed (111: Connection refused) while connecting to upstream",
        ('upstream: "http://%s:%d/'):format(bracketed(at.address), at.port)}
    end
    list[#list + 1] = {service = instance.service, texts = texts}
  end
  return list
end

---@param context table
---@return table|nil
---@return Problem?
function nginx.plan(context)
  local settings, paths, user = context.settings, context.paths, context.users.nginx
  local program = settings.SYNLUA_NGINX or context.host.programs.nginx
  if not program then
    return nil, {where = "nginx", what = "is not installed", hint = "install it, or name it in SYNLUA_NGINX"}
  elseif not user then
    return nil, {where = "nginx", what = "has no user www-data to run as", hint = "add that user"}
  end
  local all = all_listens(context)
  local address = REACHED_AT[all[1].address] or all[1].address
  local probe = {kind = "http", address = address, port = context.port, uri = nginx.READY}
  context.url = ("http://%s:%d"):format(bracketed(address), context.port)
  return {
    process = {
      argv = {program, "-c", paths.nginx, "-g", "daemon off;"},
      environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}, cwd = "/",
      uid = user.drop and user.uid, gid = user.drop and user.gid,
      stop_signal = "QUIT", grace_ms = 1500, open_files = 65536,
    },
    -- Its own word, not Synapse's: it is there from the first moment, to say that the others are not.
    ready = {probe = probe}, start_limit_ms = 300000,
    alive = {probe = probe, every_ms = 60000, timeout_ms = 10000, patience = 6, restart_after = 12},
    quiet = quiet(context), fronts = instances.services(context.instances),
    give_up_after = 5, leftovers = leftovers(context),
    listens = all,
    directories = {
      {base = paths.runtime, path = "nginx", mode = 488, uid = context.users.own.uid, gid = user.gid},
      {base = paths.runtime, path = "nginx/tmp", mode = 448, uid = user.uid, gid = user.gid},
      next(context.well_known_answers) and {base = paths.runtime, path = "nginx/well-known", mode = 488,
        uid = context.users.own.uid, gid = user.gid} or nil,
    },
    reaches = reaches(context, program, user),
  }
end

-- A little above Synapse's own limit, so that Synapse is the one who refuses, in JSON.
local function body_limit(context)
  local size = context.options.max_upload_size or "50M"
  local bytes = type(size) == "number" and size or kinds.bytes(size)
  return (bytes or 50 * MEGABYTE) + MEGABYTE
end

local function shown(list)
  local made = {}
  for at, listen in ipairs(list) do
    made[at] = {address = ("%s:%d"):format(bracketed(listen.address), listen.port), only_ipv6 = listen.address == "::"}
  end
  return made
end

local WELL_KNOWN = "/.well-known/matrix/"

-- What nginx answers itself, as files; their locations take the place of those of workers.
local function add_well_known(context, values, list)
  local answered = {}
  values.well_known = {}
  for _, name in ipairs(well_known.NAMES) do
    local answer = context.well_known_answers[name]
    if answer then
      local path = ("nginx/well-known/%s.json"):format(name)
      list[#list + 1] = {base = context.paths.runtime, path = path, mode = 416, uid = context.users.own.uid,
        gid = context.users.nginx.gid, bytes = assert(json.encode(answer)) .. "\n"}
      table.insert(values.well_known, {uri = WELL_KNOWN .. name, file = context.paths.runtime .. "/" .. path})
      answered[WELL_KNOWN .. name] = true
    end
  end
  local kept = {}
  for _, location in ipairs(values.locations) do
    if not answered[location.exact] then kept[#kept + 1] = location end
  end
  values.locations = kept
end

---@param context table
---@param make table see files
---@return table[]
function nginx.files(context, make)
  local paths, user, list = context.paths, context.users.nginx, {}
  local temporary = {}
  for _, name in ipairs {"body", "proxy", "fastcgi", "uwsgi", "scgi"} do
    temporary[name] = paths.runtime .. "/nginx/tmp/" .. name
  end
  local values = routed.values(context.routes, context.instances)
  values.ready = nginx.READY
  values.error_level = context.settings.SYNAPSE_LOG_LEVEL == "DEBUG" and "info" or "warn"
  values.worker_processes = math.max(1, context.host.cpus)
  values.worker_connections = CONNECTIONS
  values.temporary, values.pid = temporary, paths.runtime .. "/nginx/tmp/nginx.pid"
  values.listens, values.max_body = shown(plain_listens(context)), body_limit(context)
  for _, path in ipairs(context.divided.sockets) do
    values.listens[#values.listens + 1] = {address = "unix:" .. path, only_ipv6 = false}
  end
  values.tls = context.settings.SYNAPSE_TLS_CERT and {
    listens = shown(listens(context, TLS_PORT)), certificate = context.settings.SYNAPSE_TLS_CERT,
    key = context.settings.SYNAPSE_TLS_KEY,
  } or false
  values.mas = mas.place(context) or false
  add_well_known(context, values, list)
  list[#list + 1] = {base = paths.runtime, path = "nginx/nginx.conf", mode = 416, uid = context.users.own.uid,
    gid = user.gid, bytes = make.template("nginx.conf", "nginx", values)}
  return list
end

return nginx
