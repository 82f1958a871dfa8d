-- A complete homeserver.yaml for Synapse without synlua: one process, nothing in front.

local database_sections = require "input.database_sections"
local document = require "lib.document"
local mas = require "plan.identity.mas"
local relative_paths = require "input.relative_paths"
local tables = require "lib.tables"

local leave = {}

local function default_listener(view)
  return document.map {
    port = view.listeners.port, type = "http", tls = false, x_forwarded = true,
    resources = document.seq {document.map {names = document.seq {"client", "federation"}, compress = false}},
  }
end

-- A secret whose file is in the runtime directory is written out, because that directory goes away.
local function with_secret(view, section)
  if not mas.secret_file(view) then return section end
  local made = tables.copy(section)
  made.secret_path, made.secret = nil, view.settings.SYNAPSE_MAS_SECRET
  return document.map(made)
end

--- The document: defaults, variables and the admin's options. Of synlua's own options it has only the paths of keys.
---@param view View
---@return table
function leave.document(view)
  local layers = {table.unpack(view.homeserver.merging, 1, 3)}
  local made = tables.copy(document.layer(layers))
  made.worker_replication_secret_path = view.admin.document and view.admin.document.worker_replication_secret_path
  if made.listeners == nil then made.listeners = document.seq {default_listener(view)} end
  if made.report_stats == nil then made.report_stats = false end
  if made.log_config == nil then made.log_config = view.settings.SYNAPSE_LOG_CONFIG end
  made.matrix_authentication_service = with_secret(view, made.matrix_authentication_service)
  if made.signing_key == nil then made.signing_key_path = view.homeserver.overlay.signing_key_path end
  return document.map(made)
end

local function list_of(value) return type(value) == "table" and value or {} end

local function where_database(view, plain)
  if view.database.kind == "builtin" then
    return ("the database: PostgreSQL's cluster in %s/postgres; run a server of that version on it, or dump it (synlua "
      .. "psql) and load it elsewhere, and mend `database` in the file"):format(view.paths.data)
  end
  local main = database_sections.main(plain)
  local args = main and main.args or {}
  if view.database.kind == "outside" then
    return "the PostgreSQL server: " .. tostring(args.host or "on this machine")
  end
  return "the SQLite file: " .. relative_paths.absolute(tostring(args.database or "homeserver.db"), view.cwd)
end

local NAMED = {signing_key_path = "the signing key", media_store_path = "media", log_config = "logging"}

-- Other files that the document names.
local function belongings(view, plain)
  local list = {where_database(view, plain)}
  for key, value in tables.sorted(plain) do
    local what = NAMED[key] or tostring(key):match "_secret_path$" and "a secret" or tostring(key):match "_key_path$"
      and "a key"
    if what and type(value) == "string" then
      list[#list + 1] = ("%s: %s"):format(what, relative_paths.absolute(value, view.cwd))
    end
  end
  for _, path in ipairs(list_of(plain.app_service_config_files)) do
    list[#list + 1] = "an application service: " .. relative_paths.absolute(tostring(path), view.cwd)
  end
  return list
end

--- Lists for people what else belongs to the server.
---@param view View
---@param made table of leave.document
---@param file string where it is
---@param back? string command that makes Synapse's again what starts made root's
---@return string[]
function leave.words(view, made, file, back)
  local plain = document.plain(made)
  local lines = {
    ("%s is written: all of Synapse's configuration, secrets included; keep it to Synapse's user."):format(file),
    "With it go:",
  }
  for _, line in ipairs(belongings(view, plain)) do lines[#lines + 1] = "  " .. line end
  lines[#lines + 1] = ("Start it in %s: python -m synapse.app.homeserver -c %s"):format(view.cwd, file)
  lines[#lines + 1] = ("It is one process that listens by itself; its listeners are those of the file (port %d).")
    :format(view.listeners.port)
  if #view.instances > 1 then
    lines[#lines + 1] = "The workers of SYNAPSE_WORKER_TYPES are no part of it, nor is Redis."
  end
  if #view.admin.layers > view.admin.plain_files then
    lines[#lines + 1] = "What homeserver.d and SYNAPSE_CONFIG__ variables say is in it."
  end
  if back then
    lines[#lines + 1] = "Starts have made homeserver.yaml or its directory root's. Synapse runs on that as it is. To "
      .. "give it back, stop synlua and run as root:"
    lines[#lines + 1] = "  " .. back
  end
  return lines
end

return leave
