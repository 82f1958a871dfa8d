-- Writes SVG and HTML: elements with their attributes. Every text and every value goes through the format's quoting
-- function, after characters that cannot be seen were made visible. Pure.

local quote = require "files.quote"
local tables = require "lib.tables"

local svg = {}

---@class Markup
---@field markup string

local function number(value)
  return math.type(value) == "float" and ("%.1f"):format(value):gsub("%.0$", "") or ("%d"):format(value)
end

local function quoted(value)
  if type(value) == "number" then return number(value) end
  return assert(quote.xml(assert(quote.log(value))))
end

local function add(parts, content)
  if type(content) ~= "table" then
    parts[#parts + 1] = quoted(content)
  elseif content.markup then
    parts[#parts + 1] = content.markup
  else
    for _, inner in ipairs(content) do add(parts, inner) end
  end
end

--- An element. Attributes that are false are left out; content is text, an element, or a list of them.
---@param name string
---@param attributes? table<string, string|number|false>
---@param content? string|number|table nil: an empty element
---@return Markup
function svg.element(name, attributes, content)
  local parts = {"<", name}
  for key, value in tables.sorted(attributes or {}) do
    if value then table.move({" ", key, '="', quoted(value), '"'}, 1, 5, #parts + 1, parts) end
  end
  if content == nil then
    parts[#parts + 1] = "/>"
    return {markup = table.concat(parts)}
  end
  parts[#parts + 1] = ">"
  add(parts, content)
  table.move({"</", name, ">"}, 1, 3, #parts + 1, parts)
  return {markup = table.concat(parts)}
end

--- Markup of our own that holds no value from outside, such as a style sheet.
---@param text string
---@return Markup
function svg.raw(text) return {markup = text} end

--- The text in at most so many characters.
---@param text string
---@param most integer
---@return string
function svg.cut(text, most)
  local shown = assert(quote.log(text))
  if utf8.len(shown) <= most then return shown end
  return shown:sub(1, utf8.offset(shown, most) - 1) .. "…"
end

--- The text in lines of at most so many characters, divided at blanks.
---@param text string
---@param most integer
---@return string[]
function svg.wrap(text, most)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    word = svg.cut(word, most)
    if line ~= "" and utf8.len(line) + 1 + utf8.len(word) > most then
      lines[#lines + 1], line = line, ""
    end
    line = line == "" and word or line .. " " .. word
  end
  if line ~= "" then lines[#lines + 1] = line end
  return lines
end

return svg
