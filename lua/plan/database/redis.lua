-- Chooses the Redis for Synapse's processes: that of homeserver.yaml, the one that variables name, or our own.

local document = require "lib.document"
local findings = require "lib.findings"
local layers = require "input.layers"

local redis = {}

---@class RedisChoice
---@field kind "none"|"file"|"outside"|"builtin"
---@field options? table what goes into Synapse's option `redis`
---@field socket? string of the built-in one

local function said(view)
  local given = view.admin.document and document.plain(view.admin.document).redis
  return type(given) == "table" and given or nil
end

local NULL = document.scalar {text = "null"}

-- What is for another server: the built-in one has neither passwords nor TLS, and one database.
local FOREIGN = {"ca_file", "ca_path", "certificate_file", "dbid", "password", "password_path", "private_key_file",
  "use_tls", "username"}

local function builtin(view, given)
  local socket = view.paths.runtime .. "/redis/run/redis.sock"
  local options = {enabled = true, path = socket}
  for _, name in ipairs(FOREIGN) do
    if given[name] ~= nil then options[name] = NULL end
  end
  return {kind = "builtin", socket = socket, options = options}
end

-- Synapse alone would look for one on this machine, and every request would wait for it.
local function nowhere(view, given, found)
  if not given.enabled then return {kind = "none"} end
  found.warning(layers.place(view.admin.layers, "redis"),
    "redis.enabled is true, but redis names no server and there are no workers: Synapse does without",
    "take redis out; or name the server (host or path)")
  return {kind = "none", options = {enabled = false}}
end

-- The server that variables name. Synapse refuses a password in two forms.
local function outside(settings, given, found)
  local host = settings.SYNAPSE_REDIS_HOST
  local options = {
    enabled = true, password = settings.SYNAPSE_REDIS_PASSWORD, dbid = settings.SYNAPSE_REDIS_DB,
    username = settings.SYNAPSE_REDIS_USER, use_tls = settings.SYNAPSE_REDIS_TLS or nil,
  }
  if host:sub(1, 1) == "/" then
    options.path = host
  else
    options.host, options.port = host, settings.SYNAPSE_REDIS_PORT
  end
  if given.password_path and options.password then
    options.password = nil
    found.warning(settings.sources.SYNAPSE_REDIS_PASSWORD, "is not used: homeserver.yaml has redis.password_path",
      "keep one of the two")
  end
  return {kind = "outside", options = options}
end

local function of_file(view, given, has_workers, found)
  if given.enabled == false and has_workers then
    found.problem(view.paths.homeserver,
      "redis.enabled is false, but the workers of SYNAPSE_WORKER_TYPES need Redis", "take redis out of the file, and "
      .. "synlua runs its own; or set enabled: true")
  end
  if view.settings.SYNAPSE_REDIS_HOST then
    found.warning("SYNAPSE_REDIS_HOST", ("is not used: %s has a redis section"):format(view.paths.homeserver))
  end
  return {kind = "file", options = has_workers and given.enabled == nil and {enabled = true} or nil}
end

local function names_server(given) return (given.host or given.path or given.port) ~= nil end

--- The choice.
---@param view View
---@param found {problem: function, warning: function}
---@return RedisChoice
function redis.choose(view, problems, warnings)
  local found = findings.into(problems, warnings)
  local settings, given = view.settings, said(view) or {}
  local has_workers = #settings.SYNAPSE_WORKER_TYPES > 0
  if given.enabled == false or names_server(given) then return of_file(view, given, has_workers, found) end
  if settings.SYNAPSE_REDIS_HOST then return outside(settings, given, found) end
  return has_workers and builtin(view, given) or nowhere(view, given, found)
end

--- Whether Synapse talks to a server that is not ours.
---@param view View
---@return boolean
function redis.is_outside(view)
  local kind, options = view.redis.kind, view.homeserver.options.redis
  return (kind == "outside" or kind == "file") and type(options) == "table" and not not options.enabled
end

return redis
