-- EDGE
-- Gathers the services and worker types: every shipped one, and those of the user directory. The user's file of a name
-- stands in for the shipped one.

local file = require "core.file"
local overrides = require "input.overrides"
local tables = require "lib.tables"

local catalog = {}

local function as_it_is(_, definition) return definition end

local function gather(directory, kind, made)
  local found = {}
  local own = overrides.any() and require("input.user_files").of(kind) or {}
  for name in tables.sorted(file.list(package.home, "lua/" .. directory) or {}) do
    local short = name:match "^([%w_]+)%.lua$"
    if short and not own[short] then found[short] = (made or as_it_is)(short, require(directory .. "." .. short)) end
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

--- All jobs by name.
---@return table<string, Job>
function catalog.jobs() return gather("jobs", "job", require "contract.shipped_job".make) end

--- The variables of the user's services and jobs, with the place of each.
---@return {entry: Entry, override: Override, path: string}[]
function catalog.settings()
  local list = {}
  for _, kind in ipairs(overrides.any() and {"service", "job"} or {}) do
    for _, one in tables.sorted(require("input.user_files").of(kind)) do
      for at, entry in ipairs(one.settings or {}) do
        list[#list + 1] = {entry = entry, override = one.override, path = ("settings[%d]"):format(at)}
      end
    end
  end
  return list
end

return catalog
