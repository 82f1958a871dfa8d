-- EDGE
-- Gathers services and worker types, the user's first: every shipped one, and every new file of the user's.

local file = require "core.file"
local overrides = require "input.overrides"
local tables = require "lib.tables"
local types = require "input.worker_type"

local catalog = {}

local API = 1

local function gather(directory, check)
  local names, found = {}, {}
  for name in pairs(assert(file.list(package.home, "lua/" .. directory))) do names[name] = true end
  for name in overrides.under(directory) do names[name] = true end
  for name in tables.sorted(names) do
    local short = name:match "^([%w_]+)%.lua$"
    if short then found[short] = check(require(directory .. "." .. short), short) end
  end
  return found
end

local function check_service(service, name)
  assert(type(service) == "table" and service.api == API, ("services/%s.lua: must return a table with api = %d")
    :format(name, API))
  assert(type(service.plan) == "function" and type(service.files) == "function",
    ("services/%s.lua: needs the functions plan and files"):format(name))
  return service
end

--- All services by name.
---@return table<string, table>
function catalog.services() return gather("services", check_service) end

--- All worker types by name.
---@return table<string, WorkerType>
function catalog.workers() return gather("workers", types.check) end

return catalog
