-- Writes metric families as text, in version 0.0.4 of Prometheus's format. Pure.

local tables = require "lib.tables"

local exposition = {}

exposition.CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

---@class Sample
---@field labels? table<string, string>|string as exposition.keeper gives them
---@field value number
---@field suffix? string of the family's name

---@class Family
---@field name string with its unit; a counter ends with _total
---@field type "counter"|"gauge"|"histogram"
---@field help string
---@field samples Sample[] those of a histogram have their order

local ESCAPES = {["\\"] = "\\\\", ["\n"] = "\\n", ['"'] = '\\"'}

-- A single value that is not UTF-8 would make the whole page invalid.
local function utf8_only(text)
  if utf8.len(text) then return text end
  return (text:gsub("[\x80-\xff]", "?"))
end

local function label_value(text)
  if not text:find "[\\\n\"\x80-\xff]" then return text end -- as most do
  return (utf8_only(text):gsub('[\\\n"]', ESCAPES))
end

local function help_text(text) return (utf8_only(text):gsub("[\\\n]", ESCAPES)) end

local function labels_text(labels)
  local parts = tables.keys(labels)
  for at, name in ipairs(parts) do
    assert(name:find "^[%a_][%w_]*$", "a label's name")
    parts[at] = name .. '="' .. label_value(labels[name]) .. '"'
  end
  return #parts > 0 and "{" .. table.concat(parts, ",") .. "}" or ""
end

local function number_text(value)
  if math.type(value) == "integer" then return tostring(value) end
  if value ~= value then return "NaN" end
  if value == math.huge then return "+Inf" end
  if value == -math.huge then return "-Inf" end
  local short = ("%.14g"):format(value)
  return tonumber(short) == value and short or ("%.17g"):format(value)
end

-- Sorts lines, which often have their order already.
local function sort(texts)
  for at = 2, #texts do
    if texts[at] < texts[at - 1] then return table.sort(texts) end
  end
end

local function add_family(lines, family)
  local texts, name = {}, family.name
  for at, sample in ipairs(family.samples) do
    local labels = sample.labels or ""
    if type(labels) == "table" then labels = labels_text(labels) end
    texts[at] = name .. (sample.suffix or "") .. labels .. " " .. number_text(sample.value)
  end
  if #texts == 0 then return end
  if family.type ~= "histogram" then sort(texts) end
  lines[#lines + 1] = ("# HELP %s %s"):format(name, help_text(family.help))
  lines[#lines + 1] = ("# TYPE %s %s"):format(name, family.type)
  table.move(texts, 1, #texts, #lines + 1, lines)
end

--- Returns a function that gives the text of one label, or of two, and keeps it. It is for labels of which there are
--- few, and which each page has.
---@param first string name
---@param second? string name
---@return fun(first: string, second?: string): string
function exposition.keeper(first, second)
  local kept = {}
  return function(a, b)
    local texts = kept[a] or {}
    kept[a] = texts
    local text = texts[b or ""]
    if not text then
      local labels = {[first] = a}
      if second then labels[second] = b end
      text = labels_text(labels)
      texts[b or ""] = text
    end
    return text
  end
end

--- The page. Families without samples are left out. The same families give the same bytes.
---@param families Family[]
---@return string
function exposition.text(families)
  local by_name, lines = {}, {}
  for _, family in ipairs(families) do
    assert(family.name:find "^[%a_:][%w_:]*$" and not by_name[family.name], family.name)
    by_name[family.name] = family
  end
  for _, family in tables.sorted(by_name) do add_family(lines, family) end
  return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
end

return exposition
