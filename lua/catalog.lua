-- EDGE
-- Gathers the services, the user's first: every shipped one, and every new file of the user's services/.

local file = require "core.file"
local overrides = require "overrides"
local tables = require "tables"

local catalog = {}

local API = 1

local function check(service, name)
  assert(type(service) == "table" and service.api == API, ("services/%s.lua: must return a table with api = %d")
    :format(name, API))
  assert(type(service.plan) == "function" and type(service.files) == "function",
    ("services/%s.lua: needs the functions plan and files"):format(name))
  return service
end

--- All services by name.
---@return table<string, table>
function catalog.services()
  local names, services = {}, {}
  for name in pairs(assert(file.list(package.home, "lua/services"))) do names[name] = true end
  for name in overrides.under "services" do names[name] = true end
  for name in tables.sorted(names) do
    local short = name:match "^([%w_]+)%.lua$"
    if short then services[short] = check(require("services." .. short), short) end
  end
  return services
end

return catalog
