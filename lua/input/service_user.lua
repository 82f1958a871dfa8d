-- EDGE
-- Finds Synapse's user before the settings are read, and reads files as that user. A file that Synapse may write, and
-- the paths in it, must not lead root to a file that Synapse cannot read itself.

local environment = require "input.environment"
local file = require "core.file"
local once = require "lib.once"
local system = require "core.system"
local tables = require "lib.tables"

local service_user = {}

local DEFAULT = 991
local MOST = 4294967294

---@class Reader
---@field uid integer as whom it reads
---@field read fun(path: string, max: integer): string|nil, string?, string?
---@field as_user fun(path: string, max: integer): string|nil, string?, string? with no right but that user's
---@field is_closed? fun(path: string): boolean as root: Synapse's user cannot read it, and that cannot be changed there
---@field list fun(path: string): table<string, table>|nil, string?, string?

local function number(text)
  local said = text:match "^%s*(%d+)%s*$"
  local value = said and math.tointeger(tonumber(said))
  return value and value <= MOST and value or nil
end

local function is_set(all, name) return (all[name] or "") ~= "" or (all[name .. "_FILE"] or "") ~= "" end

-- Every id that the variables name; whether all are valid, and whether the environment itself has them.
local function said(all, names)
  local ids, certain = {}, true
  for _, name in ipairs(names) do
    if is_set(all, name) then
      local value = number(environment.value(all, name) or "")
      ids[#ids + 1] = value
      certain = certain and value ~= nil and (all[name .. "_FILE"] or "") == ""
    end
  end
  if #ids == 0 then ids[1] = DEFAULT end
  return ids, certain
end

--- The user ids that Synapse may have. They are not certain if one is invalid, or if it comes from a file, which may
--- change.
---@param all table<string, string> environment
---@return integer[]
---@return boolean certain
function service_user.ids(all) return said(all, {"UID", "PUID"}) end

local function plain(uid)
  return {uid = uid, read = file.read, as_user = file.read, list = function(path) return file.list(path, "") end}
end

-- Whether a path is the directory or lies below it.
local function is_below(path, directory)
  return path == directory or path:sub(1, #directory + 1) == directory .. "/"
end

--- The users that Debian's packages make: name -> ids. They are read once.
---@type fun(): table<string, {uid: integer, gid: integer}>
service_user.of_packages = once(function()
  local users = {}
  for _, name in ipairs {"www-data", "redis", "postgres", "prometheus", "turnserver"} do
    local uid, gid = system.user(name)
    if uid then users[name] = {uid = uid, gid = gid} end
  end
  return users
end)

--- All known users of services: uid -> true.
---@param all table<string, string> environment
---@return table<integer, boolean>
---@return boolean certain
function service_user.all(all)
  local ids, certain = service_user.ids(all)
  local users = {}
  for _, uid in ipairs(ids) do users[uid] = true end
  for _, user in pairs(service_user.of_packages()) do users[user.uid] = true end
  users[0] = nil
  return users, certain
end

-- The owner of a directory that belongs to no service.
local function admin_of(directory, services)
  local stat = file.stat(directory)
  return stat and not services[stat.uid] and stat.uid or 0
end

--- How to read files that Synapse may have written. A file in a directory that the admin named, which no service can
--- have put there, is read even if Synapse cannot read it yet. The start will give it to Synapse, or report it.
---@param all table<string, string> environment
---@param places Places
---@return Reader
function service_user.reader(all, places)
  local own = system.identity().uid
  local uid, gid = service_user.ids(all)[1], said(all, {"GID", "PGID"})[1]
  if own ~= 0 or uid == 0 then return plain(own) end
  local services, admins = service_user.all(all), {}
  local function add(directory) admins[directory] = admin_of(directory, services) end
  add(places.config)
  add(places.data)
  add(places.homeserver:match "^(.+)/" or "/")
  if places.registrations then add(places.registrations) end
  local function who(path)
    local user = {uid = uid, gid = gid}
    for directory, admin in tables.sorted(admins) do
      if is_below(path, directory) then user.admin = admin end
    end
    return user
  end
  local function is_closed(path)
    local room = system.room(path)
    if not (room and room.read_only) then return false end
    local _, _, name = file.read_as({uid = uid, gid = gid}, path, 1)
    return name == "EACCES"
  end
  return {
    uid = uid, is_closed = is_closed,
    read = function(path, max) return file.read_as(who(path), path, max) end,
    as_user = function(path, max) return file.read_as({uid = uid, gid = gid}, path, max) end,
    list = function(path) return file.list_as(who(path), path) end,
  }
end

return service_user
