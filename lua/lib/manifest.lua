-- The manifest of a backup: what it holds, from which server and which versions, and the sum of each piece. It is
-- written last, and its own last line is the sum of all others: without it there is no backup.

local sha256 = require "lib.sha256"
local tables = require "lib.tables"

local manifest = {}

manifest.FILE = "MANIFEST"
manifest.SEALED = ".age" -- the ending of an encrypted piece
manifest.ADMIN, manifest.SYNAPSE = "admin.tar", "synapse" -- root's part, and the directory of Synapse's

manifest.TIME = "!%Y-%m-%dT%H:%M:%SZ"

local FIRST = "synlua backup 1"

---@class Manifest
---@field made string such as 2026-03-01T04:00:00Z
---@field server string
---@field synlua string
---@field synapse? string the one that ran last
---@field before? string the Synapse that was about to start
---@field database "sqlite"|"builtin"|"outside"
---@field postgres? integer major version of the server
---@field sqlite? string path of the database
---@field moved? string path of the SQLite file whose content was moved to this database
---@field data string
---@field config string
---@field homeserver string
---@field media string directory
---@field media_how "link"|"whole"|"list"
---@field media_files integer
---@field uid integer of Synapse
---@field gid integer
---@field rehearsed boolean
---@field sealed boolean its pieces are encrypted, and have an ending of their own
---@field variables string[] names of those that were set
---@field rows table<string, integer>
---@field pieces {name: string, size: integer, sum: string}[]

local TEXTS = {"made", "server", "synlua", "synapse", "before", "database", "sqlite", "moved", "data", "config",
  "homeserver", "media", "media_how"}
local NUMBERS = {"postgres", "media_files", "uid", "gid"}
local FLAGS = {"rehearsed", "sealed"}
local NEEDED = {"made", "server", "synlua", "database", "data", "config", "homeserver", "media", "media_how", "uid",
  "gid", "media_files"}

--- The text.
---@param made Manifest
---@return string
function manifest.text(made)
  local lines = {FIRST}
  for _, names in ipairs {TEXTS, NUMBERS} do
    for _, name in ipairs(names) do
      if made[name] ~= nil then
        assert(not tostring(made[name]):find "\n", name)
        lines[#lines + 1] = ("%s %s"):format(name, made[name])
      end
    end
  end
  for _, name in ipairs(FLAGS) do lines[#lines + 1] = ("%s %s"):format(name, made[name] and "yes" or "no") end
  for _, name in ipairs(made.variables) do lines[#lines + 1] = "variable " .. name end
  for name, count in tables.sorted(made.rows) do lines[#lines + 1] = ("rows %s %d"):format(name, count) end
  for _, piece in ipairs(made.pieces) do
    lines[#lines + 1] = ("piece %s %d %s"):format(piece.sum, piece.size, piece.name)
  end
  local text = table.concat(lines, "\n") .. "\n"
  return ("%send %s\n"):format(text, sha256(text))
end

local function add_line(made, key, rest)
  if key == "variable" then
    made.variables[#made.variables + 1] = rest
  elseif key == "rows" then
    local name, count = rest:match "^(%S+) (%d+)$"
    if name then made.rows[name] = math.tointeger(tonumber(count)) end
  elseif key == "piece" then
    local sum, size, name = rest:match "^(%x+) (%d+) (%S+)$"
    made.pieces[#made.pieces + 1] = {sum = sum, size = math.tointeger(tonumber(size)), name = name}
  elseif key == FLAGS[1] or key == FLAGS[2] then
    made[key] = rest == "yes"
  else
    made[key] = rest
  end
end

--- Reads it; nil and what is wrong with it.
---@param text string
---@return Manifest|nil
---@return string? what
function manifest.read(text)
  local version = text:match "^synlua backup (%d+)\n"
  if not version then return nil, "is no manifest of a backup" end
  local body, sum = text:match "^(.*\n)end (%x+)\n$"
  if not body then return nil, "is cut off: the backup was not finished" end
  if sha256(body) ~= sum then return nil, "is not what it was when the backup was made" end
  if version ~= "1" then return nil, ("is of a later synlua (version %s of backups)"):format(version) end
  local made = {variables = {}, rows = {}, pieces = {}, rehearsed = false, sealed = false}
  for line in body:gmatch "\n([^\n]+)" do add_line(made, line:match "^(%S+) (.*)$") end
  for _, name in ipairs(NUMBERS) do made[name] = math.tointeger(tonumber(made[name])) end
  for _, name in ipairs(NEEDED) do
    if made[name] == nil then return nil, "does not say " .. name end
  end
  return made
end

--- The name of a backup. Names of one server sort by their time.
---@param server string
---@param stamp string such as 20260301T040000Z
---@return string
function manifest.name(server, stamp) return server:gsub("[^%w.-]", "_") .. "-" .. stamp end

--- Whether a name is one of that server's backups.
---@param name string
---@param server string
---@return boolean
function manifest.is_name(name, server)
  local front = server:gsub("[^%w.-]", "_") .. "-"
  return name:sub(1, #front) == front and name:find("^%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ$", #front + 1) ~= nil
end

--- What is removed once a new backup is finished: what was begun and not finished, and the oldest beyond so many.
---@param found table<string, boolean> name -> whether it is finished
---@param server string
---@param keep integer
---@return string[] names
function manifest.spare(found, server, keep)
  local whole, remove = {}, {}
  for name, finished in tables.sorted(found) do
    if manifest.is_name(name, server) then
      local list = finished and whole or remove
      list[#list + 1] = name
    end
  end
  for at = 1, #whole - keep do remove[#remove + 1] = whole[at] end
  table.sort(remove)
  return remove
end

--- Pieces that Synapse's user checks, by their names in its directory.
---@param said Manifest
---@return {[1]: string, [2]: integer, [3]: string}[]
function manifest.pieces(said)
  local list = {}
  for _, piece in ipairs(said.pieces) do
    local inner = piece.name:match("^" .. manifest.SYNAPSE .. "/(.+)$")
    if inner then list[#list + 1] = {inner, piece.size, piece.sum} end
  end
  return list
end

return manifest
