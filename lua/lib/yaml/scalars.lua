-- The values of scalars by kind, as PyYAML's safe loader makes them. A text that it would refuse has none: nil.

local yaml11 = require "lib.yaml.yaml11"

local BOOLS = {yes = true, no = false, ["true"] = true, ["false"] = false, on = true, off = false}
local INFINITE = {[".inf"] = true, inf = true, infinity = true}

-- The digits without underscores and sign, and 1 or -1 for the sign.
local function unsigned(text)
  text = text:gsub("_", "")
  local mark, rest = text:match"^([-+]?)(.*)$"
  return rest, mark == "-" and -1 or 1
end

-- Python's int(text, base), which allows a second sign, and spaces around the number. A float if 64 bits are too few.
local function whole(text, base)
  local mark, digits = text:match"^%s*([-+]?)(%x+)%s*$"
  if not digits then return nil end
  local value, exact = 0, 0.0
  for char in digits:gmatch"." do
    local this = tonumber(char, 16)
    if this >= base then return nil end
    exact = exact * base + this
    value = value and value <= (math.maxinteger - this) // base and value * base + this
  end
  local factor = mark == "-" and -1 or 1
  return factor * (value or base == 10 and tonumber(digits .. ".0") or exact)
end

-- A number in base 60, added up from the lowest digit, as PyYAML does. `part` makes a number of each text between
-- colons.
local function sexagesimal(text, part)
  local value, exact, base = 0, 0.0, 1
  for piece in (":" .. text):reverse():gmatch"(.-):" do
    local this = part(piece:reverse())
    if not this then return nil end
    value, exact, base = value + this * base, exact + this * (base + 0.0), base * 60
  end
  return exact < 9.2e18 and value or exact
end

local function decimal(text) return whole(text, 10) end

local function read_int(text)
  local rest, factor = unsigned(text)
  local value
  if rest == "0" then
    value = 0
  elseif rest:find"^0b" then
    value = whole(rest:sub(3), 2)
  elseif rest:find"^0x" then
    value = whole(rest:sub(3), 16)
  elseif rest:find"^0" then
    value = whole((rest:gsub("^0[oO](%d)", "%1")), 8)
  elseif rest:find(":", 1, true) then
    value = sexagesimal(rest, decimal)
  else
    value = decimal(rest)
  end
  return value and factor * value
end

-- Python's float(text), if it is finite.
local function fraction(text)
  local mark, rest = text:match"^%s*([-+]?)([%d.]+e?[-+]?%d*)%s*$"
  local value = rest and tonumber(rest)
  return value and (mark == "-" and -1.0 or 1.0) * value
end

local function read_float(text)
  local rest, factor = unsigned(text:lower())
  if INFINITE[rest] then return factor * math.huge end
  if rest == ".nan" or rest == "nan" then return 0.0 / 0.0 end
  local value
  if rest:find(":", 1, true) then value = sexagesimal(rest, fraction) else value = fraction(rest) end
  return value and factor * value
end

local function read_bool(text) return BOOLS[text:lower()] end

local DAYS = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

local function days(in_year, month)
  local leaps = in_year % 4 == 0 and (in_year % 100 ~= 0 or in_year % 400 == 0)
  return month == 2 and leaps and 29 or DAYS[month]
end

-- Within what Python's datetime takes.
local function is_possible(text)
  local of, month, day, rest = text:match "^(%d+)-(%d+)-(%d+)(.*)$"
  of, month, day = tonumber(of), tonumber(month), tonumber(day)
  if of < 1 or not DAYS[month] or day < 1 or day > days(of, month) then return false end
  local hour, minute, second = rest:match "^[Tt \t]+(%d+):(%d+):(%d+)"
  if hour and (tonumber(hour) > 23 or tonumber(minute) > 59 or tonumber(second) > 59) then return false end
  local ahead, past = rest:match "[-+](%d+):?(%d*)$"
  return not ahead or tonumber(ahead) * 60 + (tonumber(past) or 0) < 1440
end

local function read_timestamp(text) return yaml11.is_timestamp(text) and is_possible(text) and text or nil end

local ALPHABET = {}
for at, char in ipairs{("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(1, -1)} do
  ALPHABET[char] = at - 1
end

-- Like Python's binascii: characters outside the alphabet are skipped, and complete padding ends the data. Without it
-- there is no value.
local function read_binary(text)
  if text:find"[\x80-\xff]" then return nil end
  local out, held, place, pads = {}, 0, 0, 0
  for at = 1, #text do
    local six = ALPHABET[text:byte(at)]
    if six then
      held, place, pads = (held << 6 | six) & 0xffff, (place + 1) % 4, 0
      if place ~= 1 then out[#out + 1] = string.char(held >> (4 - place) % 4 * 2 & 0xff) end
    elseif text:sub(at, at) == "=" then
      pads = pads + 1
      if place >= 2 and place + pads >= 4 then return table.concat(out) end
    end
  end
  return place == 0 and table.concat(out) or nil
end

return {int = read_int, float = read_float, bool = read_bool, binary = read_binary, timestamp = read_timestamp}
