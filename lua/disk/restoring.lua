-- EDGE
-- The data directory of a restore: it must be empty, nobody else may use it, and a mark stands in it until the end.
-- What lies beside the mark comes from a restore that was interrupted, and is removed.

local contents = require "plan.backup.contents"
local directories = require "disk.directories"
local file = require "core.file"
local grounds = require "plan.identity.grounds"
local octal = require "lib.octal"
local prepare = require "disk.prepare"
local records = require "lib.records"
local system = require "core.system"
local tables = require "lib.tables"

local restoring = {}

local HANDOVER = ".synlua.handover"
local LOADS = "\nloads a database outside\n" -- the mark's second line
local NAMED = 5
-- The name under which file.replace writes the mark. Whoever writes the mark again removes such a file.
local BEGUN = "." .. records.RESTORING .. ".new"

-- The first component of a path below the data directory.
local function top_of(path, data)
  local inner = contents.below(path, data)
  return inner and inner:match "^[^/]+"
end

-- The names of what is there beside what may be there already.
local function strange(data, kept)
  local names = {}
  local known = {["lost+found"] = true, [".synlua.lock"] = true, [records.RESTORING] = true, [BEGUN] = true}
  for _, path in ipairs(kept) do known[top_of(path, data) or ""] = true end
  for name in tables.sorted(file.list(data, "") or {}) do
    if not known[name] then names[#names + 1] = name end
  end
  return names
end

local function in_use(directory, names)
  return {where = directory, hint = "restore into an empty data directory, or move what is there away",
    what = ("is in use: it holds %s%s"):format(table.concat(names, ", ", 1, math.min(#names, NAMED)),
      #names > NAMED and (" and %d more"):format(#names - NAMED) or "")}
end

-- The places of media and of SQLite outside of the data directory.
local function elsewhere_problem(view, said)
  local media = not contents.below(said.media, view.paths.data) and said.media
  if media and not directories.is_empty(media) then
    return in_use(media, tables.keys(file.list(media, "") or {}))
  end
  local sqlite = said.database == "sqlite" and not contents.below(said.sqlite, view.paths.data) and said.sqlite
  if sqlite and file.stat(sqlite) then
    return {where = sqlite, what = "exists already", hint = "move it away"}
  end
end

--- Why nothing can be restored into the data directory.
---@param view View
---@param said Manifest
---@return Problem?
function restoring.problem(view, said)
  local names = strange(view.paths.data, {view.settings.SYNLUA_BACKUP_DIR, view.paths.runtime})
  if #names > 0 then return in_use(view.paths.data, names) end
  return not file.stat_below(view.paths.data, records.RESTORING) and elsewhere_problem(view, said) or nil
end

local taken = false

local function take(data)
  local ok, problem = taken, nil
  if not taken then ok, problem = prepare.lock(data, "SYNAPSE_DATA_DIR") end
  taken = ok or taken
  return ok, problem
end

--- Empties the data directory where a restore was interrupted: what is there could neither be used nor be planned with.
---@param data string
---@param kept string[] paths that stay: backups, the runtime directory
---@return Problem?
function restoring.clear(data, kept)
  local mark = file.stat_below(data, records.RESTORING)
  if not mark then return end
  if system.identity().uid == 0 and mark.uid ~= 0 then
    return {where = data .. "/" .. records.RESTORING, hint = "restore into an empty data directory",
      what = ("belongs to uid %d, and only a mark of root's says that all of this may go"):format(mark.uid)}
  end
  local ok, problem = take(data)
  if not ok then return problem end
  for _, name in ipairs(strange(data, kept)) do
    local gone, what = file.remove_tree(data, name)
    if not gone then return {where = data .. "/" .. name, what = what, hint = "remove it"} end
  end
end

--- Writes a file of synlua's own into the data directory.
---@param view View
---@param item {path: string, bytes: string, mode: integer}
---@return true|nil
---@return Problem?
function restoring.put(view, item)
  local own = system.identity()
  local ok, what = file.replace(view.paths.data, item.path, item.bytes,
    {mode = item.mode, uid = own.uid == 0 and 0 or nil, gid = own.uid == 0 and 0 or nil, durable = true})
  if ok then return true end
  return nil, {where = view.paths.data .. "/" .. item.path, what = what, hint = "mend that, then restore again"}
end

local function put_mark(view, text)
  return restoring.put(view, {path = records.RESTORING, bytes = text, mode = octal "0644"})
end

--- Takes the data directory, and puts the mark there.
---@param view View
---@param said Manifest
---@param name string of the backup
---@return true|nil
---@return Problem?
function restoring.begin(view, said, name)
  local ok, problem = directories.make(grounds.directories(view), system.identity().uid == 0)
  if ok then ok, problem = take(view.paths.data) end
  if ok then
    problem = restoring.problem(view, said)
    ok = not problem
  end
  if not ok then return nil, problem end
  local before = file.read_below(view.paths.data, records.RESTORING)
  return before == name .. LOADS or put_mark(view, name .. "\n")
end

--- Whether an interrupted restore of the same backup may have loaded the database outside, which was empty then.
---@param view View
---@return boolean
function restoring.loads(view)
  return (file.read_below(view.paths.data, records.RESTORING) or ""):find(LOADS, 1, true) ~= nil
end

--- Notes that from now on it may be loaded.
---@param view View
---@param name string of the backup
---@return true|nil
---@return Problem?
function restoring.note_load(view, name) return put_mark(view, name .. LOADS) end

-- What of a mode is put back: no file acts with its owner's rights.
local FILE_BITS, DIRECTORY_BITS = octal "0777", octal "03777"

-- Who owns it here: Synapse's user may have another number than there.
local function owner(view, said, entry)
  local mode = entry.mode & (entry.directory and DIRECTORY_BITS or FILE_BITS)
  if system.identity().uid ~= 0 then return {mode = mode} end
  local synapse = view.users.synapse
  return {mode = mode, uid = entry.uid == said.uid and synapse.uid or 0,
    gid = entry.gid == said.gid and synapse.gid or 0}
end

-- The directory and the path below it to which an entry goes. What lay elsewhere is kept beside the data, for the admin
-- to put there, and so is configuration in whose place another one stands.
local function place_of(view, entry)
  local kind, path = entry.name:match "^(%a+)/(.*)$"
  if kind == "data" then return view.paths.data, path end
  local present = kind == "config" and file.read_below(view.paths.config, path)
  if kind == "config" and (not present or present == entry.bytes) then return view.paths.config, path end
  return view.paths.data, records.RESTORED .. "/" .. (path or entry.name), true
end

local function make_parents(view, base, path, apart)
  local parent = path:match "^(.*)/[^/]+$"
  if not parent or file.stat_below(base, parent) then return true end
  local user = view.users.own
  local mode = apart and octal "0700" or octal "0755"
  return file.mkdir(base, parent, {mode = mode, uid = user.uid == 0 and 0 or nil, gid = user.uid == 0 and 0 or nil})
end

local function put_entry(view, said, entry)
  local base, path, apart = place_of(view, entry)
  local options = owner(view, said, entry)
  local ok, what = make_parents(view, base, path, apart)
  options.durable = true
  if ok and entry.directory then
    ok, what = file.mkdir(base, path, options)
  elseif ok then
    ok, what = file.replace(base, path, entry.bytes, options)
  end
  if not ok then return nil, {where = base .. "/" .. path, what = what, hint = "move it away, then restore again"} end
  return true, apart and base .. "/" .. path
end

--- Writes root's part.
---@param view View
---@param said Manifest
---@param entries Packed[]
---@return string[]|nil apart paths of files that lay outside of data and configuration
---@return Problem?
function restoring.write(view, said, entries)
  local apart = {}
  for _, entry in ipairs(entries) do
    local ok, more = put_entry(view, said, entry)
    if not ok then return nil, more end
    apart[#apart + 1] = more or nil
  end
  return apart
end

-- Makes a directory of the data directory for a user.
local function make(view, name, mode, uid, gid)
  local owned = system.identity().uid == 0 and {mode = mode, uid = uid, gid = gid} or {mode = octal "0700"}
  local ok, what = file.mkdir(view.paths.data, name, owned)
  if ok then return view.paths.data .. "/" .. name end
  return nil, {where = view.paths.data .. "/" .. name, what = what, hint = "mend that, then restore again"}
end

--- A directory in which Synapse's user hands the dump to PostgreSQL's; its path.
---@param view View
---@return string|nil
---@return Problem?
function restoring.hand_over(view)
  local synapse = view.users.synapse
  return make(view, HANDOVER, octal "02750", synapse.uid, (view.users.postgres or synapse).gid)
end

--- The directory of clusters.
---@param view View
---@return string|nil
---@return Problem?
function restoring.clusters(view)
  local postgres = view.users.postgres
  return make(view, "postgres", octal "0700", postgres.uid, postgres.gid)
end

--- Ends the restore. Until here nothing may use the directory.
---@param view View
---@param record File of the database
---@return true|nil
---@return Problem?
function restoring.finish(view, record)
  local data = view.paths.data
  local ok, what = file.remove_tree(data, HANDOVER)
  if not ok then return nil, {where = data .. "/" .. HANDOVER, what = what, hint = "remove it"} end
  local written, problem = restoring.put(view, record)
  if not written then return nil, problem end
  ok, what = file.remove(data, records.RESTORING)
  if not ok then return nil, {where = data .. "/" .. records.RESTORING, what = what, hint = "restore again"} end
  return true
end

return restoring
