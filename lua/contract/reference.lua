-- Writes the schemas as tables for docs/lua.md and as stubs for an editor's language server. `make docs` calls it.

local contract = require "contract"
local describe = require "contract.describe"

local reference = {}

local TITLES = {["worker type"] = "Worker types", service = "Services", job = "Jobs",
  setting = "Variables of a service",
  slot = "Slots", hooks = "Hooks", view = "The view"}

-- The records in a field, each with the words that lead to it.
local function records_of(field, path, list)
  list = list or {}
  if field.kind == "record" then list[#list + 1] = {path = path, field = field} end
  for _, one in ipairs(field.either or {}) do records_of(one, path, list) end
  if field.of then records_of(field.of, path .. (field.kind == "list" and "[]" or ".NAME"), list) end
  return list
end

local function holds(field)
  if field.kind == "function" then
    return ("function(%s)%s"):format(field.gets or "", field.gives and ": " .. field.gives or "")
  end
  local words = field.kind == "record" and "a table" or describe.kind(field)
  return words .. (field.computed and ", or a function of the view" or "")
end

-- Outside of backticks only: within them a backslash would be shown.
local function escaped(text)
  local made = (text .. "``"):gsub("([^`]*)(`[^`]*`)", function(plain, code)
    return plain:gsub("[|<>*_{}]", "\\%0") .. code
  end)
  return made:sub(1, -3)
end

local function add_rows(lines, fields, prefix)
  for _, field in ipairs(fields) do
    local path = prefix .. field.name
    local need = field.required and "needed" or field.default and escaped(field.default) or ""
    lines[#lines + 1] = ("| `%s` | %s | %s | %s |"):format(path, escaped(holds(field)), need, escaped(field.doc))
    for _, record in ipairs(records_of(field, path)) do add_rows(lines, record.field.fields, record.path .. ".") end
  end
end

local function slot_rows(lines, schema)
  lines[#lines + 1] = "| Files | What they hold |\n|---|---|"
  for _, slot in ipairs(schema.fields) do
    lines[#lines + 1] = ("| `%s/NAME%s` | %s |"):format(schema.folder(slot), schema.ending(slot),
      escaped(slot.doc))
  end
end

local function wrapped(text)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if #line + #word + 1 > 120 then lines[#lines + 1], line = line, "" end
    line = line == "" and word or line .. " " .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

--- The second part of docs/lua.md.
---@return string
function reference.markdown()
  local lines = {}
  for _, schema in ipairs(contract.schemas()) do
    lines[#lines + 1] = ("## %s\n\n%s\n"):format(assert(TITLES[schema.name]), wrapped(schema.doc))
    if schema.folder then
      slot_rows(lines, schema)
    else
      lines[#lines + 1] = "| Field | Holds | Default | Meaning |\n|---|---|---|---|"
      add_rows(lines, schema.fields, "")
    end
    lines[#lines + 1] = ""
  end
  return table.concat(lines, "\n", 1, #lines - 1) .. "\n"
end

local CLASSES = {["worker type"] = "WorkerType", service = "Service", job = "Job", hooks = "Hooks", view = "View"}

local PLAIN = {string = "string", integer = "integer", number = "number", boolean = "boolean", data = "any",
  any = "any"}

local type_of

local function either_of(list, class)
  local names = {}
  for at, one in ipairs(list) do names[at] = type_of(one, class) end
  return table.concat(names, "|")
end

local types = {}

function types.record(_, class) return class end

function types.list(field, class)
  local inner = type_of(field.of, class)
  return (inner:find "|" and "(" .. inner .. ")" or inner) .. "[]"
end

function types.map(field, class) return ("table<string, %s>"):format(type_of(field.of, class)) end

function types.enum(field)
  local values = {}
  for at, value in ipairs(field.values) do values[at] = ("%q"):format(value) end
  return table.concat(values, "|")
end

types["function"] = function(field)
  local gives = field.gives and ": " .. field.gives or ""
  return ("fun(%s)%s"):format(((field.gets or ""):gsub(": view", ": synlua.View")), gives)
end

-- The type of a field for the language server. A record has a class of its own.
function type_of(field, class)
  if field.either then return either_of(field.either, class) end
  return types[field.kind] and types[field.kind](field, class) or PLAIN[field.kind]
end

local function add_class(lines, class, doc, fields)
  local own = {("--- %s\n---@class %s"):format(doc, class)}
  for _, field in ipairs(fields) do
    local inner = class .. "." .. field.name
    local kind = type_of(field, inner)
    if field.computed then kind = ("%s|fun(view: synlua.View): %s"):format(kind, kind) end
    own[#own + 1] = ("---@field %s%s %s %s"):format(field.name, field.required and "" or "?", kind, field.doc)
    for _, record in ipairs(records_of(field, "")) do add_class(lines, inner, field.doc, record.field.fields) end
  end
  lines[#lines + 1] = table.concat(own, "\n") .. "\n"
end

--- The text of meta/synlua.lua.
---@return string
function reference.stubs()
  local lines = {"---@meta\n-- Written by make docs from the schemas in lua/contract/, for an editor's language "
    .. "server. Do not edit.\n"}
  for _, schema in ipairs(contract.schemas()) do
    local class = CLASSES[schema.name]
    if class then add_class(lines, "synlua." .. class, schema.doc, schema.fields) end
  end
  return table.concat(lines, "\n")
end

return reference
