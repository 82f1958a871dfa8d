-- The parts of a YAML document in Lua: the metatables that mark its tables, their kinds, keys, and equality.

local yaml11 = require "lib.yaml.yaml11"

local node = {}

local MAP, SEQ, SCALAR = {__name = "yaml.map"}, {__name = "yaml.seq"}, {__name = "yaml.scalar"}
local MARKS = {["yaml.map"] = "map", ["yaml.seq"] = "seq", ["yaml.scalar"] = "scalar"}
local LUA_KINDS = {string = true, boolean = true, number = true, ["nil"] = true}

---@class yaml.scalar
---@field text string
---@field tag? string explicit tag, such as "tag:yaml.org,2002:str"
---@field style "plain"|"single"|"double"|"literal"|"folded"
---@field line? integer
---@field column? integer

--- Marks `t` itself as a map and returns it.
---@param t table
---@return table
function node.map(t) return setmetatable(t, MAP) end

--- Marks `t` itself as a sequence and returns it.
---@param t table
---@return table
function node.seq(t) return setmetatable(t, SEQ) end

--- Marks `t` itself as a scalar kept as written; the style is "plain" unless given.
---@param t table
---@return yaml.scalar
function node.scalar(t)
  assert(type(t.text) == "string", "a scalar needs its text")
  t.style = t.style or "plain"
  return setmetatable(t, SCALAR)
end

---@param thing any
---@return "map"|"seq"|"scalar"|"string"|"boolean"|"number"|"nil"
function node.kind(thing)
  local kind = type(thing)
  if kind ~= "table" then
    assert(LUA_KINDS[kind], "a document cannot hold a " .. kind)
    return kind
  end
  local mt = getmetatable(thing)
  local mark = type(mt) == "table" and MARKS[mt.__name]
  return mark or (rawget(thing, 1) ~= nil and "seq" or "map")
end

-- Two kept keys are the same key if this text is the same.
local function identity(key)
  return (key.tag or (key.style == "plain" and "?" or "!")) .. "\n" .. key.text
end

--- The key of `map` that equals `key`, or nil.
---@param map table
---@param key any
---@return any
function node.find(map, key)
  if map[key] ~= nil then return key end
  if type(key) ~= "table" then return nil end
  local wanted = identity(key)
  for other in pairs(map) do
    if type(other) == "table" and identity(other) == wanted then return other end
  end
end

-- Integers and floats differ in YAML, and .nan is the same document as .nan.
local function same(a, b)
  return math.type(a) == math.type(b) and (a == b or (a ~= a and b ~= b))
end

local function equal_maps(a, b)
  local count = 0
  for key, inner in pairs(a) do
    local at = node.find(b, key)
    if at == nil or not node.equal(inner, b[at]) then return false end
    count = count + 1
  end
  for _ in pairs(b) do count = count - 1 end
  return count == 0
end

local function equal_seqs(a, b)
  if #a ~= #b then return false end
  for at = 1, #a do
    if not node.equal(a[at], b[at]) then return false end
  end
  return true
end

-- Compares a kept scalar with a value that is none. An absent value is not null.
local function equal_kept(kept, other)
  if other == nil or type(other) == "table" then return false end
  local read, kind = yaml11.value(kept)
  return read ~= nil and same(read, other) and (type(read) ~= "string" or kind == "str")
end

--- Whether two documents are equal. Kept scalars are if text and tag agree and both or none of them are plain. A kept
--- scalar equals a Lua value if YAML 1.1 reads it as that value.
---@param a any
---@param b any
---@return boolean
function node.equal(a, b)
  local ka, kb = node.kind(a), node.kind(b)
  if ka == "scalar" and kb == "scalar" then
    return a.text == b.text and a.tag == b.tag and (a.style == "plain") == (b.style == "plain")
  end
  if ka == "scalar" then return equal_kept(a, b) end
  if kb == "scalar" then return equal_kept(b, a) end
  if ka ~= kb then return false end
  if ka == "map" then return equal_maps(a, b) end
  if ka == "seq" then return equal_seqs(a, b) end
  return same(a, b)
end

return node
