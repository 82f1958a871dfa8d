-- The lines that nginx writes about its requests, into a FIFO of synlua's. synlua counts them for the metrics, and
-- passes on those of the access log like the lines of a service.

local access_log = {}

--- The name under which its lines appear.
access_log.NAME = "access"

local FIFO = "nginx/access.fifo"

--- The directory of the socket on which nginx says how many requests it had, below the runtime directory.
access_log.STATUS = "nginx/status"

---@class AccessLog
---@field form string|false brief, full or json; false: there is none
---@field counts boolean synlua counts the requests
---@field status string|false the socket on which nginx says how many it had
---@field path string where nginx writes it
---@field fifo table|false {directory, name, uid, gid}: what synlua makes and reads
---@field to_files boolean its lines go to a file and not to stdout

local NONE = {form = false, counts = false, status = false, path = "", fifo = false, to_files = false}

-- nginx's user must be able to write to it.
local function fifo_of(path, user)
  local directory, name = path:match "^(.*)/([^/]+)$"
  return {directory = directory, name = name, uid = user.drop and user.uid or nil, gid = user.drop and user.gid or nil}
end

local function check_name(view, problems)
  if not view.catalog[access_log.NAME] then return end
  problems[#problems + 1] = {where = "SYNLUA_ACCESS_LOG",
    what = "would write lines as access, which is the name of a service of yours", hint = "rename that service"}
end

---@param view View
---@param problems Problem[]
---@return AccessLog
function access_log.of(view, problems)
  local settings, runtime, user = view.settings, view.paths.runtime, view.users.nginx
  local form = settings.SYNLUA_ACCESS_LOG ~= "off" and settings.SYNLUA_ACCESS_LOG
  local counts = view.metrics and view.metrics_address ~= false
  if not user or not (form or counts) then return NONE end
  if form then check_name(view, problems) end
  local path, status = runtime .. "/" .. FIFO, ("%s/%s/nginx.sock"):format(runtime, access_log.STATUS)
  local made = {form = form, counts = counts, status = counts and status, path = path,
    fifo = fifo_of(path, user), to_files = form and settings.SYNLUA_ACCESS_LOG_TO == "files"}
  if view.input.trial then -- nobody makes these there, so nginx must be able to make them
    made.path, made.status = runtime .. "/nginx/tmp/access", counts and runtime .. "/nginx/tmp/status"
  end
  return made
end

return access_log
