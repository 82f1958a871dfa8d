-- One function per text format. It writes a value so that the reader of the format gets exactly that value. It returns
-- the text, or nil and the reason why the format cannot hold the value. The reason never contains the value, which may
-- be a secret.
--
-- `before` is the byte in front of the value, "" at the start of the text. Quotes have an effect only at the beginning
-- of a word: in `unix:{{ path }}` nginx would read them as part of the path, and a semicolon in the path as the end of
-- the directive. So a value that needs quotes is refused behind other text; build the whole word in code instead.
-- Without `before`, the caller guarantees that a word begins there.
--
-- Quoting protects the format, but the reader may still interpret the value. The author of a template must know:
--   all    a tag inside quotes is wrong, as the value brings its own.
--   nginx  arguments are read after unquoting, so "off", "~x", "unix:x" mean the same quoted or not.
--   shell  a value that begins with "-" is an option to most programs: put "--" before it.
--   redis  a directive may read its argument further (`save`, `bind`).
--   xml    stands in an element or between quotes of an attribute, and is no address of a link.

local quote = {coturn = require "files.quote.coturn", pgpass = require "files.quote.pgpass"}

local NOT_UTF8 = "is not valid UTF-8"

-- The shortest decimal form that reads back as the same float, always with a point.
local function float(value)
  local text
  for digits = 15, 17 do
    text = ("%%.%dg"):format(digits):format(value)
    if tonumber(text) == value then break end
  end
  if not text:find("[.]") then text = text:gsub("^-?%d+", "%0.0") end
  return text
end

local function number(value)
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if value ~= value or value == math.huge or value == -math.huge then return nil, "is not a finite number" end
  return float(value)
end

-- The characters that may stand before a quoted value, as a pattern. A value at the start of the text is always
-- allowed.
local STARTS = {
  nginx = "[%s;{}]", yaml = "[%s%[{]", shell = "[^\"'`$\\]", redis = "%s", sql = "[%s(,;=<>+*/]", libpq = "[%s=]",
}

local function begin(quoted, before, start)
  if before and before ~= "" and not before:find(start) then
    return nil, "needs quotes, but other text stands before it, so that quotes would have no effect"
  end
  return quoted
end

-- Formats strings by `text`, numbers in decimal, booleans by the two words of the format.
local function scalar(value, before, text, yes, no)
  local kind = type(value)
  if kind == "string" then return text(value, before) end
  if kind == "number" then return number(value) end
  if kind == "boolean" then return value and yes or no end
  return nil, "is a " .. kind .. ", not a single value"
end

local function escape(codepoint)
  if codepoint < 0x100 then return ("\\x%02X"):format(codepoint) end
  if codepoint < 0x10000 then return ("\\u%04X"):format(codepoint) end
  return ("\\U%08X"):format(codepoint)
end

-- nginx reads its file in pieces of 4096 bytes, and an argument must be shorter than one.
local NGINX_MAX = 4095

local function nginx(text, before)
  if not utf8.len(text) then return nil, NOT_UTF8 end
  if text:find("%c") then return nil, "has a control character" end
  if text:find("$", 1, true) then return nil, "has a $, which nginx takes for a variable and cannot escape" end
  if text:find("^[%w/_.][%w/_.:=@+-]*$") and #text <= NGINX_MAX then return text end
  -- nginx reads \t, \r and \n in quotes as control characters, so every backslash is doubled.
  local quoted = '"' .. text:gsub('[\\"]', "\\%0") .. '"'
  if #quoted > NGINX_MAX then return nil, "is too long for one argument of nginx" end
  return begin(quoted, before, STARTS.nginx)
end

--- One argument of an nginx directive.
---@param value string|number|boolean
---@param before? string
---@return string? text
---@return string? why
function quote.nginx(value, before) return scalar(value, before, nginx, "on", "off") end

-- Words that some YAML 1.1 reader reads as a boolean or null.
local YAML_WORDS = {}
for word in ("y n yes no on off true false null nan inf"):gmatch("%a+") do YAML_WORDS[word] = true end

local YAML_ESCAPES = {["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\0"] = "\\0"}

-- Unprintable for YAML, a line break to its readers (0x85, 0x2028, 0x2029), or a byte order mark.
local function yaml_hidden(codepoint)
  return codepoint >= 0x7F and codepoint < 0xA0 or codepoint == 0x2028 or codepoint == 0x2029
    or codepoint == 0xFEFF or codepoint == 0xFFFE or codepoint == 0xFFFF
end

local function yaml(text, before)
  if not utf8.len(text) then return nil, NOT_UTF8 end
  if text:find("^[%a/_][%w/_.-]*$") and not YAML_WORDS[text:lower()] then return text end
  local escaped = text:gsub('[%c\\"]', function(c) return YAML_ESCAPES[c] or escape(c:byte()) end)
  escaped = escaped:gsub("[\xC2\xE2\xEF][\x80-\xBF]+", function(c)
    local codepoint = utf8.codepoint(c)
    return yaml_hidden(codepoint) and escape(codepoint) or nil
  end)
  return begin('"' .. escaped .. '"', before, STARTS.yaml)
end

--- A YAML scalar on one line, good in block and flow view and as a key of at most 100 characters.
---@param value string|number|boolean
---@param before? string
---@return string? text
---@return string? why
function quote.yaml(value, before)
  if math.type(value) == "float" then
    if value ~= value then return ".nan" end
    if value == math.huge then return ".inf" end
    if value == -math.huge then return "-.inf" end
  end
  return scalar(value, before, yaml, "true", "false")
end

local function shell(text, before)
  if text:find("\0", 1, true) then return nil, "has a NUL byte" end
  return begin("'" .. text:gsub("'", "'\\''") .. "'", before, STARTS.shell)
end

--- One word of a POSIX shell.
---@param value string|number|boolean
---@param before? string
---@return string? text
---@return string? why
function quote.shell(value, before) return scalar(value, before, shell, "true", "false") end

local REDIS_ESCAPES = {["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

-- Bytes above 0x7F are not escaped. The reader accepts them, and people can read the file.
local function redis(text, before)
  if text:find("\0", 1, true) then return nil, "has a NUL byte, where Redis would cut it" end
  local escaped = text:gsub('[%c\\"]', function(c) return REDIS_ESCAPES[c] or ("\\x%02x"):format(c:byte()) end)
  return begin('"' .. escaped .. '"', before, STARTS.redis)
end

--- One argument in redis.conf.
---@param value string|number|boolean
---@param before? string
---@return string? text
---@return string? why
function quote.redis(value, before) return scalar(value, before, redis, "yes", "no") end

local function sql_text(text)
  if not utf8.len(text) then return nil, NOT_UTF8 end
  if text:find("\0", 1, true) then return nil, "has a NUL byte" end
  return text
end

local function sql_literal(text, before)
  local carried, why = sql_text(text)
  if not carried then return nil, why end
  local doubled = "'" .. text:gsub("'", "''") .. "'"
  -- The E form means the same whatever standard_conforming_strings is.
  if text:find("\\", 1, true) then doubled = "E" .. doubled:gsub("\\", "\\\\") end
  return begin(doubled, before, STARTS.sql)
end

--- A PostgreSQL literal. A negative number has a space before it, as two minus signs begin a comment.
---@param value string|number|boolean
---@param before? string
---@return string? text
---@return string? why
function quote.sql_literal(value, before)
  local text, why = scalar(value, before, sql_literal, "TRUE", "FALSE")
  if type(value) == "number" and text and text:find("^-") then text = " " .. text end
  return text, why
end

--- A PostgreSQL identifier, always quoted. PostgreSQL would cut a name of more than 63 bytes, so that is refused.
---@param value string
---@param before? string
---@return string? text
---@return string? why
function quote.sql_identifier(value, before)
  if type(value) ~= "string" then return nil, "is a " .. type(value) .. ", not a name" end
  local carried, why = sql_text(value)
  if not carried then return nil, why end
  if value == "" then return nil, "is empty" end
  if #value > 63 then return nil, "is longer than 63 bytes" end
  return begin('"' .. value:gsub('"', '""') .. '"', before, STARTS.sql)
end

local function libpq(text, before)
  if text:find("\0", 1, true) then return nil, "has a NUL byte" end
  if text:find("^[%w/_.:-]+$") then return text end
  return begin("'" .. text:gsub("[\\']", "\\%0") .. "'", before, STARTS.libpq)
end

--- The value of one key=value pair in a libpq connection string.
---@param value string|number|boolean
---@param before? string
---@return string? text
---@return string? why
function quote.libpq(value, before) return scalar(value, before, libpq, "1", "0") end

local CURL = {["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\v"] = "\\v"}

local function curl(text, before)
  if text:find("\0", 1, true) then return nil, "has a NUL byte" end
  return begin('"' .. text:gsub('[\\"\n\r\t\v]', CURL) .. '"', before, STARTS.libpq)
end

--- The value of an option in a configuration of curl.
---@param value string|number
---@param before? string
---@return string? text
---@return string? why
function quote.curl(value, before) return scalar(value, before, curl, "true", "false") end

-- In this file, unlike in SQL, a backslash begins an escape.
local function postgresql(text, before)
  if text:find "%c" then return nil, "has a control character" end
  return begin("'" .. text:gsub("\\", "\\\\"):gsub("'", "''") .. "'", before, STARTS.libpq)
end

--- The value of a parameter in postgresql.conf.
---@param value string|number|boolean
---@param before? string
---@return string? text
---@return string? why
function quote.postgresql(value, before) return scalar(value, before, postgresql, "on", "off") end

--- Text between tags in XML and HTML, or the value of an attribute between quotes.
function quote.xml(value) return scalar(value, nil, require "files.quote.xml", "true", "false") end

--- A text, a number or a boolean of JSON.
function quote.json(value, before) return scalar(value, before, require "files.quote.json", "true", "false") end

local function log(text) return require "files.quote.visible"(text, escape) end

--- One line for people. Characters that are not printable are escaped, and bytes that are no UTF-8 become \xHH. No
--- program can read it back, because a backslash is not escaped.
---@param value string|number|boolean
---@return string? text
---@return string? why
function quote.log(value)
  if type(value) == "number" then return tostring(value) end
  return scalar(value, nil, log, "true", "false")
end

return quote
