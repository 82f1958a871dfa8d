-- The configuration Synapse will run with: layers merged, and the overlay that says it beside the admin's own file.

local document = require "document"
local listener = require "plan.listener"
local options = require "plan.options"
local tables = require "tables"

local homeserver = {}

-- Secrets that Synapse reads from a file of its own; the names are those of the images before.
homeserver.SECRETS = {
  {option = "registration_shared_secret", suffix = ".registration.key"},
  {option = "macaroon_secret_key", suffix = ".macaroon.key"},
  {option = "form_secret", suffix = ".form.key"},
}

--- What a new homeserver.yaml says, and what is added where an existing one says nothing.
---@param paths {config: string, data: string}
---@param name string server name
---@return table
function homeserver.defaults(paths, name)
  local defaults = {
    server_name = name,
    report_stats = false,
    signing_key_path = ("%s/%s.signing.key"):format(paths.config, name),
    media_store_path = paths.data .. "/media_store",
    database = {name = "sqlite3", args = {database = paths.data .. "/homeserver.db"}},
    trusted_key_servers = {{server_name = "matrix.org"}},
    suppress_key_server_warning = true,
  }
  for _, secret in ipairs(homeserver.SECRETS) do
    defaults[secret.option .. "_path"] = ("%s/%s%s"):format(paths.data, name, secret.suffix)
  end
  return defaults
end

-- Options that exclude each other: one member in a higher layer silences all of them below.
local RIVALS = {
  {"database", "databases", "database_path"},
  {"signing_key", "signing_key_path"},
}
RIVALS[#RIVALS + 1] = {"worker_replication_secret", "worker_replication_secret_path"}
for _, secret in ipairs(homeserver.SECRETS) do RIVALS[#RIVALS + 1] = {secret.option, secret.option .. "_path"} end

local function without_rivals(low, high)
  local kept = {}
  for key, value in pairs(low) do kept[key] = value end
  for _, group in ipairs(RIVALS) do
    for _, name in ipairs(group) do
      if high[name] ~= nil then
        for _, rival in ipairs(group) do kept[rival] = nil end
      end
    end
  end
  return kept
end

-- What only processes of one cluster need; it is never stated in a file of the admin's.
homeserver.REPLICATION = {option = "worker_replication_secret", suffix = ".replication.key"}

local function owned(context, merged)
  local all = listener.of(context.instances[1])
  for _, kept in ipairs(context.divided.kept) do all[#all + 1] = kept end
  local set = tables.copy(context.shared)
  set.listeners, set.redis = document.seq(all), context.redis.options
  if merged.log_config == nil then set.log_config = context.paths.log_config end
  return set
end

local function defaults_of(context)
  local defaults = homeserver.defaults(context.paths, context.server_name)
  if context.database.options then defaults.database = tables.copy(context.database.options) end
  return defaults
end

-- Beside the other secrets, which a new homeserver.yaml states.
local function add_replication_secret(context, defaults)
  local secret = homeserver.REPLICATION
  if #context.instances == 1 then return end
  defaults[secret.option .. "_path"] = ("%s/%s%s"):format(context.paths.data, context.server_name, secret.suffix)
end

-- What variables mean for Synapse.
local function variables_of(context)
  local layer = options.layer(context.settings)
  if context.appservices then layer.app_service_config_files = document.seq(context.appservices) end
  return layer
end

--- The options that a new homeserver.yaml states: defaults that no variable sets. report_stats stays out, so that its
--- variable acts at every start.
---@param context table
---@return table
function homeserver.stated(context)
  local variables = variables_of(context)
  local stated = without_rivals(homeserver.defaults(context.paths, context.server_name), variables)
  if context.database.options then stated.database = nil end
  for name in pairs(variables) do
    if name ~= "server_name" then stated[name] = nil end
  end
  stated.report_stats = nil
  return stated
end

--- The layers merged.
---@param context table see plan
---@return table merged what Synapse will see
---@return table overlay top-level keys for the second --config-path
---@return table origins option -> layer
function homeserver.merge(context)
  local given = context.homeserver or document.map {}
  if context.database.over_file then given = document.map(without_rivals(given, {database = true})) end
  local variables = options.beneath(variables_of(context), given)
  local high = document.merge(document.map(variables), given)
  local defaults = defaults_of(context)
  add_replication_secret(context, defaults)
  defaults = without_rivals(defaults, high)
  local layers = {
    {name = "default", value = document.map(defaults)},
    {name = "variables", value = document.map(without_rivals(variables, given))},
    {name = "homeserver.yaml", value = given},
  }
  local merged = document.layer(layers)
  layers[4] = {name = "synlua", value = document.map(owned(context, merged))}
  local final, origins = document.layer(layers)
  -- Beside the file that is about to be made, or the next start would write another overlay.
  local base = context.homeserver or document.map(homeserver.stated(context))
  local overlay = document.overlay(base, final)
  -- Synapse looks for the key beside its last --config-path unless told.
  if final.signing_key == nil then overlay.signing_key_path = final.signing_key_path end
  return final, overlay, origins
end

return homeserver
