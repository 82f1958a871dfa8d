-- Endpoints of worker types, checked and sorted by the pattern and method that they claim.

local later = require "lib.later"
local tables = require "lib.tables"
local template = later "plan.routes.template" ---@module "plan.routes.template"

local endpoints = {}

---@class Claim
---@field kind string the worker type
---@field endpoint Endpoint
---@field method string

---@class ClaimedPattern
---@field pattern Pattern
---@field template string
---@field claims Claim[]
---@field unbuffered boolean

local METHODS = {GET = 1, PUT = 2, POST = 3, DELETE = 4, PATCH = 5}
local BALANCES = {user = true, room = true, source = true, one = true}
local FIELDS = {
  path = "string", methods = "table", balance = "string", fallback = "boolean", repeatable = "boolean",
  unbuffered = "boolean", whole = "boolean", without = "string", prefer = "number",
}

--- A problem of a worker type's file.
---@param kind string
---@param what string
---@param hint string
---@return Problem
function endpoints.problem(kind, what, hint)
  return {where = ("workers/%s.lua"):format(kind), what = what, hint = hint}
end

local problem = endpoints.problem

local function check(kind, endpoint)
  for field, value in tables.sorted(endpoint) do
    if type(value) ~= FIELDS[field] then
      return problem(kind, ("the endpoint %s has a wrong field %s"):format(tostring(endpoint.path), tostring(field)),
        "docs/lua.md lists the fields of an endpoint")
    end
  end
  if not endpoint.path or not endpoint.methods or (endpoint.balance and not BALANCES[endpoint.balance]) then
    return problem(kind, ("an endpoint (%s) needs path and methods, and balances by user, room, source or one")
      :format(tostring(endpoint.path)), "docs/lua.md lists the fields of an endpoint")
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
local function add_claims(found, kind, endpoint, problems, place_of)
  local fault = check(kind, endpoint)
  local patterns, why = nil, nil
  if not fault then patterns, why = template.parse(endpoint.path) end
  if why then fault = problem(kind, ("%s %s"):format(endpoint.path, why), "docs/lua.md shows what a path may be") end
  if fault then
    fault.where = place_of and place_of() or fault.where
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

--- What the types that have instances claim.
---@param kinds table<string, WorkerType>
---@param by_type table<string, string[]> names of instances by type
---@param problems Problem[]
---@return table<string, ClaimedPattern> by the pattern's key
function endpoints.claimed(kinds, by_type, problems)
  local found = {}
  for name in tables.sorted(by_type) do
    local where = kinds[name] and kinds[name].where
    for at, endpoint in ipairs(kinds[name] and kinds[name].endpoints or {}) do
      add_claims(found, name, endpoint, problems, where and function()
        return where(("endpoints[%d].path"):format(at))
      end)
    end
  end
  return found
end

return endpoints
