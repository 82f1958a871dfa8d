-- Turns routes into nginx's locations. Most are exact or a plain prefix, which nginx finds in a tree of strings. A
-- pattern with {} becomes a regular expression, nested below the prefix before the {}, one for all patterns with the
-- same target.

local later = require "lib.later"
local tables = require "lib.tables"
local template = later "plan.routes.template" ---@module "plan.routes.template"
local tree = require "plan.routes.tree"

local locations = {}

---@class Location
---@field exact? string path
---@field prefix? string path with a slash behind it
---@field expression? string
---@field target string "main", or key of targets
---@field unbuffered boolean
---@field once boolean
---@field nested Location[]
---@field templates string[] of the routes that it stands for

local function text_of(rule)
  if not rule.argument then return rule.pool or "main" end
  return ("%s?%s:%s"):format(rule.argument, rule.first or "main", rule.pool or "main")
end

-- A text that is the same for all routes with the same targets.
local function target_of(made, route)
  if not route then return "main" end
  local words, rules = {}, route.any and {any = route.any} or route.rules
  for method, rule in tables.sorted(rules) do words[#words + 1] = method .. "=" .. text_of(rule) end
  local target = table.concat(words, " ")
  made.targets[target] = rules
  return target
end

local function once(routes, route)
  for _, rule in pairs(route and route.rules or {}) do
    local pool = routes.pools[rule.pool]
    if pool and pool.repeatable == false then return true end
  end
  return false
end

local function location(made, routes, route, fields)
  fields.target = target_of(made, route)
  fields.unbuffered, fields.once = route and route.unbuffered or false, once(routes, route)
  fields.nested, fields.templates = {}, fields.templates or {route and route.template}
  return fields
end

local function head_of(pattern)
  local words = {}
  for _, segment in ipairs(pattern.segments) do
    if not segment.word then break end
    words[#words + 1] = segment
  end
  return words
end

local function path_of(words)
  local text = {}
  for at, segment in ipairs(words) do text[at] = segment.word end
  return "/" .. table.concat(text, "/")
end

local function may_match(group, pattern)
  for _, other in ipairs(group.patterns) do
    if template.relation(other, pattern) ~= "apart" then return true end
  end
  return false
end

-- Joins a pattern to an earlier expression for the same target, unless one between them matches some of its paths too.
local function place(groups, route, target)
  for at = #groups, 1, -1 do
    local group = groups[at]
    if group.target == target and group.route.unbuffered == route.unbuffered then
      table.insert(group.patterns, route.pattern)
      table.insert(group.templates, route.template)
      return
    end
    if may_match(group, route.pattern) then break end
  end
  groups[#groups + 1] = {target = target, route = route, patterns = {route.pattern}, templates = {route.template}}
end

-- Routes that do not depend on the method get most requests. They move to the front, past all expressions that match
-- none of their paths.
local function move_common_forward(groups)
  local front = 1
  for at, group in ipairs(groups) do
    local free = group.route.any ~= nil
    for before = front, free and at - 1 or 0 do
      for _, pattern in ipairs(group.patterns) do free = free and not may_match(groups[before], pattern) end
    end
    if free then
      table.insert(groups, front, table.remove(groups, at))
      front = front + 1
    end
  end
end

local function nested(made, routes, words)
  local inside, groups, list = {}, {}, {}
  for _, route in ipairs(tree.below(routes.tree, words)) do
    local deeper = head_of(route.pattern)
    if #deeper < #route.pattern.segments and #deeper <= #words then inside[#inside + 1] = route end
  end
  table.sort(inside, function(a, b) return template.before(a.pattern, b.pattern) end)
  for _, route in ipairs(inside) do place(groups, route, target_of(made, route)) end
  move_common_forward(groups)
  for at, group in ipairs(groups) do
    list[at] = location(made, routes, group.route,
      {expression = require("files.nginx.expression").make(group.patterns), templates = group.templates})
  end
  return list
end

-- Without a location for exactly this path, nginx would redirect it to the prefix that has one more slash.
local function guard(made, routes, words, seen)
  local path = path_of(words)
  if seen[path] then return end
  seen[path] = true
  return location(made, routes, tree.covering(routes.tree, words, false)[1], {exact = path})
end

local function add_prefix(made, routes, words, seen)
  local path = path_of(words) .. "/"
  if #words == 0 or seen[path] then return end
  seen[path] = true
  local whole = location(made, routes, tree.covering(routes.tree, words, true)[1], {prefix = path})
  whole.nested = nested(made, routes, words)
  made.list[#made.list + 1] = whole
end

local CROWD = 8

local function words_of(path)
  local words = {}
  for word in path:gmatch "[^/]+" do words[#words + 1] = {word = word} end
  return words
end

-- Among siblings nginx compares whole names, but below a prefix only the rest. So many siblings get a common prefix.
local function add_parents(made, routes, seen)
  local children = {}
  for _, child in ipairs(made.list) do
    local parent = (child.exact or child.prefix:sub(1, -2)):match "^(.*)/"
    children[parent] = (children[parent] or 0) + 1
  end
  for parent, count in tables.sorted(children) do
    if count >= CROWD then add_prefix(made, routes, words_of(parent), seen) end
  end
end

--- All locations but the last, which is for the main process.
---@param routes table of routes.make
---@return {list: Location[], targets: table<string, table<string, Rule>>}
function locations.make(routes)
  local made, seen = {list = {}, targets = {}}, {}
  for _, route in ipairs(routes.list) do
    local words = head_of(route.pattern)
    if #words < #route.pattern.segments or route.pattern.rest then
      add_prefix(made, routes, words, seen)
    elseif not seen[path_of(words)] then
      made.list[#made.list + 1] = guard(made, routes, words, seen)
    end
  end
  add_parents(made, routes, seen)
  for at = 1, #made.list do
    local prefix = made.list[at].prefix
    if prefix then made.list[#made.list + 1] = guard(made, routes, words_of(prefix), seen) end
  end
  table.sort(made.list, function(a, b) return (a.exact or a.prefix) < (b.exact or b.prefix) end)
  return made
end

return locations
