-- Path templates: the one way endpoints name paths.
--
--   /_matrix/client/{r0|v3}/rooms/{room}/event/*
--
--   {room}      one segment, whatever it is
--   {r0|v3}     one of these words; a word may have slashes: {api/v1|r0}
--   /* (last)   a slash and anything behind it, even nothing
--
-- nginx decides by the decoded path: a segment whose value may hold an encoded slash is therefore never followed by
-- anything but `/*`.

local lpeg = require "lpeg"

local C, Cc, Cg, Ct, P, S = lpeg.C, lpeg.Cc, lpeg.Cg, lpeg.Ct, lpeg.P, lpeg.S

local template = {}

---@class Pattern one path template with its alternatives chosen
---@field text string
---@field segments {word?: string, param?: string}[]
---@field rest boolean whether it ends in /*
---@field key string the text without names: two patterns of one key match the same paths

local char = lpeg.R("az", "AZ", "09") + S "._~-"
local name = lpeg.R("az", "__") ^ 1
local alternative = C(char ^ 1 * (P "/" * char ^ 1) ^ 0)
local part = Cg(P "{" * C(name) * "}", nil) / function(param) return {param = param} end
  + P "{" * Ct(alternative * (P "|" * alternative) ^ 1) * "}" / function(words) return {words = words} end
  + C(char ^ 1) / function(word) return {words = {word}} end
local grammar = Ct((P "/" * -P "*" * part) ^ 1) * (P "/*" * Cc(true) + Cc(false)) * -1

local function extended(head, words)
  local made = table.move(head, 1, #head, 1, {})
  for word in words:gmatch "[^/]+" do made[#made + 1] = {word = word} end
  return made
end

local function described(segments, rest)
  local text, key = {}, {}
  for at, segment in ipairs(segments) do
    text[at] = segment.word or "{" .. segment.param .. "}"
    key[at] = segment.word or "{}"
  end
  local tail = rest and "/*" or ""
  return "/" .. table.concat(text, "/") .. tail, "/" .. table.concat(key, "/") .. tail
end

--- Reads a template.
---@param text string
---@return Pattern[]? patterns one for each choice among its alternatives
---@return string? what is wrong with it
function template.parse(text)
  local parts, rest = grammar:match(text)
  if not parts then return nil, "is no path template: /word, /{name}, /{word|word}, and /* as the last" end
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
    local shown, key = described(segments, rest)
    patterns[at] = {text = shown, segments = segments, rest = rest, key = key}
  end
  return patterns
end

-- What a pattern has at a place: a segment, "rest" or "end".
local function at_place(pattern, at)
  return pattern.segments[at] or (pattern.rest and at == #pattern.segments + 1 and "rest") or "end"
end

local RANK = {word = 1, param = 2, ["end"] = 3, rest = 4}

local function rank(item) return type(item) == "string" and RANK[item] or item.word and RANK.word or RANK.param end

-- How one place of a relates to the same of b: "same", "inside", "around" or "apart", and whether that is the last one.
local function place(a, b)
  local left, right = rank(a), rank(b)
  if left == RANK["end"] or right == RANK["end"] then return left == right and "same" or "apart", true end
  if left == RANK.word and right == left and a.word ~= b.word then return "apart", true end
  local last = left == RANK.rest or right == RANK.rest
  if left == right then return "same", last end
  return left < right and "inside" or "around", last
end

--- How the paths of a lie to those of b: "same", "inside", "around", "apart", or "across": some are common, and each
--- has others.
---@param a Pattern
---@param b Pattern
---@return string
function template.relation(a, b)
  local whole, at = "same", 0
  repeat
    at = at + 1
    local here, last = place(at_place(a, at), at_place(b, at))
    if here == "apart" then return "apart" end
    if here ~= "same" then whole = (whole == "same" or whole == here) and here or "across" end
  until last
  return whole
end

--- An order in which a pattern stands before all that it lies inside of.
---@param a Pattern
---@param b Pattern
---@return boolean
function template.before(a, b)
  for at = 1, math.max(#a.segments, #b.segments) + 1 do
    local left, right = at_place(a, at), at_place(b, at)
    local l, r = rank(left), rank(right)
    if l ~= r then return l < r end
    if l == RANK.word and left.word ~= right.word then return left.word < right.word end
    if l > RANK.param then break end
  end
  return a.text < b.text
end

return template
