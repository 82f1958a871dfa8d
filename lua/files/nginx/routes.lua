-- Makes the values of templates/nginx.conf from routes: upstreams, maps and locations.

local locations = require "files.nginx.locations"
local passing = require "files.nginx.passing"
local quote = require "files.quote"
local resources = require "plan.listeners.resources"
local routing = require "plan.routes"
local tables = require "lib.tables"
local template = require "files.template"
local tree = require "plan.routes.tree"

local nginx = {}

-- The variable of nginx by which requests are hashed, so that those of one user, room or server go to one process.
local KEYS = {user = "$user_key", room = "$room_key", source = "$origin_key", one = "one"}

local function server(instance, kind)
  local public = assert(instance.addresses[kind or "public"], instance.name)
  if public.socket then return "unix:" .. public.socket end
  local address = public.address:find(":", 1, true) and "[" .. public.address .. "]" or public.address
  return ("%s:%d"):format(address, public.port)
end

-- The files of these worker types, for comments.
local function files_of(kinds)
  local files = {}
  for at, kind in ipairs(kinds) do files[at] = ("workers/%s.lua"):format(kind) end
  return template.raw(table.concat(files, ", "))
end

local function add_types(kinds, pool)
  for _, kind in ipairs(pool and pool.types or {}) do kinds[kind] = true end
end

-- The same for all pools that one location leads to, or false if there is only the main process. A rule may have only
-- one of the two pools.
local function origin(pools, rules)
  local kinds = {}
  if rules and rules.any then rules = {rules.any} end
  for _, rule in pairs(rules or {}) do
    add_types(kinds, pools[rule.pool or false])
    add_types(kinds, pools[rule.first or false])
  end
  return next(kinds) ~= nil and files_of(tables.keys(kinds))
end

local function upstreams(pools, instances)
  local by_name, list = {}, {}
  for _, instance in ipairs(instances) do by_name[instance.name] = instance end
  for name, pool in tables.sorted(pools) do
    local made = {name = name, from = files_of(pool.types), key = template.raw(KEYS[pool.balance] or ""), servers = {},
      hashed = pool.balance ~= nil and #pool.members > 1}
    for at, member in ipairs(pool.members) do made.servers[at] = server(by_name[member]) end
    list[#list + 1] = made
  end
  return list
end

-- What nginx does with a request when no process of its pool answers.
local function second_tries(pools)
  local list = {}
  for name, pool in tables.sorted(pools) do
    local received = pool.fallback and pool.repeatable and "@main"
    list[#list + 1] = {pool = name, main = pool.fallback, again = received or false, once = pool.repeatable == false}
  end
  return list
end

local function shown(list, targets, pass, pools, counts)
  local made = {}
  for at, location in ipairs(list) do
    made[at] = {
      exact = location.exact or false, prefix = location.prefix or false, expression = location.expression or false,
      pass = pass(location.target, targets[location.target]), unbuffered = location.unbuffered,
      once = location.once, nested = shown(location.nested, targets, pass, pools, counts),
      route = counts and require("files.nginx.named").route(location.templates) or false,
      from = origin(pools, targets[location.target]),
    }
    made[at].plain = not (location.unbuffered or location.once or #location.nested > 0)
  end
  return made
end

--- The values of Matrix Authentication Service for the template. nginx reads an address with a variable in it as one
--- word, so the whole word is built and quoted here.
---@param place MasPlace|nil
---@return table|false
function nginx.mas(place)
  if not place then return false end
  local url = assert(quote.nginx(place.url))
  local target = url:sub(1, 1) == '"' and url:sub(1, -2) .. '$request_uri"' or url .. "$request_uri"
  return {server = place.server, host = place.host, tls = place.tls, url = place.url, target = template.raw(target)}
end

local MEDIA = {{word = "_matrix"}, {word = "media"}}

-- Whether main has the uploads that come to a listener.
local function has_media_on_main(routes, served)
  return resources.have(served, "/_matrix/media") and tree.covering(routes.tree, MEDIA, true)[1] == nil
end

-- Locations of each public listener; those that serve all have the same.
local function servers_of(routes, main, pass, counts)
  local list = {}
  for at, one in ipairs(main.public) do
    local public = one.listener
    local own, served = at == 1 and "main" or "main_" .. at, routing.served(routes, public.resources)
    local found = locations.make(served)
    local function own_pass(name, rules) return pass(name, rules, own) end
    list[at] = {
      main = template.raw(own), main_server = server(main, public.kind), compress = public.compress,
      locations = shown(found.list, found.targets, own_pass, routes.pools, counts),
      media_on_main = has_media_on_main(served, public.resources),
      has_clients = public.resources.client or false, kind = public.kind, proxied = false,
    }
  end
  return list
end

--- Values for the template.
---@param routes table of routes.make
---@param instances table[] of the plan
---@param counts? boolean locations say which route they are
---@return table
function nginx.values(routes, instances, counts)
  local several = #instances[1].public > 1
  local main = several and "$main" or "main"
  local pass, by_method, by_argument = passing.writer(main)
  return {
    servers = servers_of(routes, instances[1], pass, counts), by_method = by_method, by_argument = by_argument,
    pools = upstreams(routes.pools, instances), second_tries = second_tries(routes.pools),
    several = several, main = template.raw(main),
  }
end

return nginx
