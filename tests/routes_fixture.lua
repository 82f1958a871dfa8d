-- A plan's instances with the shipped worker types, and the nginx.conf that would be made for them.

local access_log = require "files.nginx.access_log"
local clients = require "plan.listeners.clients"
local networks = require "settings.networks"
local nginx = require "files.nginx.routes"
local quote = require "files.quote"
local routes = require "plan.routes"
local settings = require "settings"
local template = require "files.template"
local tunes = require "files.nginx.tuning"
local tuning = require "plan.nginx.tuning"

local fixture = {}

fixture.TYPES = {
  "account_data", "appservice", "background_worker", "client_reader_non_room", "client_reader_room", "device_lists",
  "event_creator", "event_persister", "federation_inbound", "federation_reader_non_room", "federation_reader_room",
  "federation_sender", "frontend_proxy", "initial_sync", "media_repository", "presence", "push_rules", "pusher",
  "receipts", "sliding_synchrotron", "sso_login", "synchrotron", "thread_subscriptions", "to_device", "typing",
  "user_dir",
}

--- The shipped types by name.
---@return table<string, WorkerType>
function fixture.kinds()
  local kinds = {}
  for _, name in ipairs(fixture.TYPES) do kinds[name] = require("workers." .. name) end
  return kinds
end

--- Main and so many of each of these types (all unless given), with sockets below a directory.
---@param directory string
---@param types? string[]
---@param each? integer
---@return table[]
function fixture.instances(directory, types, each)
  local list = {}
  local function add(name, kinds)
    list[#list + 1] = {name = name, base = name:gsub("%d+$", ""), types = kinds, resources = {client = true},
      addresses = {public = {socket = ("%s/%s.sock"):format(directory, name)}}}
  end
  add("main", {})
  local served = {resources = {client = true, federation = true}, compress = false, client = clients.of {}}
  list[1].public = {{listener = served, kind = "public"}}
  for _, name in ipairs(types or fixture.TYPES) do
    for at = 1, each or 1 do add(name .. at, {name}) end
  end
  return list
end

local SCALARS = {
  error_level = "warn", max_body = 53477376, max_request = 13107200,
  mas = false, stapling = false, logs = false,
    public_host = "matrix.example.org",
  ready = "/_synlua/nginx",
  limits = {head_s = 20, body_s = 30, upload_s = 60, answer_s = 60, requests_per_connection = 10000,
    connections = false, logins = false, login_wait_s = 1, per_address = false},
}

--- An nginx.conf, in which everything it writes lies below a directory.
---@param options {directory: string, listen: string, instances: table[], source?: string, values?: table, tls?: table,
--- log?: {form: string|false, counts: boolean, status?: string}, environment?: table}
---@return string
function fixture.configuration(options)
  local made, problems = routes.make(fixture.kinds(), options.instances)
  assert(#problems == 0, problems[1] and problems[1].what)
  local log = options.log or {form = false, counts = false}
  local values = nginx.values(made, options.instances, log.counts)
  values.access_log = access_log.values({form = log.form, counts = log.counts, status = log.status,
    path = options.directory .. "/access", fifo = (log.form or log.counts) and {}}, values)
  for name, value in pairs(SCALARS) do values[name] = value end
  for name, value in pairs(options.values or {}) do values[name] = value end
  local host = {cpus = 1}
  local read = settings.read {environment = options.environment or {}, files = {}, homeserver_exists = true,
    container = false, worker_types = fixture.kinds(), host = host}
  local view = {settings = read, input = {host = host}, routes = made, public = options.instances[1].public}
  view.tuning = tuning.make(view, problems)
  tunes.add(view, values)
  values.temporary = {}
  for _, name in ipairs {"body", "proxy", "fastcgi", "uwsgi", "scgi"} do
    values.temporary[name] = options.directory .. "/tmp/" .. name
  end
  values.pid = options.directory .. "/nginx.pid"
  local server = values.servers[1]
  server.listens, server.to_mas = {{address = options.listen, only_ipv6 = false}}, false
  server.tls = options.tls or false
  server.well_known, server.asks_authority = {}, false
  -- As with SYNLUA_TRUSTED_PROXIES unset: most requests come through a proxy.
  values.trust = {networks = networks.LOOPBACK, unix = true, protocol = false}
  values.admin = {networks = networks.LOOPBACK, unix = true, of_path = "~^/_synapse/admin",
    of_bytes = "~^/+_synapse/+admin"}
  server.open, server.page = {{exact = false, prefix = "/_matrix/"}}, true
  server.closed, server.root_is_main = true, false
  server.trusts = {header = "X-Forwarded-For", recursive = true}
  local from <close> = assert(io.open(options.source or "templates/nginx.conf"))
  local compiled, problem = template.compile(from:read "a", "templates/nginx.conf")
  assert(compiled, problem and problem.where .. " " .. problem.what)
  local empty = {}
  for slot in pairs(compiled.slots) do empty[slot] = "" end
  local text, fault = template.render(compiled, values, quote.nginx, empty)
  assert(text, fault and fault.where .. " " .. fault.what .. " " .. fault.hint)
  return text
end

return fixture
