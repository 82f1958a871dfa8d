-- Small helpers over plain tables that every stage uses.

local tables = {}

-- Numbers and strings come first, in their natural order. All other keys are ordered by their text.
local function before(a, b)
  local ta, tb = type(a), type(b)
  if ta == tb and (ta == "string" or ta == "number") then return a < b end
  if ta ~= tb then return ta < tb end
  return tostring(a) < tostring(b)
end

--- The keys of a table in a stable order.
---@param t table
---@return any[]
function tables.keys(t)
  local keys, compare = {}, nil -- strings alone need no function
  for key in pairs(t) do
    keys[#keys + 1] = key
    if type(key) ~= "string" then compare = before end
  end
  table.sort(keys, compare)
  return keys
end

--- Iterates key, value in a stable order.
---@param t table
---@return fun(): any, any
function tables.sorted(t)
  local keys, at = tables.keys(t), 0
  return function()
    at = at + 1
    local key = keys[at]
    if key ~= nil then return key, t[key] end
  end
end

-- Digits as wide as the longest number that a name may have.
local function wide(digits) return ("0"):rep(20 - #digits) .. digits end

--- The keys of a table, all texts, in the order in which a person counts: a2 before a10.
---@param t table<string, any>
---@return string[]
function tables.counted(t)
  local keys, name_of = {}, {}
  for name in pairs(t) do
    local key = name:gsub("%d+", wide) .. "\0" .. name -- two names may have the same numbers
    keys[#keys + 1], name_of[key] = key, name
  end
  table.sort(keys)
  for at, key in ipairs(keys) do keys[at] = name_of[key] end
  return keys
end

--- A deep copy. Metatables are shared.
---@generic T
---@param value T
---@return T
function tables.copy(value)
  if type(value) ~= "table" then return value end
  local new = {}
  for key, inner in pairs(value) do new[key] = type(inner) == "table" and tables.copy(inner) or inner end
  return setmetatable(new, getmetatable(value))
end

--- Groups the items of a list by the values in one of their fields, which is a list itself.
---@param list table[]
---@param field string
---@return table<any, table[]>
function tables.group(list, field)
  local found = {}
  for _, item in ipairs(list) do
    for _, value in ipairs(item[field] or {}) do
      found[value] = found[value] or {}
      table.insert(found[value], item)
    end
  end
  return found
end

-- The words for a field that there is not, with the one that was most likely meant.
local function unknown(what, key, t, known)
  local names = {}
  for _, list in ipairs {t, known or {}} do
    for name in pairs(list) do names[#names + 1] = type(name) == "string" and name or nil end
  end
  local meant = type(key) == "string" and #key > 2 and require("lib.distance").nearest(key, names)
  return ("%s has no field %q%s"):format(what, tostring(key), meant and ("; did you mean %q?"):format(meant) or "")
end

local function is_equal(x, y) return x == y end

--- The keys in which two tables differ, sorted: those that only one has, and those whose values are not the same.
---@param a table<string, any>
---@param b table<string, any>
---@param same? fun(x: any, y: any, key: string): boolean whether two values are the same; == where it is left out
---@return string[]
function tables.differing(a, b, same)
  same = same or is_equal
  local keys, seen = {}, {}
  for _, side in ipairs {a, b} do
    for key in pairs(side) do
      local differs = a[key] == nil or b[key] == nil or not same(a[key], b[key], key)
      if differs and not seen[key] then keys[#keys + 1] = key end
      seen[key] = true
    end
  end
  table.sort(keys)
  return keys
end

--- A read-only view. Reading an unknown field raises, and so does any writing. pairs works.
---@generic T
---@param t T
---@param what string what the table is, for the message
---@param known? table<any, any> fields that exist although they may be nil
---@return T
function tables.freeze(t, what, known)
  return setmetatable({}, {
    __index = function(_, key)
      local value = t[key]
      if value == nil and not (known and known[key] ~= nil) then
        error(unknown(what, key, t, known), 2)
      end
      return value
    end,
    __newindex = function(_, key) error(("%s is read-only (field %q)"):format(what, tostring(key)), 2) end,
    __pairs = function() return next, t, nil end,
    __len = function() return #t end,
    __name = what, __frozen = {what, known},
  })
end

return tables
