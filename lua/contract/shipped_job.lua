-- Makes a job of the catalog from a shipped definition. Its functions get the plan's own view.

local copies = require "contract.copies"
local tables = require "lib.tables"

local shipped_job = {}

local LATER = {files = true, templates = true}

-- A shipped job names only users that are there.
local function account(view, name)
  if view.users.own.uid ~= 0 or name == "root" then return view.users.own end
  return view.users[name or "synapse"]
end

--- A shipped job.
---@param name string
---@param definition table
---@return Job
function shipped_job.make(name, definition)
  return {
    api = definition.api, settings = definition.settings, timezone = definition.timezone,
    where = function() return ("jobs/%s.lua"):format(name) end,
    enabled = function(view)
      if type(definition.enabled) == "function" then return definition.enabled(view) end
      return definition.enabled ~= false
    end,
    computed = function(view, make)
      local said = copies.deep(definition)
      for field, value in tables.sorted(said) do
        if type(value) == "function" and field ~= "enabled" then
          if make or not LATER[field] then said[field] = value(view, make) else said[field] = {} end
        end
      end
      return said
    end,
    user_of = account,
  }
end

return shipped_job
