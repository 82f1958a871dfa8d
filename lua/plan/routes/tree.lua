-- Patterns as a tree of segments: what covers a path or a pattern, and which patterns are at odds.

local template = require "plan.routes.template"

local tree = {}

---@class Tree
---@field words table<string, Tree>
---@field param? Tree
---@field ends? any what was added for a pattern that ends here
---@field rest? any what was added for a pattern that ends in /* here

---@return Tree
function tree.new() return {words = {}} end

--- Adds something for a pattern.
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
      at.param = at.param or tree.new()
      at = at.param
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
end

local function descend(node, segments, at, rest, found)
  local segment = segments[at]
  if not segment then
    if rest == nil and node.ends then found[#found + 1] = node.ends end
    if rest and node.rest then found[#found + 1] = node.rest end
    return
  end
  local word = segment.word and node.words[segment.word]
  if word then descend(word, segments, at + 1, rest, found) end
  if node.param then descend(node.param, segments, at + 1, rest, found) end
  if node.rest then found[#found + 1] = node.rest end
end

--- What was added for the patterns that hold all paths of this one, the most special first, itself included.
---@param root Tree
---@param segments {word?: string, param?: string}[]
---@param rest boolean
---@return any[]
function tree.covering(root, segments, rest)
  local found = {}
  descend(root, segments, 1, rest or nil, found)
  return found
end

--- What was added for patterns that may match something below these words, a slash behind them.
---@param root Tree
---@param words {word: string}[]
---@return any[]
function tree.below(root, words)
  local found, level = {}, {root}
  for _, segment in ipairs(words) do
    local deeper = {}
    for _, node in ipairs(level) do
      if node.rest then found[#found + 1] = node.rest end
      deeper[#deeper + 1] = node.words[segment.word]
      deeper[#deeper + 1] = node.param
    end
    level = deeper
  end
  for _, node in ipairs(level) do
    local ends = node.ends
    all(node, function(item) if item ~= ends then found[#found + 1] = item end end)
  end
  return found
end

local function all_of(node)
  local items = {}
  all(node, function(item) items[#items + 1] = item end)
  return items
end

-- Pairs at odds: a was reached by a word where b was reached by {}.
local function cross(a, b, report)
  local left, right = all_of(a), all_of(b)
  for _, one in ipairs(left) do
    for _, other in ipairs(right) do
      if template.relation(one.pattern, other.pattern) == "across" then report(one, other) end
    end
  end
end

--- Calls report(one, other) for items (which have a field `pattern`) whose patterns lie across each other: only where
--- words and {} meet can that happen.
---@param root Tree
---@param report fun(one: table, other: table)
function tree.across(root, report)
  local function visit(node)
    for _, child in pairs(node.words) do
      if node.param then cross(child, node.param, report) end
      visit(child)
    end
    if node.param then visit(node.param) end
  end
  visit(root)
end

return tree
