-- EDGE
-- Backups on disk: which there are, and root's part of one, which holds what only root or the admin writes.

local contents = require "plan.backup.contents"
local file = require "core.file"
local manifest = require "lib.manifest"
local octal = require "lib.octal"
local system = require "core.system"
local tables = require "lib.tables"
local tar = require "lib.tar"

local backups = {}

local FILE_MAX, MANIFEST_MAX, ADMIN_MAX = 64 << 20, 1 << 20, 512 << 20
local STICKY, OTHERS_WRITE = octal "01000", octal "0022"
local LOCK = ".synlua.backup.lock"
local READING = ".synlua.reading" -- in a backup: the lock of who reads it
local held = {} -- paths of backups whose lock is ours

backups.ROOM = 256 << 20 -- bytes of root's files; a restore takes in ADMIN_MAX, with what an archive adds

backups.OPEN, backups.CLOSED = octal "0711", octal "0700"

-- Which owner a new file or directory gets: root can choose.
local function owned(mode, user)
  local own = system.identity()
  if own.uid ~= 0 then return {mode = mode} end
  return {mode = mode, uid = user and user.uid or own.uid, gid = user and user.gid or own.gid}
end

backups.owned = owned

--- All backups in a directory: name -> whether it is finished.
---@param directory string
---@return table<string, boolean>
function backups.all(directory)
  local found = {}
  for name, stat in pairs(file.list(directory, "") or {}) do
    if stat.kind == "directory" and name:find "%-%d+T%d+Z$" then
      found[name] = file.stat_below(directory, name .. "/" .. manifest.FILE) ~= nil
    end
  end
  return found
end

--- The newest finished one of a server.
---@param directory string
---@param server string
---@return string|nil name
function backups.newest(directory, server)
  local newest
  for name, finished in tables.sorted(backups.all(directory)) do
    if finished and manifest.is_name(name, server) then newest = name end
  end
  return newest
end

--- Takes a directory for one backup at a time, making it where it is missing.
---@param directory string
---@return true|nil
---@return Problem?
function backups.take(directory)
  if not file.stat(directory) then
    local ok, what = file.mkdir(directory, "", owned(backups.OPEN))
    if not ok then return nil, {where = directory, what = what, hint = "make it, or name another"} end
  end
  local ok, what, name = system.lock(directory, LOCK)
  if ok then return true end
  if name == "EAGAIN" then
    return nil, {where = directory, what = "another backup is being made there", hint = "wait until it ends"}
  end
  return nil, {where = directory, what = what, hint = "make it writable, or name another"}
end

--- Lets Synapse's user into a backup, or closes it again. On a read-only disk it stays as it is.
---@param directory string
---@param name string
---@param mode integer
function backups.admit(directory, name, mode)
  if system.identity().uid == 0 then file.mkdir(directory, name, owned(mode)) end
end

--- Takes a backup for one reader. On a read-only disk nobody closes or removes it meanwhile.
---@param directory string
---@param name string
---@return true|nil
---@return Problem?
function backups.read(directory, name)
  local path = directory .. "/" .. name
  held[path] = held[path] or select(3, system.lock(path, READING)) ~= "EAGAIN" or nil
  if held[path] then return true end
  return nil, {where = path, what = "another command reads this backup", hint = "wait until it ends"}
end

--- Closes a backup, or all that an interrupted command has left open. What somebody reads stays open.
---@param directory string
---@param one? string name
function backups.close(directory, one)
  for name, finished in tables.sorted(one and {[one] = true} or backups.all(directory)) do
    local stat = finished and file.stat_below(directory, name)
    if stat and stat.mode ~= backups.CLOSED and backups.read(directory, name) then
      backups.admit(directory, name, backups.CLOSED)
    end
  end
end

--- Removes backups.
---@param directory string
---@param names string[]
---@return true|nil
---@return Problem?
function backups.remove(directory, names)
  for _, name in ipairs(names) do
    -- First the manifest: what is left of it is no backup any more.
    local ok, what = file.remove(directory, name .. "/" .. manifest.FILE)
    if ok then ok, what = file.remove_tree(directory, name) end
    if not ok then return nil, {where = directory .. "/" .. name, what = what, hint = "remove it"} end
  end
  return true
end

local function add_file(made, path, name, text, stat)
  local what = ("is too much: of root's files, a backup holds %d bytes"):format(backups.ROOM)
  if made.size + #text > backups.ROOM then return table.insert(made.left, {path, what}) end
  made.size = made.size + #text
  made.entries[#made.entries + 1] = {name = name, bytes = text, mode = stat.mode, uid = stat.uid, gid = stat.gid,
    mtime = stat.mtime}
end

-- Whether only root can have put a file there: then whatever is in the directory is for this part. In one with the
-- sticky bit, root's own files are.
local function is_roots(stat, directory, view)
  if directory.mode & OTHERS_WRITE == 0 then return stat.uid == 0 or stat.uid == view.users.synapse.uid end
  return directory.mode & STICKY ~= 0 and stat.uid == 0
end

local function read_data(view, made, path, stat)
  local full, text, now = view.paths.data .. "/" .. path, file.read_below(view.paths.data, path, FILE_MAX)
  if text and now.uid == stat.uid then return add_file(made, full, "data/" .. path, text, now) end
  made.left[#made.left + 1] = {full, text and "was exchanged" or now}
end

local function walk(view, made, inner, directory)
  local data = view.paths.data
  local function look(path, stat)
    if stat.kind == "directory" and stat.uid == 0 then
      made.entries[#made.entries + 1] = {name = "data/" .. path, directory = true, mode = stat.mode, uid = stat.uid,
        gid = stat.gid, mtime = stat.mtime}
      walk(view, made, path, stat)
    elseif stat.kind == "file" and is_roots(stat, directory, view) then
      read_data(view, made, path, stat)
    elseif stat.kind == "link" and stat.uid == 0 then
      made.left[#made.left + 1] = {data .. "/" .. path, "is a link"}
    end
  end
  local entries = file.list(data, inner) or {}
  if inner ~= "" and entries[LOCK] and entries[LOCK].uid == 0 then return end -- backups
  for name, stat in tables.sorted(entries) do
    local path = inner == "" and name or inner .. "/" .. name
    if not made.skip[path] then look(path, stat) end
  end
end

-- What the configuration names outside of the data directory.
local function add_elsewhere(view, made)
  local config = view.paths.config
  for _, path in ipairs(contents.elsewhere(view)) do
    local text, why, code = view.input.reader.read(path, FILE_MAX)
    local stat, below = file.stat(path), contents.below(path, config)
    if text and stat then
      add_file(made, path, below and "config/" .. below or "elsewhere" .. path, text, stat)
    elseif code ~= "ENOENT" then
      made.left[#made.left + 1] = {path, why}
    end
  end
end

--- Whether root's part holds files of the data directory. In one that belongs to Synapse, nothing is root's for sure.
---@param view View
---@return boolean
function backups.has_roots_files(view)
  local data = file.stat(view.paths.data)
  return view.users.own.uid == 0 and view.users.synapse.uid ~= 0 and data ~= nil and data.uid == 0
end

--- Root's part.
---@param view View
---@return string archive
---@return {[1]: string, [2]: string}[] left what is not in it, and why
function backups.admin_part(view)
  local made = {entries = {}, left = {}, skip = {}, size = 0}
  for _, path in ipairs(contents.left_out(view)) do made.skip[path] = true end
  add_elsewhere(view, made) -- first, because there are keys among them
  if backups.has_roots_files(view) then walk(view, made, "", file.stat(view.paths.data)) end
  return tar.pack(made.entries), made.left
end

--- The manifest of a backup that root may believe.
---@param directory string
---@param name string
---@return Manifest|nil
---@return Problem?
function backups.manifest(directory, name)
  local path = ("%s/%s/%s"):format(directory, name, manifest.FILE)
  local text, stat, code = file.read_below(directory, name .. "/" .. manifest.FILE, MANIFEST_MAX)
  if not text and code == "ENOENT" then
    return nil, {where = directory .. "/" .. name, what = "is no finished backup", hint = "name the directory of one"}
  end
  if not text then return nil, {where = path, what = stat, hint = "restore as root, or as its owner"} end
  if system.identity().uid == 0 and stat.uid ~= 0 then
    return nil, {where = path, what = ("belongs to uid %d, who could have changed what root is going to write"):format(
      stat.uid), hint = ("if it is yours: chown root %s %s/%s/%s"):format(path, directory, name, manifest.ADMIN)}
  end
  local made, what = manifest.read(text)
  if not made then return nil, {where = path, what = what, hint = "use another backup"} end
  return made
end

--- The bytes of root's part, which are what they were.
---@param directory string
---@param name string
---@param said Manifest
---@return string|nil
---@return Problem?
function backups.admin_bytes(directory, name, said)
  local inner = manifest.ADMIN .. (said.sealed and manifest.SEALED or "")
  local path = ("%s/%s/%s"):format(directory, name, inner)
  local text, why = file.read_below(directory, name .. "/" .. inner, ADMIN_MAX)
  if not text then return nil, {where = path, what = why, hint = "use another backup"} end
  local piece
  for _, one in ipairs(said.pieces) do piece = one.name == inner and one or piece end
  local same = piece and #text == piece.size and require "lib.sha256"(text) == piece.sum
  if not same then
    return nil, {where = path, what = "is not what it was when the backup was made", hint = "use another backup"}
  end
  return text
end

--- What is in it.
---@param text string
---@return Packed[]|nil
---@return Problem?
function backups.admin_entries(text)
  local entries, what = tar.read(text)
  if not entries then return nil, {where = manifest.ADMIN, what = what, hint = "use another backup"} end
  return entries
end

return backups
