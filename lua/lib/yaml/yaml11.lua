-- The kind and the value of a scalar by YAML 1.1, the same as those of PyYAML's safe loader. The decoder keeps scalars
-- as text, and code that needs a value calls this module.

local lpeg = require "lpeg"
local once = require "lib.once"

local P, R, S = lpeg.P, lpeg.R, lpeg.S

local yaml11 = {}

local PREFIX = "tag:yaml.org,2002:"
local BOOLS = {yes = true, no = false, ["true"] = true, ["false"] = false, on = true, off = false}
local INFINITE = {[".inf"] = true, inf = true, infinity = true}

-- `numeric` has the patterns in the order in which PyYAML tries them. A text that none of them matches is one of the
-- words below, or a string. `timestamp` is for a text that a tag calls one.
local grammar = once(function()
  local digit = R"09"
  local digits_, sign = digit * (digit + "_") ^ 0, S"+-" ^ -1
  local tail_ = (digit + "_") ^ 0
  local exponent = (S"eE" * S"+-" * digit ^ 1) ^ -1
  local sixties = (":" * (R"05" * digit + digit)) ^ 1
  local one_or_two = digit * digit ^ -1
  local two = digit * digit
  local blank = S" \t"

  local zone = blank ^ 0 * ("Z" + S"+-" * one_or_two * (":" * two) ^ -1)
  local year = two * two * "-"
  local time = (S"Tt" + blank ^ 1) * one_or_two * ":" * two * ":" * two * ("." * digit ^ 0) ^ -1 * zone ^ -1
  local date = year * one_or_two * "-" * one_or_two

  local infinity = P".inf" + ".Inf" + ".INF"
  local nan = P".nan" + ".NaN" + ".NAN"
  local float = sign * digits_ * "." * tail_ * exponent * -1 + "." * digits_ * exponent * -1
    + sign * digits_ * sixties * "." * tail_ * -1 + sign * infinity * -1 + nan * -1
  local int = sign * "0b" * S"01_" ^ 1 * -1 + sign * "0" * (R"07" + "_") ^ 1 * -1
    + sign * (P"0" + R"19" * tail_) * -1 + sign * "0x" * (R("09", "af", "AF") + "_") ^ 1 * -1
    + sign * R"19" * tail_ * sixties * -1
  local timestamp = year * two * "-" * two * -1 + date * time * -1
  return {numeric = float / "float" + int / "int" + timestamp / "timestamp", timestamp = date * time ^ -1 * -1}
end)

local WORDS = {["<<"] = "merge", ["="] = "value", [""] = "null", ["~"] = "null"}
for word in ("null Null NULL"):gmatch"%S+" do WORDS[word] = "null" end
for word in ("yes Yes YES no No NO true True TRUE false False FALSE on On ON off Off OFF"):gmatch"%S+" do
  WORDS[word] = "bool"
end

local function whole_timestamp(text) return grammar().timestamp:match(text) ~= nil end

--- How a plain scalar without a tag is read: "str", "bool", "int", "float", "null", "timestamp", "merge" or "value".
---@param text string
---@return string
function yaml11.resolve(text)
  local word = WORDS[text]
  if word then return word end
  return text:find"^[-+.0-9]" and grammar().numeric:match(text) or "str"
end

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

local function read_timestamp(text) return whole_timestamp(text) and is_possible(text) and text or nil end

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

local readers = {
  int = read_int,
  float = read_float,
  bool = read_bool,
  binary = read_binary,
  timestamp = read_timestamp,
  str = function(text) return text end,
}

local function kind_of(node)
  if node.tag then return node.tag:sub(1, #PREFIX) == PREFIX and node.tag:sub(#PREFIX + 1) or "invalid" end
  local style = node.style or "plain"
  return style == "plain" and yaml11.resolve(node.text) or "str"
end

--- The kind that a kept scalar claims to be, whether or not it can be read as one.
---@param node yaml.scalar
---@return string
function yaml11.kind(node) return kind_of(node) end

local LUA_KINDS = {["nil"] = "null", boolean = "bool", string = "str"}

local function plain_kind(value)
  if math.type(value) == "integer" then return "int" end
  if math.type(value) == "float" then return "float" end
  if type(value) ~= "table" then return LUA_KINDS[type(value)] or "invalid" end
  local name = (getmetatable(value) or {}).__name
  if name == "yaml.seq" or name ~= "yaml.map" and value[1] ~= nil then return "seq" end
  return "map"
end

--- The value of a scalar and its kind: "null" (nil), "bool", "int" (a float where 64 bits are too few), "float", "str",
--- "timestamp" (its text) or "binary" (its bytes); nil and "invalid" where PyYAML would raise. Anything but a kept
--- scalar is returned as it is, tables as "map" or "seq".
---@param node any
---@return any value
---@return string kind
function yaml11.value(node)
  if type(node) ~= "table" or (getmetatable(node) or {}).__name ~= "yaml.scalar" then return node, plain_kind(node) end
  local kind = kind_of(node)
  if kind == "null" then return nil, "null" end
  local read = readers[kind]
  local value
  if read then value = read(node.text) end
  if value == nil then return nil, "invalid" end
  return value, kind
end

return yaml11
