-- Words for what a field may hold and for what it holds, for messages and documents.

local describe = {}

local NOUNS = {
  string = "text", integer = "a whole number", number = "a number", boolean = "true or false",
  ["function"] = "a function", any = "anything", text = "text",
  data = "text in UTF-8, numbers, true or false, lists, or tables with names",
}

local function quoted(values)
  local list = {}
  for at, value in ipairs(values) do list[at] = ("%q"):format(value) end
  return table.concat(list, ", ")
end

local function range(field)
  if field.min and field.min == field.max then return (": %s"):format(field.min) end
  if field.min and field.max then return (" from %s to %s"):format(field.min, field.max) end
  return field.min and (" of at least %s"):format(field.min) or ""
end

-- "a, b or c"
local function alternatives(list)
  local words = {}
  for at, one in ipairs(list) do words[at] = describe.kind(one) end
  local last = table.remove(words)
  return #words > 0 and table.concat(words, ", ") .. " or " .. last or last
end

local kinds = {}

kinds["enum"] = function(field) return (#field.values > 1 and "one of " or "") .. quoted(field.values) end

function kinds.list(field)
  if field.of.kind == "enum" then return "a list of some of " .. quoted(field.of.values) end
  return "a list of " .. (field.of.plural or describe.kind(field.of))
end

function kinds.map(field) return "a table of names, each with " .. describe.kind(field.of) end

function kinds.record(field)
  local names = {}
  for at, inner in ipairs(field.fields) do names[at] = inner.name end
  return ("a table {%s}"):format(table.concat(names, ", "))
end

--- What a field may hold, such as "a list of texts".
---@param field Field
---@return string
function describe.kind(field)
  if field.either then return alternatives(field.either) end
  if kinds[field.kind] then return kinds[field.kind](field) end
  return (field.says or NOUNS[field.kind]) .. range(field)
end

--- A value in a message.
---@param value any
---@return string
function describe.value(value)
  if value == nil then return "nothing" end
  if type(value) == "string" then
    return #value <= 40 and ("%q"):format(value):gsub("\n", "n") or "another text"
  elseif type(value) == "number" or type(value) == "boolean" then
    return tostring(value)
  end
  return "a " .. type(value)
end

return describe
