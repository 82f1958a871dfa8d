-- The options of homeserver.yaml that set variables mean.

local document = require "lib.document"
local schema = require "settings.schema"
local tables = require "lib.tables"

local options = {}

-- What link previews must not reach: this host, private networks, ranges nobody owns.
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
  if not (sources.POSTGRES_HOST or sources.POSTGRES_PASSWORD) then return nil end
  local commit
  if sources.SYNAPSE_POSTGRES_ENABLE_SYNCHRONOUS_COMMIT then
    commit = settings.SYNAPSE_POSTGRES_ENABLE_SYNCHRONOUS_COMMIT
  end
  return {
    name = "psycopg2",
    synchronous_commit = commit,
    args = {
      host = settings.POSTGRES_HOST, port = settings.POSTGRES_PORT, dbname = settings.POSTGRES_DB,
      user = settings.POSTGRES_USER, password = settings.POSTGRES_PASSWORD,
      cp_min = settings.POSTGRES_CP_MIN, cp_max = settings.POSTGRES_CP_MAX,
    },
  }
end

local function email(settings)
  if not settings.SYNAPSE_EMAIL then return nil end
  local block = tables.copy(TLS[settings.SYNAPSE_EMAIL_TLS])
  block.enable_notifs = true
  block.smtp_host, block.smtp_port = settings.SYNAPSE_EMAIL_SMTP_HOST, settings.SYNAPSE_EMAIL_SMTP_PORT
  block.smtp_user, block.smtp_pass = settings.SYNAPSE_EMAIL_SMTP_USER, settings.SYNAPSE_EMAIL_SMTP_PASS
  block.notif_from, block.app_name = settings.SYNAPSE_EMAIL_NOTIF_FROM, settings.SYNAPSE_EMAIL_APP_NAME
  return block
end

--- Where the secret of SYNAPSE_MAS_SECRET is for Synapse alone, anew at each start.
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
---@return table layer plain nested tables
function options.layer(settings)
  local layer = {}
  for _, entry in ipairs(schema.entries) do
    if entry.option and settings.sources[entry.name] and settings[entry.name] ~= nil then
      put(layer, entry.option, settings[entry.name])
    end
  end
  layer.database, layer.email = database(settings), email(settings)
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

local DATABASE = {
  host = "POSTGRES_HOST", port = "POSTGRES_PORT", dbname = "POSTGRES_DB", user = "POSTGRES_USER",
  password = "POSTGRES_PASSWORD", cp_min = "POSTGRES_CP_MIN", cp_max = "POSTGRES_CP_MAX",
}

-- Options that a variable sets beside, or as a part of, what it is about.
local BESIDE = {
  email = "SYNAPSE_EMAIL", url_preview_ip_range_blacklist = "SYNAPSE_URL_PREVIEW_ENABLED",
  enable_registration_captcha = "SYNAPSE_RECAPTCHA_PUBLIC_KEY",
  app_service_config_files = "SYNAPSE_AS_REGISTRATION_DIR",
  ["email.smtp_host"] = "SYNAPSE_EMAIL_SMTP_HOST", ["email.smtp_port"] = "SYNAPSE_EMAIL_SMTP_PORT",
  ["email.smtp_user"] = "SYNAPSE_EMAIL_SMTP_USER", ["email.smtp_pass"] = "SYNAPSE_EMAIL_SMTP_PASS",
  ["email.notif_from"] = "SYNAPSE_EMAIL_NOTIF_FROM", ["email.app_name"] = "SYNAPSE_EMAIL_APP_NAME",
  matrix_authentication_service = "SYNAPSE_MAS_ENDPOINT",
  ["matrix_authentication_service.secret_path"] = "SYNAPSE_MAS_SECRET",
  ["database.synchronous_commit"] = "SYNAPSE_POSTGRES_ENABLE_SYNCHRONOUS_COMMIT",
}
for key, variable in pairs(DATABASE) do BESIDE["database.args." .. key] = variable end

--- Which set variable is behind each option of the layer: dotted option -> the name the admin set.
---@param settings Settings
---@return table<string, string>
function options.sources(settings)
  local found = {database = settings.sources.POSTGRES_HOST or settings.sources.POSTGRES_PASSWORD}
  for option, variable in pairs(BESIDE) do found[option] = settings.sources[variable] end
  for _, entry in ipairs(schema.entries) do
    if entry.option then found[entry.option] = settings.sources[entry.name] end
  end
  return found
end

-- What is one thing: another database, mail server or authentication service in homeserver.yaml has no part of ours.
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

-- A secret that a higher layer says beside our address of the authentication service.
local function without_secret(section, given)
  local said = given.matrix_authentication_service
  if not section or document.kind(said) ~= "map" or said.secret == nil then return section end
  local kept = tables.copy(section)
  kept.secret_path = nil
  return kept
end

--- The layer without what the admin says in a way that cannot be merged with it: another database, another mail
--- server, a secret by its path.
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
