-- Texts in the colours of a terminal. Pure.

local paint = {}

local CODES = {bold = 1, red = 31, green = 32, yellow = 33}

-- For names: none of them means that something is wrong.
local OF_NAMES = {32, 34, 35, 36, 92, 94, 95, 96}

local function painted(text, code) return ("\27[%dm%s\27[0m"):format(code, text) end

---@param text string
---@param colour "bold"|"red"|"green"|"yellow"
---@return string
function paint.text(text, colour) return painted(text, CODES[colour]) end

--- The name of a service, always in the same colour.
---@param name string
---@return string
function paint.name(name)
  local sum = 0
  for at = 1, #name do sum = sum * 31 + name:byte(at) & 0xffff end
  return painted(name, OF_NAMES[sum % #OF_NAMES + 1])
end

return paint
