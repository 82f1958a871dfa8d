-- haproxy in nginx's place (Debian's package: apt-get install haproxy). It listens where nginx would, and sends each
-- request to the process that `synlua route` names. This example has one plain listener: no TLS, and no Matrix
-- Authentication Service.

local PROGRAM = "/usr/sbin/haproxy"
local FILES = 16448 -- open at once: two for each of 8192 connections; fewer where the container allows fewer
local READY = "/_synlua/nginx" -- what synlua asks nginx for, too

local BALANCE = {user = "balance hash var(txn.user)", room = "balance hash var(txn.room)",
  source = "balance hash var(txn.origin)", one = "balance first"}

local function place(view, name) return ("%s/nginx/%s"):format(view.paths.runtime, name) end

-- A name of haproxy's has no +.
local function name_of(pool) return (pool:gsub("%+", ":")) end

local function address_of(addresses)
  local public = addresses.public
  if public.socket then return "unix@" .. public.socket end
  return ("%s:%d"):format(public.address, public.port)
end

local function escaped(word) return (word:gsub("[^%w_/-]", "\\%0")) end

-- The expression of a route's path.
local function expression(pattern)
  local words = {}
  for at, segment in ipairs(pattern.segments) do
    words[at] = segment.word and escaped(segment.word) or segment.many and "[^/]+(?:/[^/]+)*" or "[^/]+"
  end
  return "/" .. table.concat(words, "/") .. (pattern.rest and "/" or "\\z")
end

local function sorted(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- The arguments that divide a path, such as `since` of /sync.
local function arguments_of(routes)
  local found = {}
  for _, route in ipairs(routes.list) do
    for _, rule in pairs(route.any and {route.any} or route.rules) do
      if rule.argument then found[rule.argument] = true end
    end
  end
  return sorted(found)
end

-- Lines "expression pool" for one rule: one, or two where an argument decides.
local function lines_of(methods, rule, path, arguments)
  local function line(with, pool)
    local digits = {}
    for at, name in ipairs(arguments) do digits[at] = name == rule.argument and with or "." end
    return ("^%s%s%s %s"):format(methods, table.concat(digits), path, pool and name_of(pool) or "main")
  end
  if not rule.argument then return {line(nil, rule.pool)} end
  return {line("0", rule.first), line("1", rule.pool)}
end

-- What nginx would pass on to the main process without a route. All other paths are closed.
local function add_open(lines, server)
  lines[#lines + 1] = "^[A-Z]+[01]*/health\\z main"
  if server.root == "main" then lines[#lines + 1] = "^[A-Z]+[01]*/\\z main" end
  if server.open then lines[#lines + 1] = "^[A-Z]+[01]*/. main" end
  for _, prefix in ipairs(server.prefixes) do
    lines[#lines + 1] = ("^[A-Z]+[01]*%s(?:/|\\z) main"):format(escaped(prefix))
  end
  if server.root == "page" then lines[#lines + 1] = "^[A-Z]+[01]*/\\z page" end
end

-- The map from method, arguments and path to a pool. The first match is the right one, as routes come in that order.
local function map_of(routes, arguments, server)
  local lines = {}
  for _, route in ipairs(routes.list) do
    local path = expression(route.pattern)
    local rules = route.any and {["[A-Z]+"] = route.any} or route.rules
    for _, methods in ipairs(sorted(rules)) do
      for _, line in ipairs(lines_of(methods, rules[methods], path, arguments)) do lines[#lines + 1] = line end
    end
    if not route.any then lines[#lines + 1] = lines_of("[A-Z]+", {}, path, arguments)[1] end
  end
  add_open(lines, server)
  return table.concat(lines, "\n") .. "\n"
end

local function pools_of(view)
  local by_name, list = {}, {}
  for _, instance in ipairs(view.instances) do by_name[instance.name] = instance end
  for _, name in ipairs(sorted(view.routes.pools)) do
    local pool, servers = view.routes.pools[name], {}
    for at, member in ipairs(pool.members) do
      servers[at] = {name = member, address = address_of(by_name[member].addresses)}
    end
    list[#list + 1] = {name = name_of(name), servers = servers, fallback = pool.fallback,
      balance = BALANCE[pool.balance] or "balance leastconn"}
  end
  return list
end

-- What haproxy says of a process that is not there: nothing that synlua has not said.
local function quiet(view)
  local list = {}
  for at, instance in ipairs(view.instances) do
    list[at] = {service = instance.service, texts = {{"Server ", ("/%s is DOWN"):format(instance.name)},
      {"backend '", "has no server available!"}}}
  end
  return list
end

local function refused(view)
  local what = #view.public > 1 and "several listeners" or #view.front.tls > 0 and "TLS"
    or #view.public[1].sockets > 0 and "a Unix socket"
  if what then
    return {where = "services/nginx.lua", what = "haproxy is not given " .. what,
      hint = "take that out of the configuration, or add it to this example"}
  end
end

return {
  api = 2,
  extends = function(shipped)
    local nginx_plan, nginx_files = shipped.plan, shipped.files

    -- Addresses, directories, probes and what clients see while Synapse starts stay nginx's.
    function shipped.plan(view)
      local problem = refused(view)
      if problem then return nil, problem end
      local planned, fault = nginx_plan(view)
      if not planned then return nil, fault end
      local process, config = planned.process, place(view, "haproxy.cfg")
      process.argv = {PROGRAM, "-db", "-f", config}
      process.stop_signal, process.grace_ms = "USR1", 1500
      planned.trial = {directory = "nginx", argv = {PROGRAM, "-c", "-f", config},
        strip = {"^%[%u+%]%s+%(%d+%) : config : "}}
      planned.quiet = quiet(view)
      planned.reaches = {{path = PROGRAM, uid = view.users.nginx.uid, gid = view.users.nginx.gid, program = true,
        hint = "install haproxy"}}
      return planned
    end

    function shipped.files(view, make)
      local list, answers, arguments = {}, {}, arguments_of(view.routes)
      for _, file in ipairs(nginx_files(view, make)) do
        local name = file.path:match "well%-known/(%w+)%.json$"
        if name then
          list[#list + 1] = file
          answers[#answers + 1] = {path = "/.well-known/matrix/" .. name, file = file.base .. "/" .. file.path}
        end
      end
      local listens = {}
      for at, listen in ipairs(view.front.plain) do
        local address = listen.address:find(":", 1, true) and "[" .. listen.address .. "]" or listen.address
        listens[at] = ("%s:%d"):format(address, listen.port)
      end
      local pools = pools_of(view)
      for _, pool in ipairs(pools) do pool.balance, pool.plain_name = make.raw(pool.balance), make.raw(pool.name) end
      local values = {
        files = FILES, script = place(view, "haproxy.lua"), map = make.raw(place(view, "routes.map")),
        fetch = make.raw("lua.route" .. (#arguments > 0 and "(" .. table.concat(arguments, ",") .. ")" or "")),
        listens = listens, ready = READY, answers = answers, pools = pools,
        main = address_of(view.instances[1].addresses), administrators = view.surface.networks,
        proxies = view.trust.listeners.public and view.trust.networks or {},
      }
      local function add(name, bytes)
        list[#list + 1] = {base = view.paths.runtime, path = "nginx/" .. name, mode = tonumber("640", 8),
          uid = view.users.own.uid, gid = view.users.nginx.gid, bytes = bytes}
      end
      add("haproxy.cfg", make.template("haproxy.cfg", "shell", values)) -- haproxy's quotes are a shell's
      add("haproxy.lua", make.text "haproxy.lua")
      add("routes.map", map_of(view.routes, arguments, view.surface.servers.public))
      return list
    end

    return shipped
  end,
}
