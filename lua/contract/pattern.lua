-- Finds what is wrong with a Lua pattern before it is used. Lua itself complains of a pattern only when a line comes as
-- far as the fault, which may be years later.

local pattern = {}

-- Where a set [...] ends.
local function set_end(text, at)
  at = text:sub(at + 1, at + 1) == "^" and at + 2 or at + 1
  local first = at
  while at <= #text do
    local byte = text:sub(at, at)
    if byte == "]" and at > first then return at end
    at = at + (byte == "%" and 2 or 1)
  end
end

local function escape_end(text, at)
  local next_byte = text:sub(at + 1, at + 1)
  if next_byte == "" then return nil, "ends with a %" end
  if next_byte:find "[%db]" or next_byte == "f" and text:sub(at + 2, at + 2) ~= "[" then
    return nil, ("has %%%s, which is not open here"):format(next_byte)
  end
  return at + 1
end

local function item_end(text, at)
  local byte = text:sub(at, at)
  if byte == "%" then return escape_end(text, at) end
  if byte ~= "[" then return at end
  local to = set_end(text, at)
  if not to then return nil, "has a [ without its ]" end
  return to
end

-- Each multiplies the time of a search by the length of the line. The repeats of a class such as %d+ seldom do, because
-- the characters between them end each.
local REPEATS_MAX, OF_CLASSES_MAX = 4, 16

-- How many items are repeated, and how many of them are classes.
local function count(text)
  local repeats, of_classes, at, before = 0, 0, 1, ""
  while at <= #text do
    local byte = text:sub(at, at)
    if before ~= "" and byte:find "[*+-]" then
      repeats, of_classes = repeats + 1, of_classes + (before == "%" and 1 or 0)
    end
    at, before = item_end(text, at) + 1, byte
  end
  return repeats - of_classes, of_classes
end

-- What is wrong with the items and brackets.
local function form_fault(text)
  local at, open = 1, 0
  while at <= #text do
    local byte = text:sub(at, at)
    open = open + (byte == "(" and 1 or byte == ")" and -1 or 0)
    if open < 0 then return "has a ) without its (" end
    local to, what = item_end(text, at)
    if not to then return what end
    at = to + 1
  end
  return open > 0 and "has a ( without its )" or nil
end

--- What is wrong with a pattern for lines.
---@param text string
---@return string? what
---@return string? hint
function pattern.fault(text)
  local what = form_fault(text)
  if what then return what, "write % before a character that stands for itself" end
  local repeats, of_classes = count(text)
  if repeats > REPEATS_MAX or of_classes > OF_CLASSES_MAX then
    return "has too many of * + and -", "each makes the search much slower"
  end
end

return pattern
