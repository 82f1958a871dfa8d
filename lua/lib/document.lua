-- YAML documents as values: kinds, paths, deep merge, layers, overlay, comparison.
--
-- No function here changes a document. A result is new where it differs, and shares all other parts. A map, a sequence
-- or a scalar is recognised by the __name of its metatable and never by the metatable itself, because the decoder has
-- metatables of its own.
--
-- Paths: keys joined by dots. In a key, a backslash makes the next character literal ("a\.b" is the one key "a.b").
-- A key that YAML does not read as a string (a kept scalar) is written "?text", or "?<tag>text" if it has a tag;
-- a string key that begins with "?" is written "\?...".

local lpeg = require "lpeg"
local tables = require "lib.tables"
local node = require "lib.document.node"
local yaml11 = require "lib.yaml.yaml11"

local document = {
  map = node.map,
  seq = node.seq,
  scalar = node.scalar,
  kind = node.kind,
  equal = node.equal,
  find = node.find,
}

local kind, find = node.kind, node.find

local function split_grammar()
  local P, S, Cs, Cg, Ct = lpeg.P, lpeg.S, lpeg.Cs, lpeg.Cg, lpeg.Ct
  local escaped = P"\\" / "" * 1
  local name = Cs((escaped + (1 - P".")) ^ 0)
  local tag = "<" * Cg(Cs((escaped + (1 - S".>")) ^ 0), "tag") * ">"
  local kept = "?" * Ct(tag ^ -1 * Cg(name, "text")) / document.scalar
  local key = kept + name
  return Ct(key * ("." * key) ^ 0) * -1
end

local split_pattern = split_grammar()

local function split(path)
  return assert(split_pattern:match(path), "a path is a string of keys joined by dots")
end

--- The path of a list of keys; see the head of this file.
---@param keys any[] strings, numbers or kept scalars
---@return string
function document.path(keys)
  local parts = {}
  for at, key in ipairs(keys) do
    if type(key) == "table" then
      local tag = key.tag and "<" .. key.tag:gsub("[\\.>]", "\\%0") .. ">" or ""
      parts[at] = "?" .. tag .. key.text:gsub("[\\.]", "\\%0"):gsub("^<", "\\<")
    else
      parts[at] = tostring(key):gsub("[\\.]", "\\%0"):gsub("^%?", "\\?")
    end
  end
  return table.concat(parts, ".")
end

--- The value at a dotted path. nil if there is none, or if the path would lead through a value that is no map.
---@param doc any
---@param path string
---@return any
function document.get(doc, path)
  for _, key in ipairs(split(path)) do
    if kind(doc) ~= "map" then return nil end
    doc = doc[find(doc, key)]
  end
  return doc
end

local function put(doc, keys, at, value)
  if at > #keys then return value end
  local new = {}
  if kind(doc) == "map" then
    for key, inner in pairs(doc) do new[key] = inner end
  end
  local key = find(new, keys[at])
  if key == nil then
    if value == nil then return doc end
    key = keys[at]
  end
  new[key] = put(new[key], keys, at + 1, value)
  return document.map(new)
end

--- A document in which `path` holds `value`. A value on the way that is no map is replaced by a map. nil removes the
--- key.
---@param doc any
---@param path string
---@param value any
---@return any
function document.set(doc, path, value) return put(doc, split(path), 1, value) end

--- Deep merge: maps key by key, anything else is replaced by the higher one. An empty map therefore
--- leaves a lower map as it is, while null replaces it.
---@param low any
---@param high any
---@return any
function document.merge(low, high)
  if high == nil then return low end
  if kind(low) ~= "map" or kind(high) ~= "map" then return high end
  local new = {}
  for key, value in pairs(low) do new[key] = value end
  for key, value in pairs(high) do
    local at = find(low, key)
    if at == nil then at = key end
    new[at] = document.merge(low[at], value)
  end
  return document.map(new)
end

-- The shape of `value` with `name` in place of every leaf.
local function owned(value, name)
  if kind(value) ~= "map" then return name end
  local new = {}
  for key, inner in pairs(value) do new[key] = owned(inner, name) end
  return document.map(new)
end

local function flatten(tree, keys, into)
  for key, inner in pairs(tree) do
    keys[#keys + 1] = key
    if type(inner) == "table" then flatten(inner, keys, into) else into[document.path(keys)] = inner end
    keys[#keys] = nil
  end
  return into
end

--- Merges layers, lowest first, and returns which layer each leaf came from. A leaf is any value that is not a map. An
--- empty map has no origin.
---@param layers {name: string, value: any}[]
---@return any merged
---@return table<string, string> origins path of the leaf -> name of the layer
function document.layer(layers)
  local merged, owners = document.map{}, document.map{}
  for _, layer in ipairs(layers) do
    if layer.value ~= nil then
      assert(kind(layer.value) == "map", "a layer is a map")
      merged = document.merge(merged, layer.value)
      owners = document.merge(owners, owned(layer.value, layer.name))
    end
  end
  return merged, flatten(owners, {}, {})
end

--- The whole values of those top-level keys of `merged` that differ from `base`, because Synapse merges its files by
--- top-level key only. An overlay cannot remove a key. The keys that `base` has and `merged` lacks are the second
--- result.
---@param base any
---@param merged any
---@return table overlay
---@return string[] lost
function document.overlay(base, merged)
  local new, lost = document.map{}, {}
  base = base or {}
  for key, value in pairs(merged) do
    local at = find(base, key)
    if at == nil or not document.equal(base[at], value) then new[key] = value end
  end
  for key in pairs(base) do
    if find(merged, key) == nil then lost[#lost + 1] = document.path{key} end
  end
  table.sort(lost)
  return new, lost
end

-- nil and nan cannot be keys of a Lua table; then the text is the key.
local function plain_key(key)
  if type(key) ~= "table" then return key end
  local value = yaml11.value(key)
  if value == nil or value ~= value then return key.text end
  return value
end

--- Plain Lua values without metatables, for reading. A null in a map is left out. A null in a sequence stays the kept
--- scalar, so that no position shifts. So does a scalar for which Lua has no value.
---@param doc any
---@return any
function document.plain(doc)
  local what = kind(doc)
  if what == "scalar" then
    local value, read = yaml11.value(doc)
    if value == nil and read ~= "null" then return doc end
    return value
  end
  if what ~= "map" and what ~= "seq" then return doc end
  local new = {}
  for key, inner in tables.sorted(doc) do
    local value = document.plain(inner)
    if value == nil and what == "seq" then value = inner end
    new[plain_key(key)] = value
  end
  return new
end

return document
