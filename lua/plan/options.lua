-- The options of homeserver.yaml that set variables mean.

local schema = require "settings.schema"
local tables = require "tables"

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

local function mas(settings)
  local endpoint = settings.SYNAPSE_MAS_ENDPOINT
  return endpoint and {enabled = true, endpoint = endpoint, secret = settings.SYNAPSE_MAS_SECRET} or nil
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

-- An option here and those of homeserver.yaml that Synapse refuses beside it, or that only make sense together.
local RIVALS = {database = {"database", "databases", "database_path"}, email = {"email"},
  matrix_authentication_service = {"matrix_authentication_service"}}

local function is_said(name, homeserver)
  for _, rival in ipairs(RIVALS[name] or {name .. "_path"}) do
    if homeserver[rival] ~= nil then return true end
  end
  return false
end

--- The layer without what homeserver.yaml says in a way that cannot be merged with it: another database, another mail
--- server, a secret by its path.
---@param layer table
---@param homeserver table the content of homeserver.yaml
---@return table
function options.beneath(layer, homeserver)
  local kept = {}
  for name, value in tables.sorted(layer) do
    if not is_said(name, homeserver) then kept[name] = value end
  end
  return kept
end

return options
