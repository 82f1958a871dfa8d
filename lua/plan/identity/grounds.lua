-- The places where synlua makes missing files and directories, and how the data directory is shared. Synapse may have
-- written homeserver.yaml, so a path in it lets root write only below the data and configuration directories.

local octal = require "lib.octal"

local grounds = {}

local function below(path, base) return path == base or path:sub(1, #base + 1) == base .. "/" end

-- Whether the environment sets the option, or a default.
local function is_of_variables(origin) return origin ~= "homeserver.yaml" and origin:sub(1, 1) ~= "/" end

--- Whether synlua may make the file or directory that an option names.
---@param view View needs cwd, homeserver and paths
---@param option string dotted
---@param path string absolute
---@return boolean
function grounds.may_make(view, option, path)
  local paths, origin = view.paths, view.homeserver.origins[option]
  if origin and is_of_variables(origin) then return true end
  if (path .. "/"):find("/../", 1, true) then return false end
  -- Synapse's working directory, where relative paths start, is one of the allowed directories.
  if view.cwd ~= "/" and below(path, view.cwd) then return true end
  return below(path, paths.data) or below(path, paths.config) or below(path, paths.homeserver:match "^(.*)/")
end

--- The names of these places, for hints.
---@param view View
---@return string
function grounds.words(view)
  local data, config = view.paths.data, view.paths.config
  return data == config and data or ("%s and %s"):format(data, config)
end

--- Whether Synapse's directories belong to root and have the sticky bit. Then Synapse can add files, but can neither
--- rename nor replace those of other users.
---@param view View needs users
---@return boolean
function grounds.shared(view) return view.users.own.uid == 0 and view.users.synapse.uid ~= 0 end

-- adopt: whose directory may be changed to that: of "any" user, of "root" or Synapse, of the "service" Synapse, of
-- "none" or "nobody". With "root" and "none", Synapse must be able to write to a directory that keeps another owner.
local function directory(view, base, adopt)
  local user, shared = view.users.synapse, grounds.shared(view)
  local mode = shared and "01771" or view.users.own.uid == 0 and "0751" or "0750"
  return {base = base, path = "", mode = octal(mode), gid = user.gid,
    uid = shared and view.users.own.uid or user.uid, adopt = adopt, user = {uid = user.uid, gid = user.gid},
    shared = shared, service = "synapse"}
end

--- The directories of data and configuration, in which other users than Synapse have files too.
---@param view View needs paths, settings and users
---@return table[]
function grounds.directories(view)
  local paths, chown = view.paths, view.settings.SYNLUA_CHOWN
  local config = paths.homeserver:match "^(.*)/"
  local list = {directory(view, paths.data, ({[true] = "any", [false] = "none"})[chown] or "root")}
  list[1].tried = true
  if config ~= paths.data and config ~= "" then
    list[2] = directory(view, config, chown == false and "nobody" or "service")
  end
  return list
end

return grounds
