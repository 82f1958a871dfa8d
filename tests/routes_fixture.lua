-- A plan's instances with the shipped worker types, and the nginx.conf that would be made for them.

local clients = require "plan.listeners.clients"
local nginx = require "files.nginx.routes"
local quote = require "files.quote"
local routes = require "plan.routes"
local template = require "files.template"

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
  error_level = "warn", worker_processes = 1, worker_connections = 2048, max_body = 53477376, max_request = 13107200,
  mas = false, logs = false, stapling = false, ready = "/_synlua/nginx",
}

--- An nginx.conf, in which everything it writes lies below a directory.
---@param options {directory: string, listen: string, instances: table[], source?: string}
---@return string
function fixture.configuration(options)
  local made, problems = routes.make(fixture.kinds(), options.instances)
  assert(#problems == 0, problems[1] and problems[1].what)
  local values = nginx.values(made, options.instances)
  for name, value in pairs(SCALARS) do values[name] = value end
  values.temporary = {}
  for _, name in ipairs {"body", "proxy", "fastcgi", "uwsgi", "scgi"} do
    values.temporary[name] = options.directory .. "/tmp/" .. name
  end
  values.pid = options.directory .. "/nginx.pid"
  local server = values.servers[1]
  server.listens, server.tls, server.to_mas = {{address = options.listen, only_ipv6 = false}}, false, false
  server.well_known, server.asks_authority = {}, false
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
