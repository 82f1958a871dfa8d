-- What files of the user directory may hold, in words for help(): "service", "service.ready", "service.ready.http".
-- Pure.

local contract = require "contract"
local describe = require "contract.describe"
local tables = require "lib.tables"

local written = {}

local KINDS = {worker = "worker_type", service = "service", job = "job", setting = "setting", hooks = "hooks",
  view = "view"}

-- The fields below a field, whatever it is a list or a choice of.
local function inner_fields(field)
  if field.fields then return field.fields end
  if field.of then return inner_fields(field.of) end
  for _, one in ipairs(field.either or {}) do
    local found = inner_fields(one)
    if found then return found end
  end
end

local function holds(field)
  if field.kind == "function" then
    return ("function(%s)%s"):format(field.gets or "", field.gives and ": " .. field.gives or "")
  end
  return describe.kind(field) .. (field.computed and ", or a function of the view" or "")
end

local function need(field)
  return field.required and "needed; " or field.default and ("default %s; "):format(field.default) or ""
end

local function rows(lines, fields)
  for _, field in ipairs(fields or {}) do
    lines[#lines + 1] = ("  %-14s %s%s"):format(field.name, need(field), field.doc)
  end
end

local function find(fields, name)
  for _, field in ipairs(fields or {}) do
    if field.name == name then return field end
  end
end

local function schema_text(kind)
  local schema = require("contract." .. KINDS[kind])
  local lines = {("%s: %s"):format(kind, schema.doc)}
  rows(lines, schema.fields)
  return table.concat(lines, "\n")
end

local function field_text(name, kind, path)
  local fields, field = require("contract." .. KINDS[kind]).fields, nil
  for part in path:gmatch "[^.]+" do
    field = find(fields, part)
    if not field then return end
    fields = inner_fields(field)
  end
  local lines = {("%s: %s"):format(name, field.doc), ("  %s%s"):format(need(field), holds(field))}
  rows(lines, fields)
  return table.concat(lines, "\n")
end

--- The text about a kind of file, or about one of its fields; nil if there is none of that name.
---@param name string
---@return string?
function written.text(name)
  local kind, path = name:match "^(%l+)%.?(.*)$"
  if not KINDS[kind] then return end
  return path == "" and schema_text(kind) or field_text(name, kind, path)
end

--- The names that it knows, without those of fields of fields.
---@return string[]
function written.names()
  local names = {}
  for kind, module in pairs(KINDS) do
    names[kind] = true
    for _, field in ipairs(contract.names(require("contract." .. module))) do names[kind .. "." .. field] = true end
  end
  return tables.keys(names)
end

return written
