-- What a listener of Synapse serves: its resources, and the paths of each. What is outside of all of them (/health, and
-- what modules add) is on every listener.

local later = require "lib.later"
local once = require "lib.once"
local template = later "plan.routes.template" ---@module "plan.routes.template"
local tree = require "plan.routes.tree"

local resources = {}

--- Paths by resource. A path may belong to several: a listener serves it if it has one of them.
resources.PATHS = {
  client = {"/_matrix/client", "/_matrix/media", "/_matrix/saml2", "/_matrix/static", "/_synapse/admin",
    "/_synapse/client", "/_synapse/mas", "/.well-known"},
  consent = {"/_matrix/consent"},
  federation = {"/_matrix/federation", "/_matrix/key", "/_matrix/media"},
  keys = {"/_matrix/key"},
  media = {"/_matrix/client/v1/media", "/_matrix/federation/v1/media", "/_matrix/media"},
  metrics = {"/_synapse/metrics"},
  openid = {"/_matrix/federation/v1/openid"},
  replication = {"/_synapse/replication"},
  static = {"/_matrix/static"},
}

--- All names that Synapse knows.
resources.KNOWN = {health = true}
for name in pairs(resources.PATHS) do resources.KNOWN[name] = true end

--- Those that are served behind nginx. A listener without any of them is for internal use.
resources.PUBLIC = {client = true, federation = true, media = true, keys = true, static = true, consent = true,
  openid = true}

-- Both the path itself and everything below it.
local function add(root, all, path, name)
  for _, text in ipairs {path, path .. "/*"} do
    local pattern = template.parse(text)[1]
    local known = tree.covering(root, pattern.segments, pattern.rest)[1]
    if not (known and known.text == text) then
      known = {text = text, pattern = pattern, names = {}}
      all[#all + 1] = known
      tree.add(root, pattern, known)
    end
    known.names[name] = true
  end
end

-- All paths, as a tree and as a list.
local known_paths = once(function()
  local made = {root = tree.new(), all = {}}
  for name, paths in pairs(resources.PATHS) do
    for _, path in ipairs(paths) do add(made.root, made.all, path, name) end
  end
  return made
end)

---@class Belonging
---@field names table<string, boolean> resources that have every path of a pattern
---@field elsewhere boolean whether no resource has any path of it

--- The resources to which the paths of a pattern belong.
---@param pattern Pattern
---@return Belonging
function resources.of(pattern)
  local names, elsewhere, paths = {}, true, known_paths()
  for _, known in ipairs(tree.covering(paths.root, pattern.segments, pattern.rest)) do
    for name in pairs(known.names) do names[name] = true end
    elsewhere = false
  end
  for at = 1, elsewhere and #paths.all or 0 do
    elsewhere = elsewhere and template.relation(pattern, paths.all[at].pattern) == "apart"
  end
  return {names = names, elsewhere = elsewhere}
end

--- Whether one of a listener's resources has this path, and so all that is below it.
---@param served table<string, boolean> the listener's resources
---@param path string one of PATHS
---@return boolean
function resources.have(served, path)
  for name, paths in pairs(resources.PATHS) do
    for _, each in ipairs(served[name] and paths or {}) do
      if each == path then return true end
    end
  end
  return false
end

--- Whether a listener serves paths that belong there. Paths that are partly in one resource and partly in another are
--- served where clients and other servers both are.
---@param served table<string, boolean> the listener's resources
---@param belonging Belonging
---@return boolean
function resources.serve(served, belonging)
  for name in pairs(belonging.names) do
    if served[name] then return true end
  end
  if next(belonging.names) then return false end
  return belonging.elsewhere or (served.client and served.federation) or false
end

return resources
