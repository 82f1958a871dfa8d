-- The layers of the admin's configuration: homeserver.yaml, conf.d beside it, homeserver.d, SYNAPSE_CONFIG__ variables.

local document = require "lib.document"
local exclusive = require "input.exclusive"
local tables = require "lib.tables"

local layers = {}

---@class Layer
---@field name string path of the file, or what the variables have in common
---@field text? string of a file
---@field document table
---@field info? {lines: table<table, integer>}
---@field variables? table<string, string> dotted path -> the variable that set it
---@field named? table<string, string> dotted path that a variable's name is -> the variable
---@field hidden? table<string, boolean> dotted paths whose value is never shown

layers.PREFIX = "SYNAPSE_CONFIG__"

--- The layers of an input, lowest first. The first ones are those that plain Synapse would read too.
---@param input Input
---@return Layer[] all
---@return integer plain how many of them plain Synapse reads
function layers.of(input)
  local list, given = {}, input.homeserver
  if given then
    list[1] = {name = given.path, text = given.text, document = given.document, info = given.info}
    for _, part in ipairs(given.beside or {}) do list[#list + 1] = part end
  end
  local plain = #list
  for _, layer in ipairs(input.above or {}) do list[#list + 1] = layer end
  return list, plain
end

local function is_null(value) return document.kind(value) == "scalar" and document.plain(value) == nil end

-- Synapse treats "database:" without a value as if the line were not there.
local function without_nulls(given)
  local kept, found = {}, false
  for key, value in pairs(given) do
    if is_null(value) then found = true else kept[key] = value end
  end
  return found and document.map(kept) or given
end

-- The lower layers without the options that a higher layer removes by null.
local function without_taken_back(low, high)
  local kept, found = {}, false
  for key, value in pairs(low) do
    if is_null(high[document.find(high, key)]) then found = true else kept[key] = value end
  end
  return found and document.map(kept) or low
end

-- Merges one layer over those below it. A null removes an option, as if no layer had set it. That is also true for the
-- engine and the arguments of a database, because synlua reads them itself.
local function put_over(low, high)
  local said, below = without_nulls(high), without_taken_back(low, high)
  local one, other = below.database, said.database
  if document.kind(other) == "map" then
    if document.kind(one) == "map" then below = document.set(below, "database", without_taken_back(one, other)) end
    said = document.set(said, "database", without_nulls(other))
  end
  return document.merge(exclusive.without(below, said), said)
end

--- Merges files as plain Synapse does: by whole top-level keys.
---@param list Layer[]
---@param count integer of the first of them
---@return table|nil
function layers.shallow(list, count)
  if count == 0 then return nil end
  if count == 1 then return without_nulls(list[1].document) end
  local made = {}
  for at = 1, count do
    for key, value in pairs(list[at].document) do
      made[document.find(made, key) or key] = value
    end
  end
  return without_nulls(document.map(made))
end

--- All layers as one document. nil if there is none.
---@param list Layer[]
---@param plain integer see layers.of
---@return table|nil
function layers.merged(list, plain)
  local made = layers.shallow(list, plain)
  for at = plain + 1, #list do made = put_over(made or document.map {}, list[at].document) end
  return made
end

--- The options of the files that plain Synapse reads, without those that a higher layer removes.
---@param list Layer[]
---@param plain integer see layers.of
---@return table|nil
function layers.upheld(list, plain)
  local made = layers.shallow(list, plain)
  for at = plain + 1, made and #list or 0 do made = without_taken_back(made, list[at].document) end
  return made
end

-- The variable behind an option of the layer of variables.
local function variable_of(layer, key)
  for path, name in tables.sorted(layer.variables) do
    if path:match "^[^.]*" == key then return name end
  end
end

local function said(layer, key)
  if document.kind(layer.document) ~= "map" then return end
  local value = layer.document[key]
  if not is_null(value) then return value end
end

local function place_in(layer, key, value)
  if layer.variables then return variable_of(layer, key) or layer.name end
  local lines = layer.info and layer.info.lines or {}
  local line = type(value) == "table" and (lines[value] or value.line)
  return layer.name .. (line and ":" .. line or "")
end

--- The place where an item of a list is set.
---@param list Layer[]
---@param key string top-level option
---@param item any
---@return string
function layers.place_of_item(list, key, item)
  for at = #list, 1, -1 do
    local line = type(item) == "table" and list[at].info and (list[at].info.lines or {})[item]
    if line then return list[at].name .. ":" .. line end
  end
  return layers.place(list, key)
end

--- The place where the highest layer sets an option: a variable, or file:line.
---@param list Layer[]
---@param key string top-level option
---@return string
function layers.place(list, key)
  for at = #list, 1, -1 do
    local value = said(list[at], key)
    if value ~= nil then return place_in(list[at], key, value) end
  end
  return list[1] and list[1].name or "homeserver.yaml"
end

-- The variable that set a leaf. Of several it is the one with the longest path that leads to the leaf.
local function variable_at(layer, path)
  local best, length = layer.name, -1
  for prefix, name in pairs(layer.variables) do
    local fits = prefix == path or path:sub(1, #prefix + 1) == prefix .. "."
    if fits and #prefix > length then best, length = name, #prefix end
  end
  return best
end

--- The name of the highest layer that sets a leaf: homeserver.yaml, the path of another file, or a variable.
---@param list Layer[]
---@param path string dotted
---@param file string path of homeserver.yaml
---@return string
function layers.origin(list, path, file)
  for at = #list, 1, -1 do
    local layer = list[at]
    if document.get(layer.document, path) ~= nil then
      if layer.variables then return variable_at(layer, path) end
      return layer.name == file and "homeserver.yaml" or layer.name
    end
  end
  return "homeserver.yaml"
end

return layers
