-- Which process serves which request. Endpoints of the worker types that are in use become pools and routes.

local by_type = require "plan.workers.instances".by_type
local endpoints = require "plan.routes.endpoints"
local later = require "lib.later"
local resources = require "plan.listeners.resources"
local tables = require "lib.tables"
local template = later "plan.routes.template" ---@module "plan.routes.template"
local tree = require "plan.routes.tree"

local routes = {}

---@class Pool
---@field name string
---@field types string[]
---@field members string[] names of instances
---@field balance? string
---@field fallback boolean
---@field repeatable? boolean

---@class Rule
---@field pool? string the main process where nil
---@field argument? string where this argument is missing ...
---@field first? string ... this pool instead

---@class Route
---@field pattern Pattern
---@field rules table<string, Rule> by method
---@field any? Rule for whichever method
---@field unbuffered boolean
---@field template string as the worker type says it
---@field belongs Belonging the resources that its paths belong to

---@class Routes
---@field list Route[] what lies inside of another comes before it
---@field pools table<string, Pool>
---@field tree Tree

local problem = endpoints.problem

local SUFFIX = {"balance", "fallback", "repeatable"}

-- The pool for the claims that win. There is one for each set of types and each way of treating a request.
local function pool_of(made, claims)
  local set, policy = {}, claims[1].endpoint
  for _, claim in ipairs(claims) do set[claim.kind] = true end
  local kinds = tables.keys(set)
  local words = {table.concat(kinds, "+")}
  if policy.balance then words[#words + 1] = policy.balance end
  if policy.fallback == false then words[#words + 1] = "alone" end
  if policy.repeatable ~= nil then words[#words + 1] = policy.repeatable and "again" or "once" end
  local name = table.concat(words, ".")
  if not made.pools[name] then
    local members = {}
    for _, kind in ipairs(kinds) do
      for _, member in ipairs(made.members[kind]) do members[member] = true end
    end
    made.pools[name] = {name = name, types = kinds, members = tables.keys(members), balance = policy.balance,
      fallback = policy.fallback ~= false, repeatable = policy.repeatable}
  end
  return name
end

-- Of the claims on one method, those with the highest `prefer`. They must all treat the request alike.
local function winners(claims, without, problems)
  local best
  for _, claim in ipairs(claims) do
    local prefer = claim.endpoint.prefer or 0
    if claim.endpoint.without == without then
      if not best or prefer > best.prefer then best = {prefer = prefer} end
      if prefer == best.prefer then best[#best + 1] = claim end
    end
  end
  if not best then return end
  for _, claim in ipairs(best) do
    for _, field in ipairs(SUFFIX) do
      if claim.endpoint[field] ~= best[1].endpoint[field] then
        local what = ("%s of %s differs in %s from workers/%s.lua"):format(claim.method, claim.endpoint.path, field,
          best[1].kind)
        problems[#problems + 1] = problem(claim.kind, what, "let them agree, or give one a higher `prefer`")
        return
      end
    end
  end
  return best
end

-- The claim whose argument decides; another argument on the same path is a problem.
local function first_without(claims, problems)
  local first
  for _, claim in ipairs(claims) do
    local argument = claim.endpoint.without
    first = first or argument and claim
    if argument and argument ~= first.endpoint.without then
      problems[#problems + 1] = problem(claim.kind, ("%s of %s is without %s, but without %s in workers/%s.lua"):format(
        claim.method, claim.endpoint.path, argument, first.endpoint.without, first.kind),
        "name one argument: a path can be divided by one only")
    end
  end
  return first
end

local function rule_of(made, claims, problems)
  local rule = {}
  local always = winners(claims, nil, problems)
  if always then rule.pool = pool_of(made, always) end
  local claim = first_without(claims, problems)
  if claim then
    local first = winners(claims, claim.endpoint.without, problems)
    rule.argument, rule.first = claim.endpoint.without, first and pool_of(made, first)
  end
  return rule
end

local function rules_of(made, place, problems)
  local by_method, rules = {}, {}
  for _, claim in ipairs(place.claims) do
    by_method[claim.method] = by_method[claim.method] or {}
    table.insert(by_method[claim.method], claim)
  end
  for method, claims in tables.sorted(by_method) do rules[method] = rule_of(made, claims, problems) end
  return rules
end

local function alike(a, b) return a.pool == b.pool and a.argument == b.argument and a.first == b.first end

-- The one rule of a path that has no other methods.
local function only_rule(place, rules)
  local _, first = next(rules)
  for _, claim in ipairs(place.claims) do
    if not (claim.endpoint.whole and alike(rules[claim.method], first)) then return end
  end
  return first
end

-- Where a route has no rule for a method, that of the next wider route holds.
local function inherit(made)
  for _, route in ipairs(made.list) do
    local wider = tree.covering(made.tree, route.pattern.segments, route.pattern.rest)
    for _, other in ipairs(wider) do
      for method, rule in pairs(other.own) do route.rules[method] = route.rules[method] or rule end
    end
    route.rules.HEAD = route.rules.GET
    for _, method in ipairs {"PATCH", "DELETE", "POST", "PUT", "GET"} do
      route.rules.OPTIONS = route.rules[method] or route.rules.OPTIONS
    end
  end
end

-- Sorted, and each once: all alternatives of a path have the same fault.
local function told_once(problems)
  local by_text, list = {}, {}
  for _, one in ipairs(problems) do by_text[one.where .. ": " .. one.what] = one end
  for _, one in tables.sorted(by_text) do list[#list + 1] = one end
  return list
end

--- Pools and routes for the instances there are.
---@param kinds table<string, WorkerType>
---@param instances table[] {name, types, ...}
---@return Routes
---@return Problem[]
function routes.make(kinds, instances)
  local problems = {}
  local made = {list = {}, pools = {}, tree = tree.new(), members = by_type(instances)}
  for _, place in tables.sorted(endpoints.claimed(kinds, made.members, problems)) do
    local rules = rules_of(made, place, problems)
    local route = {pattern = place.pattern, template = place.template, unbuffered = place.unbuffered, own = rules,
      rules = tables.copy(rules), any = only_rule(place, rules), kind = place.claims[1].kind,
      belongs = resources.of(place.pattern)}
    made.list[#made.list + 1] = route
    tree.add(made.tree, route.pattern, route)
  end
  table.sort(made.list, function(a, b) return template.before(a.pattern, b.pattern) end)
  inherit(made)
  tree.across(made.tree, function(one, other)
    problems[#problems + 1] = problem(one.kind, ("%s overlaps %s of workers/%s.lua, and neither is a part of the other")
      :format(one.template, other.template, other.kind), "make one of them a part of the other, or keep them apart")
  end)
  return made, told_once(problems)
end

--- The routes that a listener serves; all of them where nothing is left out.
---@param all Routes
---@param served table<string, boolean> the listener's resources
---@return Routes
function routes.served(all, served)
  local made = {list = {}, pools = all.pools, tree = tree.new()}
  for _, route in ipairs(all.list) do
    if resources.serve(served, route.belongs) then
      made.list[#made.list + 1] = route
      tree.add(made.tree, route.pattern, route)
    end
  end
  return #made.list == #all.list and all or made
end

--- The routes of a plan; endpoints that overlap without an order are problems.
---@param view View
---@param problems Problem[]
---@return Routes
function routes.of(view, problems)
  local made, faults = routes.make(view.input.worker_types, view.instances)
  table.move(faults, 1, #faults, #problems + 1, problems)
  return made
end

return routes
