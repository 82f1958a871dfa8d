-- Kinds of values that variables of nginx have, as nginx writes them: sizes such as 4k, times such as 60 or 1m.

local kinds = {}

local SIZES = {[""] = 1, k = 1 << 10, m = 1 << 20, g = 1 << 30}
local TIMES = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
-- More digits than any limit has, and few enough that no product of them is too large for an integer.
local DIGITS = 12

local function number(digits)
  digits = digits:gsub("^0+(%d)", "%1")
  return #digits <= DIGITS and math.tointeger(tonumber(digits)) or nil
end

local function within(value, entry) return value and value >= entry.min and value <= entry.max end

-- A number of bytes as people write it.
local function size_text(bytes)
  for _, unit in ipairs {"m", "k"} do
    if bytes > 0 and bytes % SIZES[unit] == 0 then return ("%d%s"):format(bytes // SIZES[unit], unit) end
  end
  return ("%d"):format(bytes)
end

--- A size in bytes.
function kinds.bytes(value, entry)
  local digits, unit = value:lower():match "^(%d+)([kmg]?)$"
  local count = digits and number(digits)
  local bytes = count and count * SIZES[unit]
  if within(bytes, entry) then return bytes end
  return nil, ("must be a size from %s to %s"):format(size_text(entry.min), size_text(entry.max)),
    "write bytes, or a number with k or m, such as 4096 or 4k"
end

-- 90, 90s, 1m30s; nil if it is no time.
local function seconds_of(value)
  if value:find "^%d+$" then return number(value) end
  local rest, sum = value, 0
  for _, unit in ipairs(TIMES) do
    local digits, after = rest:match("^(%d+)" .. unit[1] .. "(.*)$")
    local count = digits and number(digits)
    if digits and not count then return nil end
    if digits then rest, sum = after, sum + count * unit[2] end
  end
  return rest == "" and value ~= "" and sum or nil
end

--- A time in whole seconds.
function kinds.seconds(value, entry)
  local seconds = seconds_of(value)
  if within(seconds, entry) then return seconds end
  return nil, ("must be a time from %d to %d seconds"):format(entry.min, entry.max),
    "write seconds, or numbers with d, h, m and s, such as 60, 60s or 1m30s"
end

--- auto, or a whole number.
function kinds.auto(value, entry)
  if value:lower() == "auto" then return "auto" end
  local count = value:find "^%d+$" and number(value)
  if within(count, entry) then return count end
  return nil, ("must be auto, or a whole number from %d to %d"):format(entry.min, entry.max),
    "write auto, or digits only"
end

return kinds
