-- Path templates: the one way endpoints name paths.
--
--   /_matrix/client/{r0|v3}/rooms/{room}/event/*
--
--   {room}      one segment, whatever it is
--   {user+}     one or more segments, for endpoints that main cannot serve: at most once, and not at the end
--   {r0|v3}     one of these words; a word may have slashes: {api/v1|r0}
--   /* (last)   a slash and anything behind it, even nothing
--
-- nginx decides by the decoded path, in which an encoded slash (%2F) in a value looks like any other slash. A value
-- that may hold one is therefore last and written as `/*`, or it is {user+}, or the path that it splits goes to main.

local lpeg = require "lpeg"
local once = require "lib.once"

local C, Cc, Ct, P, S = lpeg.C, lpeg.Cc, lpeg.Ct, lpeg.P, lpeg.S

local template = {}

---@class Segment
---@field word? string
---@field param? string the name of a value
---@field many? boolean whether the value may be more than one segment

---@class Pattern one path template with its alternatives chosen
---@field text string
---@field segments Segment[]
---@field rest boolean whether it ends in /*
---@field many boolean whether it has a {name+}
---@field key string the text without names: two patterns of one key match the same paths

local grammar = once(function()
  local char = lpeg.R("az", "AZ", "09") + S "._~-"
  local name = lpeg.R("az", "__") ^ 1
  local alternative = C(char ^ 1 * (P "/" * char ^ 1) ^ 0)
  local part = P "{" * C(name) * "}" / function(param) return {param = param} end
    + P "{" * C(name) * "+}" / function(param) return {param = param, many = true} end
    + P "{" * Ct(alternative * (P "|" * alternative) ^ 1) * "}" / function(words) return {words = words} end
    + C(char ^ 1) / function(word) return {words = {word}} end
  return Ct((P "/" * -P "*" * part) ^ 1) * (P "/*" * Cc(true) + Cc(false)) * -1
end)

local function extended(head, words)
  local made = table.move(head, 1, #head, 1, {})
  for word in words:gmatch "[^/]+" do made[#made + 1] = {word = word} end
  return made
end

local function described(segments, rest)
  local text, key, has_many = {}, {}, false
  for at, segment in ipairs(segments) do
    has_many = has_many or segment.many or false
    local many = segment.many and "+" or ""
    text[at] = segment.word or "{" .. segment.param .. many .. "}"
    key[at] = segment.word or "{" .. many .. "}"
  end
  local tail = rest and "/*" or ""
  return "/" .. table.concat(text, "/") .. tail, "/" .. table.concat(key, "/") .. tail, has_many
end

local function is_bounded(parts)
  local count = 0
  for at, item in ipairs(parts) do
    if item.many then count = count + (at == #parts and 2 or 1) end
  end
  return count <= 1
end

--- Reads a template.
---@param text string
---@return Pattern[]? patterns one for each choice among its alternatives
---@return string? what is wrong with it
function template.parse(text)
  local parts, rest = grammar():match(text)
  if not parts then return nil, "is no path template: /word, /{name}, /{name+}, /{word|word}, and /* as the last" end
  if not is_bounded(parts) then return nil, "may have one {name+}, and something other than /* must follow it" end
  local all = {{}}
  for _, item in ipairs(parts) do
    local longer = {}
    for _, head in ipairs(all) do
      if item.param then
        longer[#longer + 1] = table.move(head, 1, #head, 1, {})
        table.insert(longer[#longer], item)
      end
      for _, words in ipairs(item.words or {}) do longer[#longer + 1] = extended(head, words) end
    end
    all = longer
  end
  local patterns = {}
  for at, segments in ipairs(all) do
    local shown, key, many = described(segments, rest)
    patterns[at] = {text = shown, segments = segments, rest = rest, key = key, many = many}
  end
  return patterns
end

-- What a pattern has at a place: a segment, "rest" or "end".
local function at_place(pattern, at)
  return pattern.segments[at] or (pattern.rest and at == #pattern.segments + 1 and "rest") or "end"
end

local RANK = {word = 1, param = 2, many = 3, ["end"] = 4, rest = 5}

local function rank(item)
  return RANK[item] or item.word and RANK.word or item.many and RANK.many or RANK.param
end

-- How a place of a relates to the same place of b: "same", "inside", "around" or "apart", and whether it is the last.
local function place(a, b)
  local left, right = rank(a), rank(b)
  if left == RANK["end"] or right == RANK["end"] then return left == right and "same" or "apart", true end
  if left == RANK.word and right == left and a.word ~= b.word then return "apart", true end
  local last = left == RANK.rest or right == RANK.rest
  if left == right then return "same", last end
  return left < right and "inside" or "around", last
end

local function relation_of_plain(a, b)
  local whole, at = "same", 0
  repeat
    at = at + 1
    local here, last = place(at_place(a, at), at_place(b, at))
    if here == "apart" then return "apart" end
    if here ~= "same" then whole = (whole == "same" or whole == here) and here or "across" end
  until last
  return whole
end

-- A pattern with {name+} as the patterns it stands for, up to a length; any other pattern as it is.
local function plain_patterns(pattern, length)
  for at, segment in ipairs(pattern.segments) do
    if segment.many then
      local list = {}
      for count = 1, length do
        local segments = table.move(pattern.segments, 1, at - 1, 1, {})
        for _ = 1, count do segments[#segments + 1] = {param = segment.param} end
        list[count] = {segments = table.move(pattern.segments, at + 1, #pattern.segments, #segments + 1, segments),
          rest = pattern.rest}
      end
      return list
    end
  end
  return {pattern}
end

-- Whether each of some patterns lies inside one of the others, and whether any have a path in common.
local function compare(some, others)
  local inside, common = true, false
  for _, one in ipairs(some) do
    local holds = false
    for _, other in ipairs(others) do
      local found = relation_of_plain(one, other)
      holds = holds or found == "inside" or found == "same"
      common = common or found ~= "apart"
    end
    inside = inside and holds
  end
  return inside, common
end

--- An order in which a pattern comes before all patterns that include it.
---@param a Pattern
---@param b Pattern
---@return boolean
function template.before(a, b)
  for at = 1, math.max(#a.segments, #b.segments) + 1 do
    local left, right = at_place(a, at), at_place(b, at)
    local l, r = rank(left), rank(right)
    if l ~= r then return l < r end
    if l == RANK.many and #a.segments ~= #b.segments then return #a.segments > #b.segments end
    if l == RANK.word and left.word ~= right.word then return left.word < right.word end
    if l > RANK.param then break end
  end
  return a.text < b.text
end

--- How the paths of a relate to those of b: "same", "inside", "around", "apart", or "across" if some are common and
--- each has others.
---@param a Pattern
---@param b Pattern
---@return string
function template.relation(a, b)
  if not (a.many or b.many) then return relation_of_plain(a, b) end
  -- A value longer than both patterns together gives the same result as a shorter one.
  local length = #a.segments + #b.segments
  local left, right = plain_patterns(a, length), plain_patterns(b, length)
  local inside, common = compare(left, plain_patterns(b, 2 * length))
  local around = compare(right, plain_patterns(a, 2 * length))
  if not common then return "apart" end
  if inside and around then return "same" end
  -- Some patterns include each other and still have no order. They are refused like those that overlap.
  if inside and template.before(a, b) then return "inside" end
  return around and template.before(b, a) and "around" or "across"
end

return template
