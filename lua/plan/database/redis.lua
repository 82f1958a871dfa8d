-- Chooses the Redis for Synapse's processes: that of homeserver.yaml, the one that variables name, or our own.

local document = require "lib.document"
local findings = require "lib.findings"

local redis = {}

---@class RedisChoice
---@field kind "none"|"file"|"outside"|"builtin"
---@field options? table what goes into Synapse's option `redis`
---@field socket? string of the built-in one

local function said(view)
  local given = view.admin.document and document.plain(view.admin.document).redis
  return type(given) == "table" and given or nil
end

-- The server that variables name. Synapse refuses a password that is given both as text and by a path.
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
  local located = given.host or given.path or given.port
  return {kind = "file", options = has_workers and located and given.enabled == nil and {enabled = true} or nil}
end

--- The choice.
---@param view View
---@param found {problem: function, warning: function}
---@return RedisChoice
function redis.choose(view, problems, warnings)
  local found = findings.into(problems, warnings)
  local settings, given = view.settings, said(view)
  local has_workers = #settings.SYNAPSE_WORKER_TYPES > 0
  if given and (given.enabled ~= nil or given.host or given.path or given.port) then
    return of_file(view, given, has_workers, found)
  elseif settings.SYNAPSE_REDIS_HOST then
    return outside(settings, given or {}, found)
  elseif has_workers then
    local socket = view.paths.runtime .. "/redis/run/redis.sock"
    return {kind = "builtin", socket = socket, options = {enabled = true, path = socket}}
  end
  return {kind = "none"}
end

return redis
