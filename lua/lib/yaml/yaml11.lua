-- The kind and the value of a scalar by YAML 1.1, the same as those of PyYAML's safe loader. The decoder keeps scalars
-- as text, and code that needs a value calls this module.

local later = require "lib.later"
local lpeg = require "lpeg"
local once = require "lib.once"
local scalars = later "lib.yaml.scalars" ---@module "lib.yaml.scalars"

local P, R, S = lpeg.P, lpeg.R, lpeg.S

local yaml11 = {}

local PREFIX = "tag:yaml.org,2002:"

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

--- Whether a text that a tag calls a timestamp is one.
---@param text string
---@return boolean
function yaml11.is_timestamp(text) return grammar().timestamp:match(text) ~= nil end

--- How a plain scalar without a tag is read: "str", "bool", "int", "float", "null", "timestamp", "merge" or "value".
---@param text string
---@return string
function yaml11.resolve(text)
  local word = WORDS[text]
  if word then return word end
  return text:find"^[-+.0-9]" and grammar().numeric:match(text) or "str"
end

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
  if kind == "str" then return node.text, kind end
  local read, value = scalars[kind], nil
  if read then value = read(node.text) end
  if value == nil then return nil, "invalid" end
  return value, kind
end

return yaml11
