-- EDGE
-- Finds ports and sockets in use, before anything is started.

local file = require "core.file"
local system = require "core.system"
local tables = require "lib.tables"

local listening = {}

local NGINX = "nginx"

-- Whether a process has the port of UDP. The kernel tells no names, and the start of coturn would only be tried again.
local function udp_problem(listen)
  local taken = require("lib.own_addresses").udp((file.read "/proc/net/udp"), (file.read "/proc/net/udp6"))
  local six = require "settings.address".ipv6(listen.address)
  local literal, all = listen.address, six and "0:0:0:0:0:0:0:0" or "0.0.0.0"
  if six then literal = require "plan.turn.peers".spelled(literal) end
  if not (taken[literal .. " " .. listen.port] or taken[all .. " " .. listen.port]) then return end
  return {where = listen.place, what = ("port %d of UDP at %s is in use"):format(listen.port, listen.address),
    hint = "stop what listens there, or " .. (listen.hint or "choose another port")}
end

local function listen_hint(listen, name)
  if name == "EADDRINUSE" then return "stop what listens there, or " .. (listen.hint or "choose another port") end
  if name == "EACCES" then
    return "take a port from 1024 on, or allow low ones (sysctl net.ipv4.ip_unprivileged_port_start=0)"
  end
  return listen.service ~= NGINX and listen.hint or "set NGINX_LISTEN_ADDRESS to addresses of this machine"
end

local function listener_problem(listen)
  local ok, what, name = system.can_listen(listen.address, listen.port)
  if ok then return listen.udp and udp_problem(listen) or nil end
  return {where = listen.place or ("services/%s.lua"):format(listen.service), what = what,
    hint = listen_hint(listen, name)}
end

local function is_of_nginx(name) return name:find "^nginx_" ~= nil end

local function place_of(plan, name, path)
  for _, reach in ipairs(plan.reaches) do
    if reach.socket and reach.path == path then return reach.place or name end
  end
  return name
end

local function socket_problem(plan, name, path)
  local ok, what = system.socket_is_free(path)
  if ok then return end
  return {where = place_of(plan, name, path), what = what,
    hint = is_of_nginx(name) and "stop what listens there, or choose another path"
    or "another synlua runs with this SYNLUA_RUNTIME_DIR; stop it, or set another"}
end

local function socket_problems(plan)
  local list = {}
  for name, path in tables.sorted(plan.sockets) do list[#list + 1] = socket_problem(plan, name, path) end
  return list
end

local function set(list)
  local made = {}
  for _, one in ipairs(list) do made[one] = true end
  return made
end

local function name_of(address, port) return ("%s port %d"):format(address, port) end

-- Which of nginx's own addresses the kernel counts as the same one.
local function own_overlap(listen, held)
  local is_ipv6 = listen.address:find(":", 1, true) ~= nil
  local all = is_ipv6 and "::" or "0.0.0.0"
  for name in tables.sorted(held) do
    local address, port = name:match "^(%S+) port (%d+)$"
    local same_family = address and (address:find(":", 1, true) ~= nil) == is_ipv6
    if same_family and tonumber(port) == listen.port and (address == all or listen.address == all) then return name end
  end
end

-- A problem with an address that nginx would take beside those that it has.
local function new_problem(listen, held)
  local problem, own = listener_problem(listen), own_overlap(listen, held)
  if problem and own then
    problem.hint = ("nginx itself listens on %s, and gives that up only when it ends: start synlua again"):format(own)
  end
  return problem
end

--- Where nginx listens by a plan, in words that name an address alike in all plans.
---@param plan {services: table<string, PlannedService>, sockets: table<string, string>, listens: Listen[]}
---@return string[]
function listening.of_nginx(plan)
  local list = {}
  for _, listen in ipairs(plan.listens) do
    list[#list + 1] = listen.service == NGINX and name_of(listen.address, listen.port) or nil
  end
  for name, path in tables.sorted(plan.sockets) do list[#list + 1] = is_of_nginx(name) and path or nil end
  return list
end

--- What a running nginx could not take over from a plan: addresses that it does not have yet and cannot get.
---@param plan Plan
---@param has string[] where it listens now
---@return Problem[] problems
---@return string[] sockets paths that are new to it, and free
function listening.of_reload(plan, has)
  local list, sockets, held = {}, {}, set(has)
  for _, listen in ipairs(plan.listens) do
    if listen.service == NGINX and not held[name_of(listen.address, listen.port)] then
      list[#list + 1] = new_problem(listen, held)
    end
  end
  for name, path in tables.sorted(plan.sockets) do
    if is_of_nginx(name) and not held[path] then
      list[#list + 1] = socket_problem(plan, name, path)
      sockets[#sockets + 1] = path
    end
  end
  return list, sockets
end

--- Whether a process listens on an address.
---@param address Address
---@return boolean
function listening.in_use(address)
  if address.socket then return not system.socket_is_free(address.socket) end
  return not system.can_listen(address.address, address.port)
end

--- Ports and sockets of the plan that another process has, or that cannot be had.
---@param plan Plan
---@return Problem[]
function listening.problems(plan)
  local list = {}
  for _, listen in ipairs(plan.listens) do list[#list + 1] = listener_problem(listen) end
  local taken = socket_problems(plan)
  return table.move(taken, 1, #taken, #list + 1, list)
end

return listening
