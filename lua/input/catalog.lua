-- EDGE
-- Gathers the services and worker types: every shipped one, and every new one of the user. The user's file of a name
-- replaces the shipped one.

local file = require "core.file"
local overrides = require "input.overrides"
local tables = require "lib.tables"
local types = require "input.worker_type"

local catalog = {}

local API = 1

-- An error in a file of the user's is reported with its path. An error in a shipped file is a bug.
local function checked(check, value, short, override)
  if not override then return check(value, short) end
  local ok, result = pcall(check, value, short)
  if not ok then error(overrides.fault(override, tostring(result):gsub("^%w+/[%w_]+%.lua: ", "")), 0) end
  return result
end

local function gather(directory, check)
  local names, own, found = {}, {}, {}
  for name in pairs(assert(file.list(package.home, "lua/" .. directory))) do names[name] = true end
  for name, override in overrides.under(directory) do
    names[name], own[name] = true, override
  end
  for name in tables.sorted(names) do
    local short = name:match "^([%w_]+)%.lua$"
    if short then found[short] = checked(check, require(directory .. "." .. short), short, own[name]) end
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
