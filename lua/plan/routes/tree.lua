-- Patterns as a tree of segments. It finds the patterns that cover a path or a pattern, and those that conflict.

local later = require "lib.later"
local template = later "plan.routes.template" ---@module "plan.routes.template"

local tree = {}

---@class Tree
---@field words table<string, Tree>
---@field param? Tree
---@field many? Tree behind {name+}
---@field ends? any what was added for a pattern that ends here
---@field rest? any what was added for a pattern that ends in /* here

---@return Tree
function tree.new() return {words = {}} end

--- Adds an item for a pattern.
---@param root Tree
---@param pattern Pattern
---@param item any
function tree.add(root, pattern, item)
  local at = root
  for _, segment in ipairs(pattern.segments) do
    if segment.word then
      at.words[segment.word] = at.words[segment.word] or tree.new()
      at = at.words[segment.word]
    else
      local kind = segment.many and "many" or "param"
      at[kind] = at[kind] or tree.new()
      at = at[kind]
    end
  end
  at[pattern.rest and "rest" or "ends"] = item
end

-- Everything below a node.
local function all(node, visit)
  if node.ends then visit(node.ends) end
  if node.rest then visit(node.rest) end
  for _, child in pairs(node.words) do all(child, visit) end
  if node.param then all(node.param, visit) end
  if node.many then all(node.many, visit) end
end

local function finish(node, rest, found)
  if rest == nil and node.ends then found[#found + 1] = node.ends end
  if rest and node.rest then found[#found + 1] = node.rest end
end

local function descend(node, segments, at, rest, found)
  local segment = segments[at]
  if not segment then return finish(node, rest, found) end
  local word = segment.word and node.words[segment.word]
  if word then descend(word, segments, at + 1, rest, found) end
  if node.param and not segment.many then descend(node.param, segments, at + 1, rest, found) end
  for next_one = at + 1, node.many and #segments or at do descend(node.many, segments, next_one, rest, found) end
  if node.rest then found[#found + 1] = node.rest end
end

--- The items of all patterns that include this one, the most special first. This pattern itself counts too.
---@param root Tree
---@param segments Segment[]
---@param rest boolean
---@return any[]
function tree.covering(root, segments, rest)
  local found = {}
  descend(root, segments, 1, rest or nil, found)
  return found
end

--- The items of all patterns that may match a path below these words and a slash.
---@param root Tree
---@param words {word: string}[]
---@return any[]
function tree.below(root, words)
  local found, seen, level = {}, {}, {root}
  local function take(item)
    if not seen[item] then found[#found + 1] = item end
    seen[item] = true
  end
  for at, segment in ipairs(words) do
    local deeper = {}
    for _, node in ipairs(level) do
      if node.rest then take(node.rest) end
      deeper[#deeper + 1] = node.words[segment.word]
      deeper[#deeper + 1] = node.param
      -- Its value may include all words that are left, and more after them.
      if node.many and at < #words then all(node.many, take) end
      deeper[#deeper + 1] = node.many
    end
    level = deeper
  end
  for _, node in ipairs(level) do
    local ends = node.ends
    all(node, function(item) if item ~= ends then take(item) end end)
  end
  return found
end

local function all_of(node)
  local items = {}
  all(node, function(item) items[#items + 1] = item end)
  return items
end

-- Pairs that conflict. a and b were reached by different segments at one place, such as a word and {}.
local function cross(a, b, report)
  local left, right = all_of(a), all_of(b)
  for _, one in ipairs(left) do
    for _, other in ipairs(right) do
      if template.relation(one.pattern, other.pattern) == "across" then report(one, other) end
    end
  end
end

-- Pairs that conflict behind one {+}, which may stand for a different number of segments in each.
local function within(node, report)
  local items = all_of(node)
  for at, one in ipairs(items) do
    for after = at + 1, #items do
      if template.relation(one.pattern, items[after].pattern) == "across" then report(one, items[after]) end
    end
  end
end

--- Calls report(one, other) for items (which have a field `pattern`) whose patterns overlap without one including the
--- other. That is possible only between words and {}, and after {+}.
---@param root Tree
---@param report fun(one: table, other: table)
function tree.across(root, report)
  local function visit(node)
    for _, child in pairs(node.words) do
      if node.param then cross(child, node.param, report) end
      if node.many then cross(child, node.many, report) end
      visit(child)
    end
    if node.param and node.many then cross(node.param, node.many, report) end
    if node.param then visit(node.param) end
    if node.many then within(node.many, report) end
  end
  visit(root)
end

return tree
