-- Base64, as MIME has it.

local base64 = {}

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local VALUES = {}
for at = 1, #DIGITS do VALUES[DIGITS:byte(at)] = at - 1 end

--- The text of bytes, in one line.
---@param bytes string
---@return string
function base64.encode(bytes)
  local text = bytes:gsub("..?.?", function(group)
    local a, b, c = group:byte(1, 3)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    local out = {}
    for at = 1, 4 do
      local digit = (bits >> (24 - 6 * at) & 63) + 1
      out[at] = DIGITS:sub(digit, digit)
    end
    return table.concat(out):sub(1, #group + 1) .. ("="):rep(3 - #group)
  end)
  return text
end

--- The bytes of a text; nil where it is none.
---@param text string
---@return string|nil
function base64.decode(text)
  if #text % 4 ~= 0 or not text:find "^[%w+/]*=?=?$" then return end
  local bytes = text:gsub("....", function(group)
    local bits = 0
    for at = 1, 4 do bits = bits << 6 | (VALUES[group:byte(at)] or 0) end
    return string.char(bits >> 16, bits >> 8 & 255, bits & 255):sub(1, 3 - select(2, group:gsub("=", "")))
  end)
  return bytes
end

return base64
