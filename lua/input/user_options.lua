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

local NAMED_MAX = 20 -- so many are told of by name

local warned = {} -- a function is called several times: by path and option

-- Only asked where there is a name that our own list lacks.
local function known(names)
  return installed.options(names, environment.places(system.environment()).python) or {}
end

local function warn(override, field, name, what, hint)
  local id = ("%s\0%s\0%s"):format(override.path, field, name)
  if warned[id] then return end
  warned[id] = true
  local where = guard.where(override, name == "" and field or ("%s.%s"):format(field, name))
  overrides.warn {where = where, what = field .. ": " .. what, hint = hint}
end

--- Warns of those among the options that a function has returned, each once.
---@param override Override
---@param field "shared"|"own"
---@param options table<string, any>
function user_options.check(override, field, options)
  local unlisted = synapse_options.unlisted(tables.keys(options))
  local has = #unlisted > 0 and known(unlisted) or {}
  local unknown, count = {}, 0
  for _, name in ipairs(unlisted) do unknown[#unknown + 1] = not has[name] and name or nil end
  for at, name in ipairs(unknown) do
    if at > NAMED_MAX then break end
    local what, hint = synapse_options.complaint(name, at)
    warn(override, field, name, what, hint)
    count = at
  end
  if count < #unknown then
    warn(override, field, "", ("has %d more options that Synapse does not know"):format(#unknown - count),
      "take them out")
  end
end

--- Forgets what was said, because the files are read again.
function user_options.forget() warned = {} end

return user_options
