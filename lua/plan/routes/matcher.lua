-- Patterns to LPeg, for `synlua route`: nginx gets locations made from the same patterns.

local lpeg = require "lpeg"

local matcher = {}

local segment = (1 - lpeg.P "/") ^ 1

local function one(pattern)
  local made = lpeg.P(true)
  for _, item in ipairs(pattern.segments) do
    made = made * "/" * (item.word and lpeg.P(item.word) or segment)
    if item.word then made = made * #(lpeg.P "/" + -1) end
  end
  return pattern.rest and made * "/" or made * -1
end

--- A function from a decoded path to the index of the first pattern that matches it.
---@param patterns Pattern[] the most special first
---@return fun(path: string): integer?
function matcher.make(patterns)
  local by_head = {}
  -- By the first two words, so that a path is tried against few.
  for at, pattern in ipairs(patterns) do
    local first, second = pattern.segments[1], pattern.segments[2]
    local head = second and first.word and second.word and "/" .. first.word .. "/" .. second.word or ""
    by_head[head] = by_head[head] or lpeg.P(false)
    by_head[head] = by_head[head] + one(pattern) * lpeg.Cc(at)
  end
  return function(path)
    local special = by_head[path:match "^/[^/]+/[^/]+" or ""]
    local general = by_head[""]
    local found = special and special:match(path)
    local other = general and general ~= special and general:match(path)
    if found and other then return math.min(found, other) end
    return found or other or nil
  end
end

return matcher
