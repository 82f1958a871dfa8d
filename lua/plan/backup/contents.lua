-- What a backup holds of a server, and what of its data directory is left out. Pure.

local database_sections = require "input.database_sections"
local database = require "plan.database.choice"
local document = require "lib.document"
local named_files = require "plan.homeserver.named_files"
local records = require "lib.records"
local relative_paths = require "input.relative_paths"
local tables = require "lib.tables"

local contents = {}

-- What is made anew, or is kept by its own service. The record of the database says which one is used, and a restore
-- may choose another; the manifest says the rest of it. With the record of jobs, a restored server would make up for
-- runs that were missed long ago.
local LEFT_OUT = {"lost+found", "logs", "postgres", "prometheus", records.SERVICES, ".synlua.lock",
  ".synlua.backup.lock", records.CHECKED,
  records.DATABASE, records.JOBS, records.NGINX, records.RESTORED, records.RESTORING, records.TEMPORARY, records.TRIED}

local SQLITE = {"", "-journal", "-shm", "-wal"} -- the endings of the files of an SQLite database

--- The path below a directory; nil where it lies elsewhere.
---@param path string|nil
---@param base string
---@return string|nil
function contents.below(path, base)
  return path and path:sub(1, #base + 1) == base .. "/" and path:sub(#base + 2) or nil
end

--- The directory of media.
---@param view View
---@return string
function contents.media(view)
  return relative_paths.absolute(tostring(view.homeserver.options.media_store_path), view.cwd)
end

--- Relative paths in the data directory that no backup holds as files.
---@param view View
---@return string[]
function contents.left_out(view)
  local data, list = view.paths.data, {table.unpack(LEFT_OUT)}
  local function add(path) list[#list + 1] = contents.below(path, data) end
  add(contents.media(view))
  add(view.settings.SYNLUA_BACKUP_DIR)
  add(view.paths.runtime)
  for _, ending in ipairs(SQLITE) do add((view.input.store.sqlite_named or "") .. ending) end
  return list
end

--- How Synapse reaches its database.
---@param view View
---@return {kind: "sqlite", path: string}|{kind: "postgres", args: table}|nil nil: there is none yet
function contents.database(view)
  if view.database.kind == "sqlite" then
    return view.input.store.sqlite and {kind = "sqlite", path = view.input.store.sqlite}
  end
  local said = database_sections.main(document.plain(view.homeserver.merged))
  local args = tables.copy(said.args)
  if view.database.kind == "builtin" then args.dbname = database.NAME end
  return {kind = "postgres", args = args}
end

--- Files outside of the data directory that the configuration names: absolute paths, each once.
---@param view View
---@return string[]
function contents.elsewhere(view)
  local found = {}
  local function add(path)
    if type(path) == "string" and path:sub(1, 1) == "/" and not contents.below(path, view.paths.data) then
      found[path] = true
    end
  end
  for _, path in ipairs(named_files.all(view)) do add(path) end
  for _, secret in ipairs(view.secrets) do add(secret.path) end
  for _, part in ipairs {"certificate", "key"} do add(view.tls[part] and view.tls[part].path) end
  add(view.signing and view.signing.path)
  add(view.input.well_known and view.input.well_known.path)
  for name in pairs(view.input.files) do add(view.input.environment[name .. "_FILE"]) end
  for path in pairs(found) do -- what synlua makes at each start
    if contents.below(path, view.paths.runtime) then found[path] = nil end
  end
  return tables.keys(found)
end

--- The names of the variables of synlua that are set, without their values.
---@param view View
---@return string[]
function contents.variables(view)
  local names = {}
  for _, source in pairs(view.settings.sources) do names[source] = true end
  return tables.keys(names)
end

return contents
