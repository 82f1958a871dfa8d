-- Sizes and durations as numbers with a letter.

local amounts = {}

local UNITS = {K = 1 << 10, M = 1 << 20, G = 1 << 30, T = 1 << 40}
local PERIODS = {s = 1000, m = 60000, h = 3600000, d = 86400000, w = 604800000, y = 31536000000}

-- The product, or nil if it does not fit into a signed 64-bit integer.
local function product(digits, factor)
  local number = math.tointeger(tonumber(digits))
  if number and number <= math.maxinteger // factor then return number * factor end
end

--- A size such as 50M in bytes.
---@param value string
---@return integer?
function amounts.bytes(value)
  local digits, unit = value:upper():match("^(%d+)([KMGT]?)$")
  return digits and product(digits, UNITS[unit] or 1)
end

--- A duration such as 5m in milliseconds.
---@param value string
---@return integer?
function amounts.milliseconds(value)
  local digits, unit = value:match("^(%d+)([smhdwy]?)$")
  return digits and product(digits, PERIODS[unit] or 1)
end

return amounts
