-- Which process serves which request: endpoints of the worker types there are, to pools and routes.

local tables = require "lib.tables"
local template = require "plan.routes.template"
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

---@class Routes
---@field list Route[] what lies inside of another comes before it
---@field pools table<string, Pool>
---@field tree Tree

local METHODS = {GET = 1, PUT = 2, POST = 3, DELETE = 4, PATCH = 5}
local BALANCES = {user = true, room = true, source = true, one = true}
local FIELDS = {
  path = "string", methods = "table", balance = "string", fallback = "boolean", repeatable = "boolean",
  unbuffered = "boolean", whole = "boolean", without = "string", prefer = "number",
}

local function problem(kind, what, hint) return {where = ("workers/%s.lua"):format(kind), what = what, hint = hint} end

local function check(kind, endpoint)
  for field, value in tables.sorted(endpoint) do
    if type(value) ~= FIELDS[field] then
      return problem(kind, ("the endpoint %s has a wrong field %s"):format(tostring(endpoint.path), tostring(field)),
        "see Endpoint in plan/routes/init.lua")
    end
  end
  if not endpoint.path or not endpoint.methods or (endpoint.balance and not BALANCES[endpoint.balance]) then
    return problem(kind, ("an endpoint (%s) needs path and methods, and balances by user, room, source or one")
      :format(tostring(endpoint.path)), "see Endpoint in plan/routes/init.lua")
  end
  if endpoint.without and not endpoint.without:find "^[%w_]+$" then
    return problem(kind, ("%s is no argument of a query"):format(endpoint.without), "say its name alone")
  end
  for _, method in ipairs(endpoint.methods) do
    if not METHODS[method] then
      return problem(kind, ("%s of %s is no method"):format(tostring(method), endpoint.path),
        "say GET, PUT, POST, DELETE or PATCH: HEAD goes with GET, OPTIONS with any")
    end
  end
end

-- Claims of one endpoint: a pattern's method for a type.
local function add_claims(found, kind, endpoint, problems)
  local fault = check(kind, endpoint)
  local patterns, why = nil, nil
  if not fault then patterns, why = template.parse(endpoint.path) end
  if why then fault = problem(kind, ("%s %s"):format(endpoint.path, why), "see plan/routes/template.lua") end
  if fault then
    problems[#problems + 1] = fault
    return
  end
  for _, pattern in ipairs(patterns) do
    local place = found[pattern.key] or {pattern = pattern, template = endpoint.path, claims = {}}
    found[pattern.key] = place
    place.unbuffered = place.unbuffered or endpoint.unbuffered or false
    for _, method in ipairs(endpoint.methods) do
      place.claims[#place.claims + 1] = {kind = kind, endpoint = endpoint, method = method}
    end
  end
end

local function members_of(instances)
  local by_type = {}
  for _, instance in ipairs(instances) do
    for _, kind in ipairs(instance.types or {}) do
      by_type[kind] = by_type[kind] or {}
      table.insert(by_type[kind], instance.name)
    end
  end
  return by_type
end

local SUFFIX = {"balance", "fallback", "repeatable"}

-- The pool for the claims that win: one per set of types and way of treating a request.
local function pool_of(made, claims)
  local kinds, seen, policy = {}, {}, claims[1].endpoint
  for _, claim in ipairs(claims) do kinds[#kinds + 1] = claim.kind end
  table.sort(kinds)
  local words = {table.concat(kinds, "+")}
  if policy.balance then words[#words + 1] = policy.balance end
  if policy.fallback == false then words[#words + 1] = "alone" end
  if policy.repeatable ~= nil then words[#words + 1] = policy.repeatable and "again" or "once" end
  local name = table.concat(words, ".")
  if not made.pools[name] then
    local members = {}
    for _, kind in ipairs(kinds) do
      for _, member in ipairs(made.members[kind]) do
        if not seen[member] then members[#members + 1] = member end
        seen[member] = true
      end
    end
    table.sort(members)
    made.pools[name] = {name = name, types = kinds, members = members, balance = policy.balance,
      fallback = policy.fallback ~= false, repeatable = policy.repeatable}
  end
  return name
end

-- Of the claims on one method those of the types preferred; all must treat the request alike.
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

local function rule_of(made, claims, problems)
  local rule = {}
  local always = winners(claims, nil, problems)
  if always then rule.pool = pool_of(made, always) end
  for _, claim in ipairs(claims) do
    if claim.endpoint.without and not rule.argument then
      local first = winners(claims, claim.endpoint.without, problems)
      rule.argument, rule.first = claim.endpoint.without, first and pool_of(made, first)
    end
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

-- What a route does not say about a method, the next wider one may.
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

local function claims_of(kinds, by_type, problems)
  local found = {}
  for name in tables.sorted(by_type) do
    for _, endpoint in ipairs(kinds[name] and kinds[name].endpoints or {}) do
      add_claims(found, name, endpoint, problems)
    end
  end
  return found
end

--- Pools and routes for the instances there are.
---@param kinds table<string, WorkerType>
---@param instances table[] {name, types, ...}
---@return Routes
---@return Problem[]
function routes.make(kinds, instances)
  local problems = {}
  local made = {list = {}, pools = {}, tree = tree.new(), members = members_of(instances)}
  for _, place in tables.sorted(claims_of(kinds, made.members, problems)) do
    local rules = rules_of(made, place, problems)
    local route = {pattern = place.pattern, template = place.template, unbuffered = place.unbuffered, own = rules,
      rules = tables.copy(rules), any = only_rule(place, rules), kind = place.claims[1].kind}
    made.list[#made.list + 1] = route
    tree.add(made.tree, route.pattern, route)
  end
  table.sort(made.list, function(a, b) return template.before(a.pattern, b.pattern) end)
  inherit(made)
  tree.across(made.tree, function(one, other)
    problems[#problems + 1] = problem(one.kind, ("%s overlaps %s of workers/%s.lua, and neither is a part of the other")
      :format(one.template, other.template, other.kind), "make one of them a part of the other, or keep them apart")
  end)
  table.sort(problems, function(a, b) return a.where .. a.what < b.where .. b.what end)
  return made, problems
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
