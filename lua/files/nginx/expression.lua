-- Regular expressions for nginx's nested locations, made from patterns that share their first words.

local tree = require "plan.routes.tree"
local tables = require "lib.tables"

local expression = {}

local function escaped(word) return (word:gsub("[^%w_/-]", "\\%0")) end

local function choice(list)
  if #list == 1 then return list[1] end
  return "(?:" .. table.concat(list, "|") .. ")"
end

local function shared_tails(by_tail)
  local list = {}
  for tail, words in tables.sorted(by_tail) do
    table.sort(words)
    list[#list + 1] = choice(words) .. tail
  end
  return list
end

-- A segment may be followed by the end (\z, because $ would also match before a line break), by a slash and anything,
-- or by segments.
local function after(node)
  local list, by_tail = {}, {}
  if node.ends then list[#list + 1] = "\\z" end
  if node.rest then
    list[#list + 1] = "/"
  else
    for word, child in tables.sorted(node.words) do
      local tail = after(child)
      by_tail[tail] = by_tail[tail] or {}
      table.insert(by_tail[tail], escaped(word))
    end
    local deeper = shared_tails(by_tail)
    if node.param then deeper[#deeper + 1] = "[^/]+" .. after(node.param) end
    if node.many then deeper[#deeper + 1] = "[^/]+(?:/[^/]+)*" .. after(node.many) end
    if #deeper > 0 then list[#list + 1] = "/" .. choice(deeper) end
  end
  return choice(list)
end

--- One expression for all of the patterns.
---@param patterns Pattern[]
---@return string
function expression.make(patterns)
  local root = tree.new()
  for _, pattern in ipairs(patterns) do tree.add(root, pattern, true) end
  return "^" .. after(root)
end

return expression
