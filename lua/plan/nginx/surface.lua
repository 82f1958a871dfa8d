-- What nginx serves to the public, what to administrators alone, and what to nobody.

local said = require "plan.nginx.said"
local tables = require "lib.tables"

local surface = {}

---@class ServerSurface of one public listener
---@field open boolean everything goes to Synapse, which knows what its modules serve
---@field prefixes string[] paths that go to Synapse with all below them
---@field root "page"|"main"|"none" who answers /

---@class Surface
---@field networks string[] whose clients may administer, in CIDR form
---@field unix boolean whether clients of a Unix socket may
---@field servers table<string, ServerSurface> by kind of public listener
---@field said string what the start says of it

--- Synapse's own answer on every listener.
surface.HEALTH = "/health"

local SOURCE = "SYNLUA_ADMIN_ALLOW"

-- With a slash in front and none behind. "" is the root.
local function path_of(text)
  local path = "/" .. text:gsub("^/+", ""):gsub("/+$", "")
  return path == "/" and "" or path
end

-- The authentication service shows a secret for /_synapse/mas, and may come from anywhere.
local OF_CLIENTS = {"/_synapse/admin", "/_synapse/client", "/_synapse/mas", "/.well-known/matrix"}

-- Modules may serve any path, which only they know.
local function has_modules(view)
  local modules = view.homeserver.options.modules
  return type(modules) == "table" and next(modules) ~= nil
end

local function of_server(view, public)
  local made = {open = has_modules(view), prefixes = {"/_matrix"}, root = "none"}
  if public.resources.client then
    for _, path in ipairs(OF_CLIENTS) do made.prefixes[#made.prefixes + 1] = path end
    made.root = "page"
  end
  if public.resources.metrics then made.prefixes[#made.prefixes + 1] = "/_synapse/metrics" end
  -- What is no mapping was refused already.
  for name in tables.sorted(type(public.additional) == "table" and public.additional or {}) do
    local path = path_of(tostring(name))
    if path == "" then made.open = true else made.prefixes[#made.prefixes + 1] = path end
  end
  -- Here Synapse leads to a client, as the admin says.
  if made.open or view.homeserver.options.web_client_location ~= nil then made.root = "main" end
  table.sort(made.prefixes)
  return made
end

--- Works out what is open.
---@param view View
---@return Surface
function surface.make(view)
  local made = {networks = {}, unix = false, servers = {}}
  for _, item in ipairs(view.settings[SOURCE]) do
    if item == "unix" then made.unix = true else made.networks[#made.networks + 1] = item end
  end
  table.sort(made.networks)
  for _, public in ipairs(view.public) do made.servers[public.kind] = of_server(view, public) end
  made.said = "administration API (/_synapse/admin) open to: " .. said.of(view.settings, SOURCE)
  return made
end

--- Who answers a decoded path for which no worker has a route.
---@param server ServerSurface
---@param path string
---@return "page"|"main"|"none"
function surface.who(server, path)
  if path == "/" then return server.root end
  if server.open or path == surface.HEALTH then return "main" end
  for _, prefix in ipairs(server.prefixes) do
    if path == prefix or path:sub(1, #prefix + 1) == prefix .. "/" then return "main" end
  end
  return "none"
end

return surface
