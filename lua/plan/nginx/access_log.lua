-- The access log: nginx writes it into a FIFO of synlua's, which passes it on like the lines of a service.

local access_log = {}

--- The name under which its lines appear.
access_log.NAME = "access"

local FIFO = "nginx/access.fifo"

---@class AccessLog
---@field form string|false brief, full or json; false: there is none
---@field path string where nginx writes it
---@field fifo table|false {directory, name, uid, gid}: what synlua makes and reads
---@field to_files boolean its lines go to a file and not to stdout

---@param view View
---@param problems Problem[]
---@return AccessLog
function access_log.of(view, problems)
  local settings, runtime, user = view.settings, view.paths.runtime, view.users.nginx
  local form = settings.SYNLUA_ACCESS_LOG
  if form == "off" or not user then return {form = false, path = "", fifo = false, to_files = false} end
  if view.catalog[access_log.NAME] then
    problems[#problems + 1] = {where = "SYNLUA_ACCESS_LOG",
      what = "would write lines as access, which is the name of a service of yours", hint = "rename that service"}
  end
  local directory, name = (runtime .. "/" .. FIFO):match "^(.*)/([^/]+)$"
  return {
    form = form,
    -- A trial makes no FIFO, so nginx must be able to make a file there.
    path = view.input.trial and runtime .. "/nginx/tmp/access" or runtime .. "/" .. FIFO,
    fifo = {directory = directory, name = name, uid = user.drop and user.uid or nil,
      gid = user.drop and user.gid or nil},
    to_files = settings.SYNLUA_ACCESS_LOG_TO == "files",
  }
end

return access_log
