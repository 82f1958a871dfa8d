-- EDGE
-- YAML text to Lua values and back. Maps and sequences are tables whose kind is the __name of their metatable, with a
-- tag if it matters. Scalars keep their text, tag and style, so that writing them again changes nothing.

local events = require "core.yaml"
local write = require "lib.yaml.write"

local yaml = {}

local DUPLICATES = {error = false, warn = true}

local function value_of(text, name, warn)
  local read = require "lib.yaml.read"
  local reader <close>, message, code = events.reader(text)
  if not reader then return nil, read.message(name, message, code), code end
  return read.value(reader, name, warn)
end

-- PyYAML takes an escape of half a character, "\ud800"; no UTF-8 text can hold one. The text stays as long as it was.
local function without_surrogates(text)
  text = text:gsub("\\(.)(%x?%x?%x?%x?)", function(letter, digits)
    if letter == "u" and digits:find "^[dD][89a-fA-F]%x%x$" then return "\\ufffd" end
  end)
  return text
end

--- Reads a document. Returns its value, and a table with warnings and with the line of every map and sequence. Or nil,
--- a message that begins with "NAME:line:column: ", and "EYAML" or another error name.
---@param text string
---@param options? {name?: string, duplicates?: "error"|"warn"}
---@return any value
---@return {warnings: {line: integer, column: integer, what: string}[], lines: table<table, integer>}|string
---@return string? code
function yaml.decode(text, options)
  options = options or {}
  assert(type(options) == "table", "options are a table")
  local name, warn = options.name or "yaml", DUPLICATES[options.duplicates or "error"]
  assert(type(name) == "string" and warn ~= nil, "name is text, duplicates \"error\" or \"warn\"")
  local value, info, code = value_of(text, name, warn)
  if value == nil and info:find("invalid Unicode character escape code", 1, true) then
    local other = without_surrogates(text)
    if other ~= text then return value_of(other, name, warn) end
  end
  return value, info, code
end

--- Writes a value. Returns the text; or nil, a message that begins with the path of the wrong part, and "EYAML".
---@param value any
---@return string?
---@return string? message
---@return string? code
function yaml.encode(...)
  assert(select("#", ...) > 0, "nothing to encode")
  local writer <close> = assert(events.writer())
  local ok, message, code = write.value(writer, (...))
  if not ok then return nil, message, code end
  return writer:finish()
end

return yaml
