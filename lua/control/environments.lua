-- The environment of each service for people: without the secrets in it. Pure.

local hide = require "files.hide"
local schema = require "settings.schema"
local secret_options = require "lib.secret_options"

local environments = {}

local SHORT = 6 -- bytes; a shorter secret may be a word that stands in other places too

local function secrets_of(settings)
  local list = {}
  for _, entry in ipairs(schema.entries) do
    local value = settings[entry.name]
    if entry.secret and type(value) == "string" and #value >= SHORT then list[#list + 1] = value end
  end
  return list
end

local function is_secret(name, value, secrets)
  local entry = schema.owner[name]
  if entry and entry.secret or secret_options.is_name(name) then return true end
  for _, secret in ipairs(secrets) do
    if value:find(secret, 1, true) then return true end
  end
  return false
end

local function shown(list, secrets)
  local made = {}
  for _, item in ipairs(list) do
    local name, value = item:match "^([^=]*)=(.*)$"
    if name then made[name] = is_secret(name, value, secrets) and hide.SHOWN or hide.document(value) end
  end
  return made
end

--- The variables of all services. A secret is found by its variable's name, and by the values of secret settings.
---@param services table<string, PlannedService>
---@param settings Settings
---@return table<string, table<string, string>> by service and name
function environments.of(services, settings)
  local secrets, all = secrets_of(settings), {}
  for name, service in pairs(services) do all[name] = shown(service.process.environment, secrets) end
  return all
end

return environments
