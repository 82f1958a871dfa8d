-- The configuration that Synapse will run with: the merged layers, and the overlay file, which holds everything that
-- differs from the admin's own file.

local appservices = require "plan.homeserver.appservices"
local document = require "lib.document"
local handed = require "plan.homeserver.handed"
local layers = require "input.layers"
local listener = require "plan.listeners.synapse"
local variables = require "plan.homeserver.variables"
local relative_paths = require "input.relative_paths"
local exclusive = require "input.exclusive"
local secret_options = require "lib.secret_options"
local tables = require "lib.tables"
local turn = require "plan.turn.choice"

local homeserver = {}

-- The secrets that synlua keeps in files.
homeserver.SECRETS = secret_options.kept(false)

--- Defaults: a new homeserver.yaml states them, and the overlay adds those that an existing one does not set.
---@param paths {config: string, data: string}
---@param name string server name
---@param keys? string directory in which Synapse would look for a key that no file names
---@return table
function homeserver.defaults(paths, name, keys)
  local defaults = {
    server_name = name,
    report_stats = false,
    signing_key_path = ("%s/%s.signing.key"):format(keys or paths.config, name),
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

-- The secret of replication, which only workers need. A new homeserver.yaml never states it.
homeserver.REPLICATION = secret_options.kept(true)[1]

local function owned(view, merged)
  local all = listener.of(view.instances[1])
  for _, kept in ipairs(view.listeners.kept) do all[#all + 1] = kept end
  local set = tables.copy(view.shared)
  set.listeners, set.redis = document.seq(all), view.redis.options
  set.app_service_config_files = appservices.listed(merged.app_service_config_files, view.input.appservices)
  set.manhole_settings = view.manhole and tables.copy(view.manhole) or nil
  if merged.log_config == nil then set.log_config = view.paths.log_config end
  return set
end

local function defaults_of(view)
  local defaults = homeserver.defaults(view.paths, view.server_name, view.admin.keys_directory)
  if view.database.options then defaults.database = tables.copy(view.database.options) end
  return defaults
end

-- Its file is beside those of the other secrets.
local function add_replication_secret(view, defaults)
  local secret = homeserver.REPLICATION
  if #view.instances == 1 then return end
  defaults[secret.option .. "_path"] = ("%s/%s%s"):format(view.paths.data, view.server_name, secret.suffix)
end

-- The layer of variables.
local function variables_of(view)
  return variables.layer(view.settings, view.server_name, turn.options(view.turn, view.settings))
end

--- The options that a new homeserver.yaml states: defaults that no variable sets. report_stats is left out, so that its
--- variable has an effect at every start.
---@param view View
---@return table
function homeserver.stated(view)
  local by_variables = variables_of(view)
  local stated = exclusive.without(homeserver.defaults(view.paths, view.server_name), by_variables)
  if view.database.options then stated.database = nil end
  for name in pairs(by_variables) do
    if name ~= "server_name" then stated[name] = nil end
  end
  stated.report_stats = nil
  return stated
end

-- If the admin names a database, nothing of a lower layer's database is merged into it.
local function beneath(low, high, file)
  local kept = exclusive.without(low, high)
  if file and file.database ~= nil then kept.database = nil end
  return kept
end

-- Compared with the homeserver.yaml that is about to be made; otherwise the next start would write another overlay.
local function overlay_of(view, merged)
  local base = view.admin.file or document.map(homeserver.stated(view))
  local final = handed.options(view, merged)
  local overlay, lost = document.overlay(base, final)
  -- Synapse treats null as absent, so the overlay has null for an option of the file that a higher layer removes.
  for _, path in ipairs(lost) do overlay = document.set(overlay, path, document.scalar {text = "null"}) end
  -- Without this option, Synapse would look for the key beside its last --config-path.
  if final.signing_key == nil then
    local said = final.signing_key_path
    local path = type(said) == "table" and said.text or said
    overlay.signing_key_path = path:sub(1, 1) == "/" and said or relative_paths.absolute(path, view.cwd)
  end
  return overlay
end

---@class MergedHomeserver
---@field merged table document: what Synapse will see
---@field options table the same as plain tables
---@field overlay table top-level keys for the second --config-path
---@field origins table<string, string> dotted option -> default, variables, synlua, or what layers.origin says
---@field by_variables table what variables say, whatever the files say
---@field merging {name: string, value: table}[] the four layers, lowest first, for those who explain

--- Merges all layers.
---@param view View
---@return MergedHomeserver
function homeserver.make(view)
  local said = view.admin.document or document.map {}
  local file = view.admin.upheld
  if view.database.over_file then
    said, file = exclusive.without_database(said), file and exclusive.without_database(file)
  end
  local by_variables = variables.beneath(variables_of(view), said, file)
  local high = document.merge(document.map(by_variables), said)
  local defaults = defaults_of(view)
  add_replication_secret(view, defaults)
  defaults = beneath(document.map(defaults), high, file)
  if by_variables.database then defaults.database = nil end
  local list = {
    {name = "default", value = defaults},
    {name = "variables", value = beneath(document.map(by_variables), said, file)},
    {name = "admin", value = said},
  }
  local merged = document.layer(list)
  list[4] = {name = "synlua", value = document.merge(view.taken_back, document.map(owned(view, merged)))}
  local final, origins = document.layer(list)
  for path, origin in pairs(origins) do
    if origin == "admin" then origins[path] = layers.origin(view.admin.layers, path, view.paths.homeserver) end
  end
  return {merged = final, options = document.plain(final), overlay = overlay_of(view, final), origins = origins,
    merging = list, by_variables = variables_of(view)}
end

return homeserver
