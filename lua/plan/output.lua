-- How the lines of all services are written.

local kinds = require "settings.kinds"

local output = {}

local DAY = 86400

--- The argument of core.output.configure.
---@param view View
---@return table
function output.plan(view)
  local settings, user = view.settings, view.users.synapse
  return {
    format = settings.SYNLUA_LOG_FORMAT, when_blocked = settings.SYNLUA_LOG_WHEN_BLOCKED,
    files = settings.SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK and {
      base = view.paths.data, path = "logs", uid = user.drop and user.uid, gid = user.drop and user.gid,
      max_bytes = kinds.bytes(settings.SYNLUA_LOG_FILE_SIZE), max_age_s = settings.SYNLUA_LOG_FILE_DAYS * DAY,
      keep = settings.SYNLUA_LOG_FILE_COUNT,
    } or nil,
  }
end

return output
