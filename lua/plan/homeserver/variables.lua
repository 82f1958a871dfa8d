-- Turns the variables that are set into options of homeserver.yaml.

local address = require "settings.address"
local document = require "lib.document"
local postgres = require "settings.postgres"
local schema = require "settings.schema"
local tables = require "lib.tables"

local options = {}

-- Addresses that link previews must not reach: this host, private networks, reserved ranges.
local BARRED = {
  "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "169.254.0.0/16",
  "192.88.99.0/24", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "::1/128",
  "fe80::/10", "fc00::/7", "2001:db8::/32", "ff00::/8", "fec0::/10",
}

local TLS = {
  required = {enable_tls = true, require_transport_security = true},
  implicit = {enable_tls = true, force_tls = true},
  optional = {enable_tls = true, require_transport_security = false},
  off = {enable_tls = false, require_transport_security = false},
}

local function put(layer, dotted, value)
  local parent = layer
  for part in dotted:gmatch("([^.]+)%.") do
    parent[part] = parent[part] or {}
    parent = parent[part]
  end
  parent[dotted:match("[^.]+$")] = tables.copy(value)
end

local function database(settings)
  local sources = settings.sources
  if not postgres.asked_by(sources) then return nil end
  local made = {name = "psycopg2", args = {}}
  if sources[postgres.COMMIT] then made.synchronous_commit = settings[postgres.COMMIT] end
  for _, argument in ipairs(postgres.ARGUMENTS) do made.args[argument.name] = settings[argument.variable] end
  return made
end

-- The name is that of the earlier images. They had no address, and mail servers refuse that.
local function sender(server_name)
  local host = server_name:match "^%[(.*)%]" or server_name:match "^[^:]+"
  if address.ipv6(host) then host = ("[IPv6:%s]"):format(host) end
  if address.ipv4(host) then host = ("[%s]"):format(host) end
  return ("Synapse homeserver <noreply@%s>"):format(host)
end

local function email(settings, server_name)
  if not settings.SYNAPSE_EMAIL then return nil end
  local block = tables.copy(TLS[settings.SYNAPSE_EMAIL_TLS])
  block.enable_notifs = true
  block.smtp_host, block.smtp_port = settings.SYNAPSE_EMAIL_SMTP_HOST, settings.SYNAPSE_EMAIL_SMTP_PORT
  block.smtp_user, block.smtp_pass = settings.SYNAPSE_EMAIL_SMTP_USER, settings.SYNAPSE_EMAIL_SMTP_PASS
  block.notif_from = settings.SYNAPSE_EMAIL_NOTIF_FROM or server_name and sender(server_name)
  block.app_name = settings.SYNAPSE_EMAIL_APP_NAME
  return block
end

--- The file with the secret of SYNAPSE_MAS_SECRET, for Synapse alone. It is made at each start.
---@param settings Settings
---@return {base: string, path: string}|nil
function options.mas_secret(settings)
  if not settings.SYNAPSE_MAS_SECRET then return nil end
  return {base = settings.SYNLUA_RUNTIME_DIR, path = "synapse/mas.secret"}
end

local function mas(settings)
  local endpoint, secret = settings.SYNAPSE_MAS_ENDPOINT, options.mas_secret(settings)
  if not endpoint then return nil end
  return {enabled = true, endpoint = endpoint, secret_path = secret and secret.base .. "/" .. secret.path}
end

--- The layer of homeserver.yaml that the variables set by the admin make.
---@param settings Settings
---@param server_name? string
---@param more? table further options that variables set
---@return table layer plain nested tables
function options.layer(settings, server_name, more)
  local layer = tables.copy(more or {})
  for _, entry in ipairs(schema.entries) do
    if entry.option and settings.sources[entry.name] and settings[entry.name] ~= nil then
      put(layer, entry.option, settings[entry.name])
    end
  end
  layer.database, layer.email = database(settings), email(settings, server_name)
  layer.matrix_authentication_service = mas(settings)
  if settings.SYNAPSE_URL_PREVIEW_ENABLED then layer.url_preview_ip_range_blacklist = tables.copy(BARRED) end
  if settings.SYNAPSE_RECAPTCHA_PUBLIC_KEY and settings.SYNAPSE_RECAPTCHA_PRIVATE_KEY then
    layer.enable_registration_captcha = true
  end
  return layer
end

--- Whether Synapse's processes serve metrics.
---@param view View
---@return boolean
function options.is_measured(view)
  local said = view.admin.document and document.plain(view.admin.document).enable_metrics
  if said ~= nil then return said == true end
  return options.layer(view.settings).enable_metrics == true
end

-- Options that a variable sets in addition to its own option, or as a part of it.
local BESIDE = {
  email = "SYNAPSE_EMAIL", url_preview_ip_range_blacklist = "SYNAPSE_URL_PREVIEW_ENABLED",
  enable_registration_captcha = "SYNAPSE_RECAPTCHA_PUBLIC_KEY",
  app_service_config_files = "SYNAPSE_AS_REGISTRATION_DIR",
  ["email.smtp_host"] = "SYNAPSE_EMAIL_SMTP_HOST", ["email.smtp_port"] = "SYNAPSE_EMAIL_SMTP_PORT",
  ["email.smtp_user"] = "SYNAPSE_EMAIL_SMTP_USER", ["email.smtp_pass"] = "SYNAPSE_EMAIL_SMTP_PASS",
  ["email.notif_from"] = "SYNAPSE_EMAIL_NOTIF_FROM", ["email.app_name"] = "SYNAPSE_EMAIL_APP_NAME",
  matrix_authentication_service = "SYNAPSE_MAS_ENDPOINT",
  ["matrix_authentication_service.secret_path"] = "SYNAPSE_MAS_SECRET",
  ["database.synchronous_commit"] = postgres.COMMIT,
  turn_uris = "SYNAPSE_ENABLE_BUILTIN_COTURN", turn_shared_secret_path = "SYNAPSE_ENABLE_BUILTIN_COTURN",
}
for _, argument in ipairs(postgres.ARGUMENTS) do BESIDE["database.args." .. argument.name] = argument.variable end

--- The variable that sets each option of the layer: dotted option -> the name that the admin used.
---@param settings Settings
---@return table<string, string>
function options.sources(settings)
  local found = {database = postgres.asked_by(settings.sources)}
  for option, variable in pairs(BESIDE) do found[option] = settings.sources[variable] end
  for _, entry in ipairs(schema.entries) do
    if entry.option then found[entry.option] = settings.sources[entry.name] or found[entry.option] end
  end
  return found
end

-- Options that are not merged with those of variables: if homeserver.yaml names another database, mail server or
-- authentication service, it gets no part of ours.
local WHOLE = {
  database = {"database", "databases", "database_path"}, email = {"email"},
  matrix_authentication_service = {"matrix_authentication_service"},
}

local function names_engine(given)
  return document.kind(given.database) == "map" and given.database.name ~= nil or given.databases ~= nil
    or given.database_path ~= nil
end

local function is_said(name, given, file)
  for _, rival in ipairs(file and WHOLE[name] or {}) do
    if file[rival] ~= nil then return true end
  end
  if name == "database" then return names_engine(given) end
  return given[name .. "_path"] ~= nil
end

-- A higher layer sets the secret, and variables set the address of the authentication service.
local function without_secret(section, given)
  local said = given.matrix_authentication_service
  if not section or document.kind(said) ~= "map" or said.secret == nil then return section end
  local kept = tables.copy(section)
  kept.secret_path = nil
  return kept
end

--- The layer without the options that cannot be merged with the admin's: another database, another mail server, a
--- secret by its path.
---@param layer table
---@param given table what all files and SYNAPSE_CONFIG__ variables say
---@param file? table what homeserver.yaml says
---@return table
function options.beneath(layer, given, file)
  local kept = {}
  for name, value in tables.sorted(layer) do
    if not is_said(name, given, file) then kept[name] = value end
  end
  kept.matrix_authentication_service = without_secret(kept.matrix_authentication_service, given)
  return kept
end

return options
