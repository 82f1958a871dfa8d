-- Compares the signing key and the server's name with the data directory and the database. A server with another key or
-- another name is a different server for all others.

local relative = require "input.relative_paths"

local signing = {}

--- The absolute path of the key's file. nil if the configuration holds the key itself.
---@param view View needs cwd and homeserver
---@return string|nil
function signing.path(view)
  local options = view.homeserver.options
  local path = options.signing_key == nil and options.signing_key_path
  return type(path) == "string" and relative.absolute(path, view.cwd) or nil
end

local function other_names(view)
  local found
  for name in pairs(view.input.keys) do
    local server = name:match "^(.+)%.signing%.key$"
    if server == view.server_name then return end
    if server and (not found or server < found) then found = server end
  end
  return found
end

local function check_name(view, path, problems)
  local other = other_names(view)
  if not other or path ~= ("%s/%s.signing.key"):format(view.paths.config, view.server_name) then return end
  problems[#problems + 1] = {where = view.settings.sources.SYNAPSE_SERVER_NAME or view.paths.homeserver,
    what = ("is %s, but %s/%s.signing.key is the key of another server"):format(view.server_name,
      view.paths.data, other),
    hint = ("a server's name never changes: set it to %s; or, for another server, use another data directory")
      :format(other)}
end

local function used_database(view)
  local store, kind = view.input.store, view.database.kind
  if kind == "sqlite" then return store.sqlite end
  if kind == "builtin" then return store.cluster and view.paths.data .. "/postgres/" .. store.cluster end
  return store.record == "outside" and "the PostgreSQL server outside" or nil
end

-- For a server outside, the database check finds that out at each start.
local function check_record(view, problems)
  local before = view.input.store.synapse and view.input.store.synapse.server
  if not before or before == view.server_name or view.database.kind == "outside" then return end
  local used = used_database(view)
  if not used then return end
  problems[#problems + 1] = {where = view.settings.sources.SYNAPSE_SERVER_NAME or view.paths.homeserver,
    what = ("is %s, but %s is the database of %s"):format(view.server_name, used, before),
    hint = ("a server's name never changes: set it to %s; or, for another server, use another data directory")
      :format(before)}
end

--- The known facts about the key before it is made.
---@param view View
---@param problems Problem[]
---@return {path: string, used?: string}|false used: a database that knows a key; false: no file of a key
function signing.check(view, problems)
  check_record(view, problems)
  local path = signing.path(view)
  if not path then return false end
  check_name(view, path, problems)
  return {path = path, used = not view.settings.SYNLUA_NEW_SIGNING_KEY and used_database(view) or nil}
end

--- The problem if the file of a used key is missing.
---@param key {path: string, used: string}
---@return Problem
function signing.lost(key)
  return {where = key.path, what = ("is missing, but %s was used with a signing key"):format(key.used),
    hint = "restore it from a backup. Without it other servers no longer know this one: only where it is lost for "
      .. "good, set SYNLUA_NEW_SIGNING_KEY=yes for one start"}
end

--- Whether the database outside must confirm a new key.
---@param view View
---@return boolean
function signing.is_unconfirmed(view)
  return view.database.kind == "outside" and not view.input.store.record
end

return signing
