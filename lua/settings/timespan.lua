-- Times as Prometheus writes them: 15s, 1h30m, 30ms.

local timespan = {}

local UNITS = {{"y", 31536000000}, {"w", 604800000}, {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000},
  {"ms", 1}}
local DIGITS = 9 -- more than any sensible time has, and few enough for an integer

--- Milliseconds; nil if it is no such time.
---@param text string
---@return integer?
function timespan.milliseconds(text)
  if text == "0" then return 0 end
  local rest, sum = text, 0
  for _, unit in ipairs(UNITS) do
    -- m, but not ms
    local digits, after = rest:match("^(%d+)" .. unit[1] .. "%f[^%a](.*)$")
    if digits and #digits > DIGITS then return end
    if digits then rest, sum = after, sum + tonumber(digits) * unit[2] end
  end
  return text ~= "" and rest == "" and math.tointeger(sum) or nil
end

-- A time for people.
local function words(ms)
  for at = 1, #UNITS do
    if ms > 0 and ms % UNITS[at][2] == 0 then return ("%d%s"):format(ms // UNITS[at][2], UNITS[at][1]) end
  end
  return "0s"
end

--- A kind of values; see settings/kinds.lua.
---@param value string
---@param entry {min: integer} milliseconds
---@return string?
---@return string? what
---@return string? hint
function timespan.read(value, entry)
  local time = timespan.milliseconds(value)
  if time and time >= entry.min then return value end
  return nil, ("must be a time of at least %s"):format(words(entry.min)),
    "write numbers with y, w, d, h, m, s or ms, the largest first, such as 15s or 1h30m"
end

return timespan
