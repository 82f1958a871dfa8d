-- Which secrets there are and where each comes from, but never their values.

local records = require "lib.records"

local secrets = {}

---@class SecretSource
---@field name string option of homeserver.yaml
---@field path? string file that holds it
---@field source? string what says so; nil: synlua keeps it in that file

local LIST = {
  {option = "signing_key"},
  {option = "registration_shared_secret", variable = "SYNAPSE_REGISTRATION_SHARED_SECRET"},
  {option = "macaroon_secret_key", variable = "SYNAPSE_MACAROON_SECRET_KEY"},
  {option = "form_secret", variable = "SYNAPSE_FORM_SECRET"},
  {option = "worker_replication_secret"},
  {option = "turn_shared_secret", variable = "SYNAPSE_TURN_SECRET"},
  {option = "redis.password", variable = "SYNAPSE_REDIS_PASSWORD"},
  {option = "database.args.password", variable = "POSTGRES_PASSWORD"},
  {option = "email.smtp_pass", variable = "SYNAPSE_EMAIL_SMTP_PASS"},
  {option = "recaptcha_private_key", variable = "SYNAPSE_RECAPTCHA_PRIVATE_KEY"},
  {option = "matrix_authentication_service.secret", variable = "SYNAPSE_MAS_SECRET"},
  {option = "manhole_settings.password", file = records.MANHOLE},
}

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
  if secret.file then return {name = secret.option, path = view.paths.data .. "/" .. secret.file} end
  local variable = secret.variable and view.settings.sources[secret.variable]
  return {name = secret.option, source = variable or "synlua"}
end

local function in_file(view, secret, path)
  local option = secret.option .. "_path"
  local origin = origin_of(view, option)
  local variable = view.homeserver.origins[option] == "variables" and view.settings.sources[secret.variable] or nil
  return {name = secret.option, path = path, source = origin and ("%s of %s"):format(option, origin) or variable}
end

--- The secrets that this configuration uses.
---@param view View
---@return SecretSource[]
function secrets.list(view)
  local list = {}
  for _, secret in ipairs(LIST) do
    local path = value_at(view.homeserver.options, secret.option .. "_path")
    if value_at(view.homeserver.options, secret.option) ~= nil then
      list[#list + 1] = inline(view, secret)
    elseif type(path) == "string" then
      list[#list + 1] = in_file(view, secret, path)
    end
  end
  return list
end

--- Whether a secret itself stands in Synapse's configuration.
---@param view View
---@return boolean
function secrets.any_stated(view)
  for _, secret in ipairs(LIST) do
    if value_at(view.homeserver.options, secret.option) ~= nil then return true end
  end
  return false
end

--- The files of keys and secrets that synlua or an image before it made.
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
