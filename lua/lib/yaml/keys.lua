-- The keys of a mapping, as in PyYAML: which of them are equal, and what a merge key (<<) adds.

local yaml11 = require "lib.yaml.yaml11"

local keys = {}

local STR = "tag:yaml.org,2002:str"
local EXACT_BELOW = 2.0 ^ 53
local NUMBERS = {int = true, float = true, bool = true}

--- Whether PyYAML reads this scalar as a string if it is a key.
---@param key yaml.scalar
---@return boolean
function keys.is_string(key)
  if key.tag then return key.tag == STR end
  if (key.style or "plain") ~= "plain" then return true end
  local kind = yaml11.resolve(key.text)
  return kind == "str" or kind == "value" -- the key = is text to PyYAML
end

-- One text for all spellings of a number: 1, 0x1, 1.0 and true are equal. Numbers that a double does not hold exactly
-- keep the text they have.
local function number_identity(value, text)
  if value == true then value = 1 elseif value == false then value = 0 end
  if value ~= value then return "nan" end -- nan equals nothing, but one such key is enough
  if value == math.huge or value == -math.huge then return tostring(value) end
  if math.abs(value) >= EXACT_BELOW then return text end
  return ("%a"):format(value == 0 and 0 or value)
end

-- The value by which Python compares keys: for a string the string itself, for others a text that is no UTF-8.
local function identity(key)
  if keys.is_string(key) then return key.text end
  local value, kind = yaml11.value(key)
  if kind == "null" then return "\xffnull" end
  if NUMBERS[kind] then return "\xff#" .. number_identity(value, key.text) end
  return "\xff?" .. key.text
end

local function is_merge(key) return key.text == "<<" and key.style == "plain" and not key.tag end

local function name_of(value) return getmetatable(value).__name end

-- The error in the value of a merge key, or nil.
local function check_merged(from)
  local kind = name_of(from)
  if kind == "yaml.scalar" then return "<< takes a mapping or a list of mappings" end
  for at = 1, kind == "yaml.seq" and #from or 0 do
    if name_of(from[at]) ~= "yaml.map" then
      return ("<< takes mappings, but item %d of its list is none"):format(at)
    end
  end
end

-- A key for a message: shortened and printable.
local function shown(text)
  if #text > 63 then text = text:sub(1, utf8.offset(text, 0, 64) - 1) end
  return (text:gsub("[\0-\x1f\x7f]", "?"))
end

-- Of equal keys Python keeps the first. `kept` maps identities to those keys that are no strings.
local function put(map, kept, name, value)
  if type(name) == "table" then
    local id = identity(name)
    name = kept[id] or name
    kept[id] = name
  end
  map[name] = value
end

local function bring(map, kept, from)
  for name, value in next, from do put(map, kept, name, value) end
end

-- A key that is added later replaces an earlier one. So the first mapping of a list is added last, and the mapping's
-- own keys after all others.
local function merge(map, kept, from)
  if name_of(from) == "yaml.map" then return bring(map, kept, from) end
  for at = #from, 1, -1 do bring(map, kept, from[at]) end
end

local function find_merges(names, values)
  local merges
  for at = 1, #names do
    local key = names[at]
    if is_merge(key) then
      local what = check_merged(values[at])
      if what then return nil, {line = key.line, column = key.column, what = what} end
      merges = merges or {}
      merges[#merges + 1] = values[at]
    end
  end
  return merges
end

-- Adds the identities of the keys. A key that is given twice is an error, or a warning.
local function identify(names, ids, warnings)
  local first = {}
  for at = 1, #names do
    local key = names[at]
    local id = identity(key)
    ids[at] = id
    local before = first[id]
    if before then
      local what = ('the key "%s" is given twice, first on line %d'):format(shown(key.text), before.line)
      local fault = {line = key.line, column = key.column, what = what}
      if not warnings then return fault end
      warnings[#warnings + 1] = fault
    else
      first[id] = key
    end
  end
end

--- Fills `map` with the keys and values, in their order. A key given twice is an error. With a list of warnings it is a
--- warning, and the last value stays.
---@param map table
---@param names yaml.scalar[]
---@param values any[]
---@param warnings? table[]
---@return {line: integer, column: integer, what: string}? fault
function keys.settle(map, names, values, warnings)
  local merges, fault = find_merges(names, values)
  if fault then return fault end
  local ids, kept = {}, {}
  fault = identify(names, ids, warnings)
  if fault then return fault end
  for at = 1, merges and #merges or 0 do merge(map, kept, merges[at]) end
  for at = 1, #names do
    local key, id = names[at], ids[at]
    if id == key.text then
      map[id] = values[at]
    elseif not is_merge(key) then
      put(map, kept, key, values[at])
    end
  end
end

return keys
