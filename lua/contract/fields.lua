-- The kinds of fields: each finds all faults of a value, with the path of its field and what was most likely meant.

local describe = require "contract.describe"
local distance = require "lib.distance"
local tables = require "lib.tables"

local fields = {}

---@class Field what one field may hold
---@field name string
---@field kind string string, integer, number, boolean, function, list, map, enum, record, data, any, or either
---@field doc string
---@field required? boolean
---@field computed? boolean it may also be a function of the view that returns it
---@field default? string the default in words
---@field of? Field of a list: each item; of a map: each value
---@field values? any[] of an enum
---@field fields? Field[] of a record
---@field either? Field[] of either: what it may be
---@field min? number
---@field max? number
---@field full? boolean of a list: it has an item
---@field open? boolean of a record: it may have other fields too
---@field pattern? string of a string
---@field says? string what a string of that pattern is, in words
---@field binary? boolean of a string: a byte 0 may be in it
---@field fault? fun(value: any): string?, string? what else is wrong, and what to do

---@class Schema
---@field name string
---@field doc string
---@field fields Field[]

---@class Fault
---@field path string of the field: "ready.http", "endpoints[2].methods"; "" is the whole value
---@field what string
---@field hint string

local DEPTH_MAX = 40
local FAULTS_MAX = 100 -- more of one value would not help, and take time
local NAME_MAX = 60 -- bytes of a name in a message

local function shown(name)
  local text = tostring(name)
  return #text <= NAME_MAX and text or text:sub(1, NAME_MAX) .. "..."
end

local function joined(path, name)
  if math.type(name) == "integer" then return ("%s[%d]"):format(path, name) end
  return path == "" and shown(name) or path .. "." .. shown(name)
end

local function add(faults, path, what, hint)
  if #faults < FAULTS_MAX then faults[#faults + 1] = {path = path, what = what, hint = hint} end
end

local function wrong(faults, path, field, value)
  local hint = field.kind == "string" and type(value) == "number" and "write tostring(...) around it"
  add(faults, path, ("must be %s, but is %s"):format(describe.kind(field), describe.value(value)),
    hint or field.doc or "see docs/lua.md")
end

local kinds = {}

function kinds.any() end

local function plain(kind)
  return function(field, value, path, faults)
    if type(value) ~= kind then wrong(faults, path, field, value) end
  end
end

kinds["boolean"], kinds["function"] = plain "boolean", plain "function"

function kinds.string(field, value, path, faults)
  if type(value) ~= "string" or field.pattern and not value:find(field.pattern) then
    return wrong(faults, path, field, value)
  elseif not field.binary and value:find "\0" then
    add(faults, path, "has a byte 0 in it, which no program can be given", "take that byte out")
  end
end

local function within(field, value) return value >= (field.min or value) and value <= (field.max or value) end

function kinds.integer(field, value, path, faults)
  if math.type(value) ~= "integer" or not within(field, value) then wrong(faults, path, field, value) end
end

function kinds.number(field, value, path, faults)
  local is = type(value) == "number" and value == value and math.abs(value) < math.huge
  if not is or not within(field, value) then wrong(faults, path, field, value) end
end

local function meant_of(field, value)
  if type(value) ~= "string" then return end
  for _, one in ipairs(field.values) do
    if one:lower() == value:lower() then return one end
  end
  return distance.nearest(value, field.values)
end

-- `whole`: the field around it, which may hold other things too.
function kinds.enum(field, value, path, faults, whole)
  for _, one in ipairs(field.values) do
    if value == one then return end
  end
  local meant = meant_of(field, value)
  local what = ("must be %s, but is %s%s"):format(describe.kind(not meant and whole or field), describe.value(value),
    meant and ("; did you mean %q?"):format(meant) or "")
  add(faults, path, what, field.doc or whole and whole.doc)
end

function kinds.list(field, value, path, faults)
  if type(value) ~= "table" then return wrong(faults, path, field, value) end
  local count = #value
  for key in tables.sorted(value) do
    if math.type(key) ~= "integer" or key < 1 or key > count then
      add(faults, joined(path, key), ("must not be there: %s is a list"):format(path),
        ("write {a, b}, without names and gaps; %s"):format(field.doc or ""))
      return
    end
  end
  if field.full and count == 0 then add(faults, path, "is empty", field.doc) end
  for at = 1, count do fields.check(field.of, value[at], joined(path, at), faults) end
end

function kinds.map(field, value, path, faults)
  if type(value) ~= "table" then return wrong(faults, path, field, value) end
  for key, inner in tables.sorted(value) do
    if type(key) ~= "string" or field.pattern and not key:find(field.pattern) then
      add(faults, joined(path, key), ("is not a name here: %s"):format(field.says or "a name is text"), field.doc)
    else
      fields.check(field.of, inner, joined(path, key), faults)
    end
  end
end

-- What can be written as YAML or JSON: text, numbers, yes or no, lists, and tables with names.
local function is_plain(value)
  if type(value) == "string" then return utf8.len(value) ~= nil end
  if type(value) == "number" then return value == value and math.abs(value) < math.huge end
  return type(value) == "boolean"
end

local function is_data(value, depth)
  if type(value) ~= "table" then return is_plain(value) end
  if depth > DEPTH_MAX then return false end
  local count = #value
  for key, inner in next, value do
    local is_index = math.type(key) == "integer" and key >= 1 and key <= count
    local is_name = count == 0 and type(key) == "string" and is_plain(key)
    if not (is_index or is_name) or not is_data(inner, depth + 1) then return false end
  end
  return true
end

function kinds.data(field, value, path, faults)
  if not is_data(value, 0) then
    wrong(faults, path, {kind = "data", doc = field.doc}, value)
  elseif field.names and (type(value) ~= "table" or #value > 0) then
    wrong(faults, path, {kind = "map", of = {kind = "any"}, doc = field.doc}, value)
  end
end

--- The fields of a list by name.
---@param list Field[]
---@return table<string, Field>
function fields.known(list)
  local known = {}
  for _, field in ipairs(list) do known[field.name] = field end
  return known
end

--- Adds the fault of a name that is no field.
---@param list Field[]
---@param name any
---@param path string
---@param faults Fault[]
function fields.unknown(list, name, path, faults)
  if #faults >= FAULTS_MAX then return end
  local names = tables.keys(fields.known(list))
  local meant = type(name) == "string" and distance.nearest(name, names)
  local what = meant and ("is not known; did you mean %s?"):format(meant) or "is not known"
  add(faults, joined(path, name), what, "the fields here are " .. table.concat(names, ", "))
end

--- Adds the faults of a table with these fields.
---@param list Field[]
---@param value table
---@param path string
---@param faults Fault[]
---@param told? string a field whose absence was told already
---@param open? boolean it may have others
function fields.of(list, value, path, faults, told, open)
  local known = fields.known(list)
  for name in tables.sorted(value) do
    if not known[name] and not open then fields.unknown(list, name, path, faults) end
  end
  for _, inner in ipairs(list) do
    local has = value[inner.name]
    if has ~= nil then
      fields.check(inner, has, joined(path, inner.name), faults)
    elseif inner.required and inner.name ~= told then
      add(faults, joined(path, inner.name), "is missing", inner.doc)
    end
  end
end

function kinds.record(field, value, path, faults)
  if type(value) ~= "table" then return wrong(faults, path, field, value) end
  fields.of(field.fields, value, path, faults, nil, field.open)
end

local SHAPES = {list = "table", map = "table", record = "table", integer = "number", enum = "string", data = "table"}

function kinds.either(field, value, path, faults)
  for _, one in ipairs(field.either) do
    if type(value) == (SHAPES[one.kind] or one.kind) then
      if one.kind == "enum" then return kinds.enum(one, value, path, faults, field) end
      return fields.check(one, value, path, faults)
    end
  end
  wrong(faults, path, field, value)
end

--- Adds the faults of one value.
---@param field Field
---@param value any
---@param path string
---@param faults Fault[]
function fields.check(field, value, path, faults)
  if field.computed and type(value) == "function" then return end
  local before = #faults
  kinds[field.either and "either" or field.kind](field, value, path, faults)
  local what, hint
  if field.fault and #faults == before then what, hint = field.fault(value) end
  if what then add(faults, path, what, hint or field.doc) end
end

return fields
