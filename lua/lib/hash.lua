-- A short name for a long text: always the same for the same text.

local hash = {}

local DIGITS = "0123456789abcdefghijklmnopqrstuv"

local function digits(state, count)
  local out = {}
  for at = 1, count do
    local digit = (state >> (5 * (at - 1)) & 31) + 1
    out[at] = DIGITS:sub(digit, digit)
  end
  return table.concat(out)
end

--- Ten characters. Each is five bits of a 64-bit FNV-1a hash.
---@param text string
---@return string
function hash.short(text)
  local state = 0xcbf29ce484222325
  for at = 1, #text do state = (state ~ text:byte(at)) * 0x100000001b3 end
  state = state ~ state >> 32
  return digits(state, 10)
end

--- Thirteen characters for a text that may be long: eight bytes are taken at a time.
---@param text string
---@return string
function hash.long(text)
  local state, whole = 0xcbf29ce484222325 ~ #text, #text - #text % 8
  for at = 1, whole, 8 do
    state = (state ~ string.unpack("<i8", text, at)) * 0x100000001b3
    state = state ~ state >> 29
  end
  for at = whole + 1, #text do state = (state ~ text:byte(at)) * 0x100000001b3 end
  return digits(state ~ state >> 32, 13)
end

--- The name if it has at most this many bytes, otherwise its beginning and its hash.
---@param name string
---@param room integer
---@return string
function hash.fit(name, room)
  if #name <= room then return name end
  return name:sub(1, room - 11) .. "-" .. hash.short(name)
end

return hash
