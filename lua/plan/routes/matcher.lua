-- Patterns to LPeg, for `synlua route`: nginx gets locations made from the same patterns.

local lpeg = require "lpeg"

local matcher = {}

local segment = (1 - lpeg.P "/") ^ 1

-- From its end: what follows {name+} decides how many segments that takes.
local function one(pattern)
  local made = pattern.rest and lpeg.P "/" or lpeg.P(-1)
  for at = #pattern.segments, 1, -1 do
    local item = pattern.segments[at]
    if item.word then
      made = "/" * lpeg.P(item.word) * #(lpeg.P "/" + -1) * made
    elseif item.many then
      made = lpeg.P {"/" * segment * (made + lpeg.V(1))}
    else
      made = "/" * segment * made
    end
  end
  return made
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
