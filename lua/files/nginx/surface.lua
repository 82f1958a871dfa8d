-- The values of nginx.conf about what is served to whom.

local plan = require "plan.nginx.surface"

local surface = {}

-- An expression for a word in any spelling that Synapse decodes: each character as it is, or percent-encoded.
local function spelled(word)
  return (word:gsub(".", function(character)
    local hex = ("%02x"):format(character:byte())
    hex = hex:gsub("%a", function(digit) return "[" .. digit .. digit:upper() .. "]" end)
    return ("(?:%s|%%%s)"):format(character, hex)
  end))
end

-- For Synapse a path is what stands between slashes, decoded, without a meaning of dots, and it looks for its resource
-- past what it does not know. So this is found in the bytes of the request. nginx decides by the decoded path, in which
-- slashes that were encoded, and dots, have their meaning. What either of the two takes for administration is that.
local function of_bytes()
  local place = "(?:" .. spelled "admin" .. "|" .. spelled "metrics" .. "|" .. spelled "replication" .. ")"
  return "~^/+" .. spelled "_synapse" .. "/(?!/*(?:client|mas)/)(?:[^?#]*/)?" .. place .. "(?:[/?#]|\\z)"
end

local OF_PATH = "~^/_synapse/(?:admin|metrics|replication)(?:/|\\z)"

-- A location that a worker has already is that worker's.
local function open_of(server, found)
  local has, list = {}, found.open and {} or {{exact = plan.HEALTH, prefix = false}}
  for _, location in ipairs(server.locations) do
    has[location.exact or ""], has[location.prefix or ""] = true, true
  end
  if server.media_on_main then has["/_matrix/media"], has["/_matrix/media/"] = true, true end
  for _, answer in ipairs(server.well_known) do has[answer.uri] = true end
  for _, path in ipairs(found.open and {} or found.prefixes) do
    if not has[path] then list[#list + 1] = {exact = path, prefix = false} end
    if not has[path .. "/"] then list[#list + 1] = {exact = false, prefix = path .. "/"} end
  end
  return list
end

--- Adds `admin`, and to each server what is open.
---@param view View
---@param values table of files.nginx.routes, with all servers and their locations
function surface.add(view, values)
  local made = view.surface
  values.admin = {networks = made.networks, unix = made.unix, of_path = OF_PATH, of_bytes = of_bytes()}
  for _, server in ipairs(values.servers) do
    local found = made.servers[server.kind]
    server.closed = not found.open
    server.open = open_of(server, found)
    server.page = found.root == "page"
    server.root_is_main = found.root == "main" and not found.open
  end
end

return surface
