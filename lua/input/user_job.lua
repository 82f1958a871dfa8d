-- EDGE
-- Makes a job of the catalog from a user's file, whose functions run under the guard.

local guard = require "input.guard"
local records = require "lib.records"
local schema = require "contract.job"
local user_fields = require "input.user_fields"
local user_view = require "contract.user_view"

local user_job = {}

---@class Job
---@field api integer
---@field timezone? string
---@field settings? table[]
---@field override? Override
---@field where fun(field: string): string
---@field enabled fun(view: View): boolean, string?, Problem[]? why it is not, and warnings of a shipped one
---@field computed fun(view: View, make?: table): table? all fields; nil after a fault
---@field user_of fun(view: View, name?: string): User? nil after a fault

-- The name of its process, which stands before its lines and in its own paths.
local function full_name(name) return records.JOB .. name end

local function is_enabled(it, view)
  local said = it.definition.enabled
  if type(said) ~= "function" then return said ~= false end
  local ok, value, why = guard.call(it.override, "enabled", said, user_view.of(view, it.name))
  if not ok then return false end
  if value ~= nil and type(value) ~= "boolean" or why ~= nil and type(why) ~= "string" then
    guard.fault(it.override, "enabled", "must return true, or false and a text that says why")
    return false
  end
  return value ~= false, why
end

--- A job of a user's file.
---@param override Override
---@param name string
---@param definition table checked
---@return Job
function user_job.make(override, name, definition)
  local it = {override = override, name = full_name(name), definition = definition}
  return {
    api = definition.api, override = override, settings = definition.settings, timezone = definition.timezone,
    where = function(field) return guard.where(override, field) end,
    enabled = function(view) return is_enabled(it, view) end,
    computed = function(view, make)
      local said = user_fields.computed(it, schema, view, make)
      for at, one in ipairs(said and said.templates or {}) do
        if not view.input.templates[one.template] then
          guard.fault(override, ("templates[%d].template"):format(at), ("there is no template %s"):format(one.template),
            ("put it into the user directory as templates/%s"):format(one.template))
          return nil
        end
      end
      return said
    end,
    user_of = function(view, user) return user_fields.user_of(it, view, user) end,
  }
end

return user_job
