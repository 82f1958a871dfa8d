-- Time zones: the offset from UTC at any time, from the bytes of a file of /usr/share/zoneinfo (RFC 8536) or from a
-- rule. Pure: an edge reads the file.

local civil = require "schedule.civil"
local rule = require "schedule.rule"

local zone = {}

---@class Zone
---@field times integer[] when the offset changes
---@field offsets integer[] the offset from that time on
---@field before integer the offset before the first change
---@field rule? Rule of the time after the last change

---@class Period a time in which the offset stays
---@field offset integer seconds east of UTC
---@field from integer seconds of the epoch
---@field till integer the first second that no longer belongs to it

zone.UTC = {times = {}, offsets = {}, before = 0}

local HEADER = ">c4c1c15I4I4I4I4I4I4"
local HEADER_SIZE = 44

local function header_of(bytes, at)
  if #bytes < at + HEADER_SIZE - 1 then return nil end
  local magic, version, _, utc, std, leaps, times, types, chars = HEADER:unpack(bytes, at)
  if magic ~= "TZif" then return nil end
  return {version = version, utc = utc, std = std, leaps = leaps, times = times, types = types, chars = chars}
end

local function size_of(header, width)
  return header.times * (width + 1) + header.types * 6 + header.chars + header.leaps * (width + 4) + header.std
    + header.utc
end

local function body_of(bytes, at, header)
  local found, types = {times = {}, offsets = {}}, {}
  local indices = at + header.times * 8
  for number = 0, header.types - 1 do
    types[number] = (">i4"):unpack(bytes, indices + header.times + number * 6)
  end
  for number = 1, header.times do
    found.times[number] = (">i8"):unpack(bytes, at + (number - 1) * 8)
    found.offsets[number] = types[bytes:byte(indices + number - 1)]
    if not found.offsets[number] then return nil end
  end
  found.before = types[0]
  return found.before and found
end

--- Reads a file of a zone. Versions before 2 end in 2037 and are not taken.
---@param bytes string
---@return Zone? nil if it is none
function zone.read(bytes)
  local first = header_of(bytes, 1)
  if not first or first.version < "2" then return nil end
  local at = 1 + HEADER_SIZE + size_of(first, 4)
  local header = header_of(bytes, at)
  if not header or #bytes < at + HEADER_SIZE + size_of(header, 8) then return nil end
  local found = body_of(bytes, at + HEADER_SIZE, header)
  local footer = bytes:match("^\n([^\n]*)\n", at + HEADER_SIZE + size_of(header, 8))
  if not found or not footer then return nil end
  if footer ~= "" then
    found.rule = rule.read(footer)
    if not found.rule then return nil end
  end
  return found
end

--- A zone of a rule; nil if it is none.
---@param text string
---@return Zone?
function zone.of_rule(text)
  local read = rule.read(text)
  return read and {times = {}, offsets = {}, before = read.offset, rule = read}
end

-- The number of the last listed change up to a time; 0 if there is none.
local function last_change(it, time)
  local low, high = 0, #it.times
  while low < high do
    local middle = (low + high + 1) // 2
    if it.times[middle] <= time then low = middle else high = middle - 1 end
  end
  return low
end

-- The period of a time after all listed changes.
local function by_rule(it, time, listed)
  local year = civil.date((time + it.rule.offset) // civil.DAY)
  local found = {offset = it.rule.offset, from = listed, till = math.maxinteger}
  for near = year - 1, year + 1 do
    for _, change in ipairs(rule.changes(it.rule, near)) do
      if change.at <= time then
        found.offset, found.from = change.offset, math.max(change.at, listed)
      elseif found.till == math.maxinteger then
        found.till = change.at
      end
    end
  end
  return found
end

--- The period that holds a time.
---@param it Zone
---@param time integer seconds of the epoch
---@return Period
function zone.period(it, time)
  local at = last_change(it, time)
  if at == #it.times and it.rule then return by_rule(it, time, it.times[at] or math.mininteger) end
  return {offset = it.offsets[at] or it.before, from = it.times[at] or math.mininteger,
    till = it.times[at + 1] or math.maxinteger}
end

return zone
