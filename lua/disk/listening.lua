-- EDGE
-- Finds ports and sockets in use, before anything is started.

local system = require "core.system"
local tables = require "lib.tables"

local listening = {}

local function listen_hint(listen, name)
  if name == "EADDRINUSE" then return "stop what listens there, or " .. (listen.hint or "choose another port") end
  if name == "EACCES" then
    return "take a port from 1024 on, or allow low ones (sysctl net.ipv4.ip_unprivileged_port_start=0)"
  end
  return "set NGINX_LISTEN_ADDRESS to addresses of this machine"
end

local function listener_problem(listen)
  local ok, what, name = system.can_listen(listen.address, listen.port)
  if ok then return end
  return {where = listen.place or ("services/%s.lua"):format(listen.service), what = what,
    hint = listen_hint(listen, name)}
end

local function socket_problems(plan)
  local list = {}
  for name, path in tables.sorted(plan.sockets) do
    local ok, what = system.socket_is_free(path)
    if not ok then
      list[#list + 1] = {where = name, what = what,
        hint = name:find "^nginx_" and "stop what listens there, or choose another path"
        or "another synlua runs with this SYNLUA_RUNTIME_DIR; stop it, or set another"}
    end
  end
  return list
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
