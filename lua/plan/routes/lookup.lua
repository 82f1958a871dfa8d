-- Finds the process that serves a request, for people and for tests.

local matcher = require "plan.routes.matcher"
local request = require "plan.routes.request"

local lookup = {}

---@class Explained
---@field pool string "main", "mas"; "nginx" where it answers, "none" where it refuses the request, "closed": with 404
---@field types string[]
---@field members string[]
---@field balance? string
---@field fallback string "main", "error", or "none": nowhere else to go
---@field pattern? string the template
---@field note? string

local MAIN = {pool = "main", types = {}, members = {"main"}, fallback = "none"}

local function chosen(rule, arguments)
  if not rule then return nil end
  local missing = rule.argument and (arguments[rule.argument] or "") == ""
  local pool = missing and rule.first or nil
  if rule.argument and missing then return pool, "without " .. rule.argument end
  return rule.pool, rule.argument and "with " .. rule.argument or nil
end

local function fallback(route, pool, method)
  if route.unbuffered then return "error" end
  if method == "OPTIONS" or pool.fallback then return "main" end
  return "error"
end

--- A function that explains requests.
---@param routes table of routes.make
---@param elsewhere? {answered: (fun(path: string): Explained|nil), rest: fun(path: string): Explained|nil} what does
--- not come to Synapse: whatever the routes are, and where no route leads
---@return fun(method: string, target: string): Explained
function lookup.make(routes, elsewhere)
  local patterns = {}
  for at, route in ipairs(routes.list) do patterns[at] = route.pattern end
  local match = matcher.make(patterns)
  return function(method, target)
    local path, arguments = request.parse(target)
    if not path then return {pool = "none", types = {}, members = {}, fallback = "none", note = "nginx answers 400"} end
    local other = elsewhere and elsewhere.answered(path)
    if other then return other end
    local at = match(path)
    local route = at and routes.list[at]
    if not route then return elsewhere and elsewhere.rest(path) or MAIN end
    local name, note = chosen(route.any or route.rules[method], arguments)
    local pool = routes.pools[name]
    if not pool then
      return {pool = "main", types = {}, members = {"main"}, fallback = "none", pattern = route.template, note = note}
    end
    return {
      pool = name, types = pool.types, members = pool.members, balance = pool.balance,
      fallback = fallback(route, pool, method), pattern = route.template, note = note,
    }
  end
end

local function dash(value) return value ~= nil and value ~= "" and value or "-" end

--- One line for programs: pool, worker types, balance, fallback, pattern.
---@param found Explained
---@return string
function lookup.line(found)
  return table.concat({found.pool, dash(table.concat(found.types, ",")), dash(found.balance), found.fallback,
    dash(found.pattern)}, "\t")
end

local BALANCES = {
  user = "one user's requests go to one process", room = "one room's requests go to one process",
  source = "requests of one server, or from one address, go to one process", one = "all go to one process",
}

local FALLBACKS = {
  main = "another process of the pool, then the main process",
  error = "another process of the pool, then an error in JSON: the main process cannot serve it",
  none = "none: an error in JSON",
}

--- The same as text.
---@param found Explained
---@return string
function lookup.text(found)
  local lines = {("%-10s %s"):format("pool", found.pool)}
  local function add(label, value)
    if value and value ~= "" then lines[#lines + 1] = ("%-10s %s"):format(label, value) end
  end
  add("types", table.concat(found.types, ", "))
  add("processes", table.concat(found.members, ", "))
  add("pattern", found.pattern or (found.pool == "main" and "none: what no worker serves goes to the main process"))
  add("because", found.note)
  if #found.types > 0 then
    add("balance", BALANCES[found.balance] or "they take turns")
  end
  if found.pool ~= "none" and found.pool ~= "closed" then add("fallback", FALLBACKS[found.fallback]) end
  return table.concat(lines, "\n") .. "\n"
end

return lookup
