-- What each server of nginx.conf has besides its locations: where it listens, and what nginx answers itself.

local front = require "plan.listeners.front"
local octal = require "lib.octal"
local tls = require "files.nginx.tls"
local tables = require "lib.tables"
local well_known = require "plan.identity.well_known"

local servers = {}

local WELL_KNOWN = "/.well-known/matrix/"

--- What nginx answers itself, as files; their locations take the place of those of workers. Synapse has them on
--- listeners for clients.
---@param view View
---@param values table of files.nginx.routes; its servers get `well_known`
---@param list File[] gets the files
function servers.add_well_known(view, values, list)
  local answers, answered = {}, {}
  for _, name in ipairs(well_known.NAMES) do
    local answer = view.well_known[name]
    if answer then
      local path = ("nginx/well-known/%s.json"):format(name)
      list[#list + 1] = {base = view.paths.runtime, path = path, mode = octal "0640", uid = view.users.own.uid,
        gid = view.users.nginx.gid, bytes = assert(require("lib.json").encode(answer)) .. "\n"}
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

local function shown(list)
  local made = {}
  for at, listen in ipairs(list) do
    made[at] = {address = ("%s:%d"):format(front.bracketed(listen.address), listen.port),
      only_ipv6 = listen.address == "::"}
  end
  return made
end

-- nginx -t makes the sockets too, and sets their mode by name, so in a trial they lie in the scratch directory.
local function socket(view, path, at)
  local place = view.input.trial and ("%s/nginx/tmp/%d.sock"):format(view.paths.runtime, at) or path
  return {address = "unix:" .. place, only_ipv6 = false}
end

--- Adds the addresses and sockets of each server, and its certificate.
---@param view View
---@param values table of files.nginx.routes
function servers.add_listens(view, values)
  local sockets = 0
  for at, server in ipairs(view.front.servers) do
    if server.proxied then values.servers[at] = tables.copy(values.servers[1]) end
    local made = values.servers[at]
    made.listens, made.proxied = shown(server.plain), server.proxied or false
    for _, one in ipairs(server.proxied and {} or server.public.sockets) do
      sockets = sockets + 1
      made.listens[#made.listens + 1] = socket(view, one.path, sockets)
    end
    made.tls = #server.tls > 0 and tls.values(view, shown(server.tls)) or false
    made.to_mas = values.mas and made.has_clients
  end
end

return servers
