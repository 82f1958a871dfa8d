-- Checks text from outside, and shows it to people.

local text = {}

local SHOWN = 40

-- Control characters (C0, DEL, C1) and the two line separators of Unicode.
local CONTROLS = {"%c", "\u{7F}", "\xC2[\x80-\x9F]", "\xE2\x80[\xA8\xA9]"}

-- Code points that would change how the line around them looks: {first, last}.
local UNSEEN = {{0, 31}, {0x7F, 0x9F}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}}

--- Why a text can never be a value, or nil.
---@param value string
---@return string? what
---@return string? hint
function text.fault(value)
  if value:find("\0", 1, true) then return "contains a NUL byte", "give it as text; a binary file cannot be used" end
  if not utf8.len(value) then return "is not valid UTF-8", "save or type it as UTF-8" end
end

--- Whether a text holds a control character or a line separator.
---@param value string
---@return boolean
function text.has_control(value)
  for _, pattern in ipairs(CONTROLS) do
    if value:find(pattern) then return true end
  end
  return false
end

--- The text without blanks at both ends.
---@param value string
---@return string
function text.trimmed(value)
  return value:match("^%s*(.-)%s*$")
end

--- The text without blanks and one pair of quotes around it.
---@param value string
---@return string
function text.bare(value)
  local inner = text.trimmed(value)
  return inner:match('^"(.*)"$') or inner:match("^'(.*)'$") or inner
end

local function escaped(code)
  if code == 34 or code == 92 then return "\\" .. string.char(code) end
  if code == 10 then return "\\n" end
  for _, range in ipairs(UNSEEN) do
    if code >= range[1] and code <= range[2] then return ("\\u{%X}"):format(code) end
  end
  return utf8.char(code)
end

--- A value for a message: quoted, shortened, on one line, and without the password of a URL.
---@param value string
---@return string
function text.shown(value)
  value = value:gsub("://.*@", "://…@")
  local out = {}
  if utf8.len(value) then
    for _, code in utf8.codes(value) do
      if #out == SHOWN then
        out[#out + 1] = "…"
        break
      end
      out[#out + 1] = escaped(code)
    end
  else
    for byte in value:sub(1, SHOWN):gmatch(".") do
      out[#out + 1] = byte:byte() < 128 and escaped(byte:byte()) or ("\\x%02X"):format(byte:byte())
    end
    if #value > SHOWN then out[#out + 1] = "…" end
  end
  return '"' .. table.concat(out) .. '"'
end

return text
