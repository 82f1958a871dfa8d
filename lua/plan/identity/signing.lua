-- The signing key against what the data directory and the database already know: a server that signs with another key,
-- or calls itself by another name, is another server to everybody else.

local signing = {}

local function other_names(context)
  local found
  for name in pairs(context.keys) do
    local server = name:match "^(.+)%.signing%.key$"
    if server == context.server_name then return end
    if server and (not found or server < found) then found = server end
  end
  return found
end

local function check_name(context, path, problems)
  local other = other_names(context)
  if not other or path ~= ("%s/%s.signing.key"):format(context.paths.config, context.server_name) then return end
  problems[#problems + 1] = {where = context.settings.sources.SYNAPSE_SERVER_NAME or context.paths.homeserver,
    what = ("is %s, but %s/%s.signing.key is the key of another server"):format(context.server_name,
      context.paths.data, other),
    hint = ("a server's name never changes: set it to %s; or, for another server, use another data directory")
      :format(other)}
end

local function used_database(context)
  local store, kind = context.store, context.database.kind
  if kind == "sqlite" then return store.sqlite end
  if kind == "builtin" then return store.cluster and context.paths.data .. "/postgres/" .. store.cluster end
  return store.record == "outside" and "the PostgreSQL server outside" or nil
end

-- Of a server outside the check asks at each start.
local function check_record(context, problems)
  local before = context.store.synapse and context.store.synapse.server
  if not before or before == context.server_name or context.database.kind == "outside" then return end
  local used = used_database(context)
  if not used then return end
  problems[#problems + 1] = {where = context.settings.sources.SYNAPSE_SERVER_NAME or context.paths.homeserver,
    what = ("is %s, but %s is the database of %s"):format(context.server_name, used, before),
    hint = ("a server's name never changes: set it to %s; or, for another server, use another data directory")
      :format(before)}
end

--- What there is to know about the key before it is made.
---@param context table of plan.make
---@param problems Problem[]
---@return {path: string, used?: string}|nil used: a database that knows a key; nil: no file of a key
function signing.check(context, problems)
  check_record(context, problems)
  local path = context.options.signing_key == nil and context.options.signing_key_path
  if type(path) ~= "string" then return end
  check_name(context, path, problems)
  return {path = path, used = not context.settings.SYNLUA_NEW_SIGNING_KEY and used_database(context) or nil}
end

--- The problem where the file of such a key is missing.
---@param key {path: string, used: string}
---@return Problem
function signing.lost(key)
  return {where = key.path, what = ("is missing, but %s was used with a signing key"):format(key.used),
    hint = "restore it from a backup. Without it other servers no longer know this one: only where it is lost for "
      .. "good, set SYNLUA_NEW_SIGNING_KEY=yes for one start"}
end

--- Whether a key that is made now has to be confirmed by the database outside.
---@param context table of plan.make
---@return boolean
function signing.is_unconfirmed(context)
  return context.database.kind == "outside" and not context.store.record
end

return signing
