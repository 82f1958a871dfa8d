-- The directives that pass the requests of a location on: to one upstream, or to one of several by the value of a map.
--
-- proxy_pass with a variable would be shorter. But for each request nginx then reads its value as an address and looks
-- it up among all upstreams, which takes 2,300 instructions of some 30,000.

local tables = require "lib.tables"
local template = require "files.template"

local passing = {}

-- Names of nginx's variables. Equal contents get the same name.
local function namer(prefix)
  local names, list = {}, {}
  return function(key, content)
    if not names[key] then
      names[key] = prefix .. #list + 1
      content.name = names[key]
      list[#list + 1] = content
    end
    return "$" .. names[key]
  end, list
end

local function pass(pool) return ("proxy_pass http://%s;"):format(pool) end

-- variable: a map that gives the name of a pool; names: how this server names those pools.
local function choice(default, variable, names)
  local words = {pass(names[default])}
  for pool, name in tables.sorted(names) do
    if pool ~= default then words[#words + 1] = ("if (%s = %s) { %s }"):format(variable, pool, pass(name)) end
  end
  return table.concat(words, " ")
end

--- A writer of such directives, and the lists of the maps that they use, which grow with each.
---@param main string how a map, which all servers share, names the main process
---@return fun(name: string, rules: table, own: string): table directives target, rules, and how this server names main
---@return table[] by_method
---@return table[] by_argument
function passing.writer(main)
  local method_name, by_method = namer "by_method_"
  local first_name, by_argument = namer "by_argument_"

  -- What a map says, and the pools that this stands for.
  local function value(rule, names)
    local rest = rule.pool or main
    names[rest] = names[rest] or rest
    if not rule.argument then return rest end
    local first = rule.first or main
    names[first] = names[first] or first
    return first_name(rule.argument .. " " .. first .. " " .. rest,
      {argument = template.raw("$arg_" .. rule.argument), first = template.raw(first), rest = template.raw(rest)})
  end

  local function directives(name, rules, own)
    if name == "main" then return pass(own) end
    local names, any = {[main] = own}, rules.any
    if any then
      if not any.argument then return pass(any.pool or own) end
      local variable = value(any, names)
      if any.first and any.pool then names[main] = nil end
      return choice(any.pool or main, variable, names)
    end
    local methods = {}
    for method, rule in tables.sorted(rules) do
      methods[#methods + 1] = {method = method, pool = template.raw(value(rule, names))}
    end
    return choice(main, method_name(name, {methods = methods}), names)
  end
  return function(...) return template.raw(directives(...)) end, by_method, by_argument
end

return passing
