-- Lists the secrets and where each comes from, but never their values.

local grounds = require "plan.identity.grounds"
local records = require "lib.records"
local relative = require "input.relative_paths"
local secret_options = require "lib.secret_options"

local secrets = {}

---@class SecretSource
---@field name string option of homeserver.yaml
---@field path? string file that holds it
---@field source? string what says so; nil: synlua keeps it in that file

-- The files of secrets whose values are written into Synapse's configuration.
local FILES = {["manhole_settings.password"] = records.MANHOLE}

local OURS = {default = true, variables = true, synlua = true}

local function value_at(options, dotted)
  local value = options
  for part in dotted:gmatch "[^.]+" do value = type(value) == "table" and value[part] or nil end
  return value
end

local function origin_of(view, option)
  local origin = view.homeserver.origins[option]
  return origin and not OURS[origin] and origin or nil
end

local function inline(view, secret)
  local origin = origin_of(view, secret.option)
  if origin then return {name = secret.option, source = ("%s of %s"):format(secret.option, origin)} end
  local file = FILES[secret.option]
  if file then return {name = secret.option, path = view.paths.data .. "/" .. file} end
  local variable = secret.variable and view.settings.sources[secret.variable]
  return {name = secret.option, source = variable or "synlua"}
end

local function in_file(view, secret, path)
  local option = secret.option .. "_path"
  local origin = origin_of(view, option)
  local variable = view.homeserver.origins[option] == "variables" and view.settings.sources[secret.variable] or nil
  return {name = secret.option, path = relative.absolute(path, view.cwd),
    source = origin and ("%s of %s"):format(option, origin) or variable}
end

--- The secrets that this configuration uses.
---@param view View
---@return SecretSource[]
function secrets.list(view)
  local list = {}
  for _, secret in ipairs(secret_options.LIST) do
    local path = value_at(view.homeserver.options, secret.option .. "_path")
    if value_at(view.homeserver.options, secret.option) ~= nil then
      list[#list + 1] = inline(view, secret)
    elseif type(path) == "string" then
      list[#list + 1] = in_file(view, secret, path)
    end
  end
  return list
end

--- The files of secrets that synlua does not make if they are missing.
---@param view View
---@return {option: string, path: string}[]
function secrets.elsewhere(view)
  local list = {}
  for _, secret in ipairs(secret_options.LIST) do
    local option = secret.option .. "_path"
    local path = value_at(view.homeserver.options, option)
    if type(path) == "string" and value_at(view.homeserver.options, secret.option) == nil then
      path = relative.absolute(path, view.cwd)
      if not grounds.may_make(view, option, path) then list[#list + 1] = {option = option, path = path} end
    end
  end
  return list
end

--- Whether Synapse's configuration contains the value of a secret.
---@param view View
---@return boolean
function secrets.any_stated(view)
  for _, secret in ipairs(secret_options.LIST) do
    if value_at(view.homeserver.options, secret.option) ~= nil then return true end
  end
  return false
end

--- The files of keys and secrets that synlua or an earlier image has made.
---@param view View
---@return string[]
function secrets.kept(view)
  local list = {}
  for _, secret in ipairs(secrets.list(view)) do
    local directory = secret.path and secret.path:match "^(/.*)/[^/]+%.key$"
    if directory == view.paths.data or directory == view.paths.config then list[#list + 1] = secret.path end
  end
  return list
end

return secrets
