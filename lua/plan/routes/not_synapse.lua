-- Requests that nginx answers itself or sends to the authentication service, for `synlua route`.

local mas = require "plan.identity.mas"

local not_synapse = {}

local VERSIONS = {["api/v1"] = true, r0 = true, v1 = true, v3 = true, unstable = true}
local LOGINS = {login = true, logout = true, refresh = true}

local function is_login(path)
  local version, word = path:match "^/_matrix/client/(api/v1)/(%a+)%f[/\0]"
  if not version then version, word = path:match "^/_matrix/client/(%w+)/(%a+)%f[/\0]" end
  return VERSIONS[version] and LOGINS[word]
end

--- A function that returns who answers a decoded path. nil: Synapse's processes.
---@param view View
---@return fun(path: string): Explained|nil
function not_synapse.of(view)
  local has_mas = mas.place(view) ~= nil
  return function(path)
    local name = path:match "^/%.well%-known/matrix/(%a+)$"
    if name and view.well_known[name] then
      return {pool = "nginx", types = {}, members = {}, fallback = "none", pattern = path, note = "nginx serves a file"}
    elseif has_mas and is_login(path) then
      return {pool = "mas", types = {}, members = {}, fallback = "none", pattern = path,
        note = "Matrix Authentication Service does logins"}
    end
  end
end

return not_synapse
