-- What was meant by an option that no layer sets. Pure.

local distance = require "lib.distance"
local document = require "lib.document"
local tables = require "lib.tables"

local option_names = {}

local function keys(map)
  local list = {}
  for key in pairs(map) do list[#list + 1] = type(key) == "table" and key.text or tostring(key) end
  table.sort(list)
  return list
end

-- The longest part of the path that is set, and the word behind it.
local function split(merged, path)
  local known, rest = nil, path
  local at = path:find(".", 1, true)
  while at do
    local head = path:sub(1, at - 1)
    if document.get(merged, head) == nil then break end
    known, rest = head, path:sub(at + 1)
    at = path:find(".", at + 1, true)
  end
  return known, rest:match "^[^.]*", rest:match "^[^.]*(.*)$"
end

local function nearest(word, list)
  local all = tables.copy(list)
  table.sort(all)
  return distance.nearest(word, all)
end

--- The option that was meant, dotted. nil if none is near.
---@param merged any what all layers say together
---@param path string
---@param names string[] the options of Synapse
---@return string?
function option_names.meant(merged, path, names)
  local known, word, rest = split(merged, path)
  if known then
    local under = document.get(merged, known)
    local meant = document.kind(under) == "map" and nearest(word, keys(under))
    return meant and meant ~= word and known .. "." .. meant .. rest or nil
  end
  for _, name in ipairs(names) do
    if name == word then return nil end
  end
  local meant = nearest(word, names) or nearest(word, keys(merged)) -- what is set may be misspelt itself
  return meant and meant ~= word and meant .. rest or nil
end

return option_names
