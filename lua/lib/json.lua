-- YAML documents as JSON text, with sorted keys and nothing added. A value that JSON does not have is an error.

local document = require "lib.document"
local tables = require "lib.tables"

local json = {}

local NAMED = {['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

local function text(value)
  if not utf8.len(value) then return nil, "holds text that is not UTF-8" end
  return '"' .. value:gsub('[%c"\\\127]', function(byte)
    return NAMED[byte] or ("\\u%04x"):format(byte:byte())
  end) .. '"'
end

local function number(value)
  if math.type(value) == "integer" then return tostring(value) end
  if value ~= value or value == math.huge or value == -math.huge then
    return nil, "holds a number that JSON does not have"
  end
  return ("%.17g"):format(value)
end

local encode

local function list(value)
  local parts = {}
  for at, item in ipairs(value) do
    local made, why = encode(item)
    if not made then return nil, why end
    parts[at] = made
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function map(value)
  local by_name, parts = {}, {}
  for key, item in pairs(value) do by_name[tostring(document.plain(key))] = item end
  for key, item in tables.sorted(by_name) do
    local name, made, why
    name, why = text(key)
    if name then made, why = encode(item) end
    if not made then return nil, why end
    parts[#parts + 1] = name .. ":" .. made
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value)
  local kind = document.kind(value)
  if kind == "map" then return map(value) end
  if kind == "seq" then return list(value) end
  if kind == "scalar" then
    local plain = document.plain(value)
    if type(plain) == "table" then return nil, ("holds %q, which means nothing"):format(value.text) end
    value, kind = plain, type(plain)
  end
  if kind == "string" then return text(value) end
  if kind == "number" then return number(value) end
  return kind == "nil" and "null" or tostring(value)
end

--- The text, or nil and the error.
---@param value any a document
---@return string|nil
---@return string? what
function json.encode(value) return encode(value) end

return json
