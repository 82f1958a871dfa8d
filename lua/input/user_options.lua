-- EDGE
-- Warns of options of a user's worker type that Synapse does not know and silently ignores.

local environment = require "input.environment"
local guard = require "input.guard"
local installed = require "input.installed"
local overrides = require "input.overrides"
local synapse_options = require "input.synapse_options"
local system = require "core.system"
local tables = require "lib.tables"

local user_options = {}

local warned = {} -- a function is called several times: by path and option

-- Only asked where there is a name that our own list lacks.
local function known(names)
  return installed.options(names, environment.places(system.environment()).python) or {}
end

--- Warns of those among the options that a function has returned, each once.
---@param override Override
---@param field "shared"|"own"
---@param options table<string, any>
function user_options.check(override, field, options)
  local unlisted = synapse_options.unlisted(tables.keys(options))
  local has = #unlisted > 0 and known(unlisted) or {}
  for at, name in ipairs(unlisted) do
    local id = ("%s\0%s\0%s"):format(override.path, field, name)
    if not has[name] and not warned[id] then
      warned[id] = true
      local what, hint = synapse_options.complaint(name, at)
      overrides.warn {where = guard.where(override, ("%s.%s"):format(field, name)), what = field .. ": " .. what,
        hint = hint}
    end
  end
end

--- Forgets what was said, because the files are read again.
function user_options.forget() warned = {} end

return user_options
