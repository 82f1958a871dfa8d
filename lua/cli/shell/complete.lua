-- Completion for the Tab key: names of the scope, fields and methods, settings in try{}, and in quotes what the
-- function before them takes. Nothing is called for it but the functions that make the scope's own variables.

local tables = require "lib.tables"

local complete = {}

local KEYWORDS = {"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"}

---@class CompleteTools
---@field names fun(): string[] of the scope
---@field value fun(name: string): any a variable, without an error
---@field words table<string, fun(): string[]> by name of function: what it takes
---@field settings fun(): string[]
---@field list fun(directory: string): table<string, {kind: string}>|nil

-- The text of the string that is still open at the end, and what is before its quote.
local function open_string(before)
  local at, quote, from = 1, nil, nil
  while at <= #before do
    local c = before:sub(at, at)
    if quote and c == "\\" then
      at = at + 1
    elseif c == quote then
      quote = nil
    elseif not quote and (c == '"' or c == "'") then
      quote, from = c, at
    end
    at = at + 1
  end
  if quote then return before:sub(from + 1), before:sub(1, from - 1), quote end
end

local function field(value, name)
  local ok, found = pcall(function() return value[name] end)
  return ok and found or nil
end

-- The value of a chain of names such as plan.services, or nil.
local function value_of(chain, tools)
  local value
  for name in chain:gmatch "[%a_][%w_]*" do
    if value == nil then value = tools.value(name) else value = field(value, name) end
    if value == nil then return nil end
  end
  return value
end

local function add_keys(found, value)
  pcall(function()
    for key in pairs(value) do
      if type(key) == "string" then found[key] = true end
    end
  end)
end

-- The keys of a table, and of the tables below it by __index.
local function keys_of(value)
  local found = {}
  for _ = 1, 4 do
    if type(value) == "table" then add_keys(found, value) end
    local meta = debug.getmetatable(value)
    value = type(meta) == "table" and meta.__index
    if type(value) ~= "table" then break end
  end
  return tables.keys(found)
end

local function only_names(keys, value, calls)
  local kept = {}
  for _, key in ipairs(keys) do
    local inner = field(value, key)
    if key:find "^[%a_][%w_]*$" and (not calls or type(inner) == "function") then kept[#kept + 1] = key end
  end
  return kept
end

-- A name of a file with a control character could write to the terminal, so it is left out.
local function starting(words, prefix)
  local found = {}
  for _, word in ipairs(words) do
    if word:sub(1, #prefix) == prefix and not word:find "%c" then found[#found + 1] = word end
  end
  return found
end

local function in_directory(text, tools)
  local directory, prefix = text:match "^(.*/)([^/]*)$"
  if not directory then directory, prefix = "", text end
  local found = {}
  for name, stat in tables.sorted(tools.list(directory == "" and "." or directory) or {}) do
    if prefix ~= "" or name:sub(1, 1) ~= "." then
      found[#found + 1] = directory .. name .. (stat.kind == "directory" and "/" or "")
    end
  end
  return starting(found, text)
end

-- What may stand in a string: what the function takes, the keys of the table, or else names of files.
local function for_string(text, ahead, tools)
  local called, chain = ahead:match "([%a_][%w_]*)%s*%(?%s*$", ahead:match "([%a_][%w_%.]*)%s*%[%s*$"
  if called and tools.words[called] then return starting(tools.words[called](), text) end
  local value = chain and value_of(chain, tools)
  if value ~= nil then return starting(keys_of(value), text) end
  return in_directory(text, tools)
end

local function in_try(before)
  local inside = before:match "^.*%f[%w_]try%s*%(?%s*{(.*)$"
  return inside and not inside:find "}" and inside:find "^%s*[%w_]*$" or inside and inside:find "[,;]%s*[%w_]*$"
end

local function for_name(before, tools)
  local chain, mark, prefix = before:match "([%a_][%w_%.:]*)([%.:])([%w_]*)$"
  if chain then
    local value = value_of(chain, tools)
    return value ~= nil and starting(only_names(keys_of(value), value, mark == ":"), prefix) or {}, prefix
  end
  prefix = before:match "[%a_][%w_]*$" or ""
  if in_try(before) then return starting(tools.settings(), prefix), prefix end
  local words = tools.names()
  table.move(KEYWORDS, 1, #KEYWORDS, #words + 1, words)
  table.sort(words)
  return starting(words, prefix), prefix
end

local function common(words)
  local first, last = words[1], words[#words]
  local at = 0
  while at < #first and first:byte(at + 1) == last:byte(at + 1) do at = at + 1 end
  return first:sub(1, at)
end

-- The words in columns.
local function columns(words, width)
  local widest = 0
  for _, word in ipairs(words) do widest = math.max(widest, #word + 2) end
  local across = math.max(1, width // widest)
  local down = (#words + across - 1) // across
  local lines = {}
  for row = 1, down do
    local cells = {}
    for at = row, #words, down do cells[#cells + 1] = words[at] .. (" "):rep(widest - #words[at]) end
    lines[row] = table.concat(cells):gsub(" +$", "")
  end
  return table.concat(lines, "\n")
end

--- What Tab does: text to insert at the cursor, and a list to show.
---@param before string the text before the cursor
---@param tools CompleteTools
---@param width integer of the terminal
---@return string? insert
---@return string? list
function complete.at(before, tools, width)
  local text, ahead, quote = open_string(before)
  local words, prefix
  if text then
    words, prefix = for_string(text, ahead, tools), text
  else
    words, prefix = for_name(before, tools)
  end
  table.sort(words)
  if #words == 0 then return end
  if #words == 1 then
    local ends = quote and words[1]:sub(-1) ~= "/" and quote or ""
    return words[1]:sub(#prefix + 1) .. ends
  end
  local more = common(words):sub(#prefix + 1)
  if more ~= "" then return more end
  return nil, columns(words, width)
end

return complete
