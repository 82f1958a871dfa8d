-- Checks patterns of Lua that synlua matches against lines of services while it runs: they must be sound, and quick on
-- any line.

local patterns = {}

local REPEATS_MAX, LENGTH_MAX = 2, 200

-- The position behind a set such as [%w_], which begins at `at`; nil if it is not closed.
local function behind_set(text, at)
  at = at + 1
  if text:sub(at, at) == "^" then at = at + 1 end
  local first = true
  while at <= #text do
    local c = text:sub(at, at)
    if c == "]" and not first then return at + 1 end
    at, first = at + (c == "%" and 2 or 1), false
  end
end

-- The position behind the escape that begins at `at`; nil if it is not whole.
local function behind_escape(text, at)
  local c = text:sub(at + 1, at + 1)
  if c == "" or c:find "%d" then return nil end
  if c == "b" then return #text >= at + 3 and at + 4 or nil end
  if c == "f" then return text:sub(at + 2, at + 2) == "[" and behind_set(text, at + 2) or nil end
  return at + 2
end

--- What is wrong with a pattern, and what to do.
---@param text string
---@return string? what
---@return string? hint
function patterns.fault(text)
  local at, repeats = 1, 0
  if #text > LENGTH_MAX then return "is a pattern of more than 200 bytes", "match a part of the line" end
  while at and at <= #text do
    local c = text:sub(at, at)
    if c == "(" or c == ")" then return "is a pattern with a capture", "leave ( and ) out, or write %( and %)" end
    if c == "[" then
      at = behind_set(text, at)
    elseif c == "%" then
      at = behind_escape(text, at)
    else
      repeats = repeats + (c:find "[*+-]" and 1 or 0)
      at = at + 1
    end
  end
  if not at then return "is no pattern of Lua", "see string.find: a [ has its ], and % is not the last" end
  if repeats > REPEATS_MAX then
    return "is a pattern with more than two of * + -", "match a part of the line: such a pattern may take for ever"
  end
end

return patterns
