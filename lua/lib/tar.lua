-- Archives in the format of tar (ustar with pax headers for long names): files and directories, each with its mode and
-- the numbers of its owner. Every tar can read them.

local octal = require "lib.octal"

local tar = {}

local BLOCK, NAME_MAX = 512, 100
local FILE, DIRECTORY, EXTENDED = "0", "5", "x"

---@class Packed
---@field name string relative
---@field directory? boolean
---@field mode integer
---@field uid integer
---@field gid integer
---@field mtime integer
---@field bytes? string of a file

local function padded(text) return text .. ("\0"):rep(-#text % BLOCK) end

local function number(value, width) return ("%0" .. width - 1 .. "o\0"):format(value) end

local function header(entry, name, kind, size)
  local front = name .. ("\0"):rep(100 - #name) .. number(entry.mode, 8) .. number(entry.uid & octal "07777777", 8)
    .. number(entry.gid & octal "07777777", 8) .. number(size, 12) .. number(entry.mtime, 12)
  local back = kind .. ("\0"):rep(100) .. "ustar\00000" .. ("\0"):rep(64) .. number(0, 8) .. number(0, 8)
    .. ("\0"):rep(167)
  local sum = 8 * 32
  for at = 1, #front do sum = sum + front:byte(at) end
  for at = 1, #back do sum = sum + back:byte(at) end
  return front .. ("%06o\0 "):format(sum) .. back
end

-- A line of a pax header, which begins with its own length.
local function extended(key, value)
  local rest = (" %s=%s\n"):format(key, value)
  local length = #rest
  while #tostring(length) + #rest ~= length do length = #tostring(length) + #rest end
  return length .. rest
end

--- The archive of these entries.
---@param entries Packed[]
---@return string
function tar.pack(entries)
  local out = {}
  for _, entry in ipairs(entries) do
    local name, bytes, more = entry.name .. (entry.directory and "/" or ""), entry.bytes or "", {}
    if #name > NAME_MAX then more[1] = extended("path", name) end
    if entry.uid > octal "07777777" then more[#more + 1] = extended("uid", entry.uid) end
    if entry.gid > octal "07777777" then more[#more + 1] = extended("gid", entry.gid) end
    if #more > 0 then
      local text = table.concat(more)
      out[#out + 1] = header(entry, "pax", EXTENDED, #text) .. padded(text)
    end
    out[#out + 1] = header(entry, name:sub(1, NAME_MAX), entry.directory and DIRECTORY or FILE, #bytes)
    out[#out + 1] = padded(bytes)
  end
  return table.concat(out) .. ("\0"):rep(2 * BLOCK)
end

local function text_at(archive, at, width) return (archive:sub(at, at + width - 1):match "^[^\0]*") end

local function number_at(archive, at, width) return tonumber(text_at(archive, at, width):match "[0-7]+" or "", 8) end

local function read_extended(text)
  local found, at = {}, 1
  while at <= #text do
    local length = tonumber(text:match("^(%d+) ", at))
    if not length or length < 5 then return found end
    local key, value = text:sub(at, at + length - 2):match "^%d+ ([^=]+)=(.*)$"
    if key then found[key] = value end
    at = at + length
  end
  return found
end

local function is_safe(name)
  return name ~= "" and name:sub(1, 1) ~= "/" and not name:find("\0", 1, true)
    and not ("/" .. name .. "/"):find "/%.?%.?/"
end

-- The numbers of a header, by the place and width of each.
local NUMBERS = {mode = {100, 8}, uid = {108, 8}, gid = {116, 8}, mtime = {136, 12}}

local function entry_at(archive, at, more)
  local kind, name = archive:sub(at + 156, at + 156), more.path or text_at(archive, at, 100)
  local size = number_at(archive, at + 124, 12)
  if not size or at + BLOCK + size > #archive then return nil, "is cut off" end
  if kind == EXTENDED then return {}, size end
  local entry = {name = name:gsub("/$", ""), directory = kind == DIRECTORY or nil}
  for field, place in pairs(NUMBERS) do
    entry[field] = math.tointeger(tonumber(more[field])) or number_at(archive, at + place[1], place[2]) or 0
  end
  if kind == FILE then entry.bytes = archive:sub(at + BLOCK, at + BLOCK + size - 1) end
  return entry, size
end

local function fault_of(entry)
  if not is_safe(entry.name) then return ("names %q, which is no path below a directory"):format(entry.name) end
  if not entry.bytes and not entry.directory then return ("holds %s, which is no file"):format(entry.name) end
end

--- The entries of an archive; nil and what is wrong with it.
---@param archive string
---@return Packed[]|nil
---@return string? what
function tar.read(archive)
  local list, at, more = {}, 1, {}
  while true do
    if at + BLOCK - 1 > #archive then return nil, "is cut off" end
    if not archive:find("^%Z", at) then return list end
    local entry, size = entry_at(archive, at, more)
    local fault = entry and entry.name and fault_of(entry)
    if not entry or fault then return nil, fault or size end
    more = entry.name and {} or read_extended(archive:sub(at + BLOCK, at + BLOCK + size - 1))
    if entry.name then list[#list + 1] = entry end
    at = at + BLOCK + size + -size % BLOCK
  end
end

return tar
