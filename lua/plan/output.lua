-- How the lines of all services are written.

local access_log = require "plan.nginx.access_log"
local amounts = require "settings.amounts"

local output = {}

local DAY = 86400

local function files(view, only)
  local settings, user = view.settings, view.users.synapse
  return {
    base = view.paths.data, path = "logs", only = only, uid = user.drop and user.uid, gid = user.drop and user.gid,
    max_bytes = amounts.bytes(settings.SYNLUA_LOG_FILE_SIZE), max_age_s = settings.SYNLUA_LOG_FILE_DAYS * DAY,
    keep = settings.SYNLUA_LOG_FILE_COUNT,
  }
end

-- A service nginx of the admin's may know nothing of the FIFO. Then nothing makes its directory, and without an access
-- log nobody has asked for it.
local function fifo_of(view)
  local access = view.access_log
  if access.form or not access.fifo then return access.fifo end
  for _, one in ipairs(view.services.directories) do
    if one.base .. "/" .. one.path == access.fifo.directory then return access.fifo end
  end
  return false
end

--- The argument of core.output.configure, and `access`: the arguments of core.output.receive.
---@param view View
---@return table
function output.plan(view)
  local settings, access = view.settings, view.access_log
  local all, fifo = settings.SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK, fifo_of(view)
  local only = access.to_files and not all and access_log.NAME or nil
  return {
    format = settings.SYNLUA_LOG_FORMAT, when_blocked = settings.SYNLUA_LOG_WHEN_BLOCKED,
    files = (all or only) and files(view, only) or nil,
    access = fifo and {name = access.form and access_log.NAME or nil, directory = fifo.directory, file = fifo.name,
      how = {uid = fifo.uid, gid = fifo.gid, mute = access.to_files, object = access.form == "json",
        counts = access.counts or nil}} or nil,
  }
end

return output
