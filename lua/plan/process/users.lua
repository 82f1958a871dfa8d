-- Which user each service runs as.

local users = {}

---@class User
---@field uid integer
---@field gid integer
---@field drop? boolean synlua changes to this user

---@class Users
---@field own User synlua itself
---@field synapse User
---@field nginx? User nil where the machine has none
---@field redis? User
---@field postgres? User
---@field prometheus? User
---@field coturn? User

local ACCOUNTS = {nginx = "www-data", redis = "redis", postgres = "postgres", prometheus = "prometheus",
  coturn = "turnserver"}

--- Each service has its own user if synlua may change users. Otherwise all run as synlua's user.
---@param view View
---@return Users
function users.of(view)
  local settings, host = view.settings, view.input.host
  local made = {own = {uid = host.uid, gid = host.gid}}
  for name, account in pairs(ACCOUNTS) do
    local user = host.users[account]
    if host.uid ~= 0 then
      made[name] = made.own
    elseif user then
      made[name] = {uid = user.uid, gid = user.gid, drop = true}
    end
  end
  made.synapse = host.uid == 0 and {uid = settings.UID, gid = settings.GID, drop = true} or made.own
  return made
end

return users
