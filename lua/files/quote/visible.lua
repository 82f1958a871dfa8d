-- Text for a line that people read.

local ESCAPES = {["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r"}

-- Ranges of characters that are invisible, could reorder their line, or are none: {first, last}.
local HIDDEN = {
  {0, 0x1F}, {0x7F, 0x9F}, {0x61C, 0x61C}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
  {0xFFFE, 0xFFFF}, {0xE0000, 0xE007F},
}

local function is_hidden(codepoint)
  for _, range in ipairs(HIDDEN) do
    if codepoint >= range[1] and codepoint <= range[2] then return true end
  end
  return false
end

--- The text with invisible characters escaped.
---@param text string
---@param escape fun(codepoint: integer): string
---@return string
return function(text, escape)
  if not text:find("[%c\x80-\xFF]") then return text end
  local parts, at = {}, 1
  while at <= #text do
    local stop = select(2, utf8.len(text, at)) or #text + 1
    for _, codepoint in utf8.codes(text:sub(at, stop - 1)) do
      local char = utf8.char(codepoint)
      parts[#parts + 1] = is_hidden(codepoint) and (ESCAPES[char] or escape(codepoint)) or char
    end
    if stop <= #text then parts[#parts + 1] = escape(text:byte(stop)) end
    at = stop + 1
  end
  return table.concat(parts)
end
