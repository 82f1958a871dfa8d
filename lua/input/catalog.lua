-- EDGE
-- Gathers the services and worker types: every shipped one, and those of the user directory. The user's file of a name
-- stands in for the shipped one.

local file = require "core.file"
local overrides = require "input.overrides"
local tables = require "lib.tables"

local catalog = {}

local function gather(directory, kind)
  local found = {}
  local own = overrides.any() and require("input.user_files").of(kind) or {}
  for name in tables.sorted(assert(file.list(package.home, "lua/" .. directory))) do
    local short = name:match "^([%w_]+)%.lua$"
    if short and not own[short] then found[short] = require(directory .. "." .. short) end
  end
  for name, value in tables.sorted(own) do found[name] = value end
  return found
end

--- All services by name.
---@return table<string, table>
function catalog.services() return gather("services", "service") end

--- All worker types by name.
---@return table<string, WorkerType>
function catalog.workers() return gather("workers", "worker") end

--- The variables of the user's services, with the place of each.
---@return {entry: Entry, override: Override, path: string}[]
function catalog.settings()
  local list = {}
  for _, service in tables.sorted(overrides.any() and require("input.user_files").of "service" or {}) do
    for at, entry in ipairs(service.settings or {}) do
      list[#list + 1] = {entry = entry, override = service.override, path = ("settings[%d]"):format(at)}
    end
  end
  return list
end

return catalog
