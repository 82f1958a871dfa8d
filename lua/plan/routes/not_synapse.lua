-- Requests that nginx answers itself or sends to the authentication service, for `synlua route`.

local mas = require "plan.identity.mas"
local surface = require "plan.nginx.surface"

local not_synapse = {}

local VERSIONS = {["api/v1"] = true, r0 = true, v1 = true, v3 = true, unstable = true}
local LOGINS = {login = true, logout = true, refresh = true}

local function is_login(path)
  local version, word = path:match "^/_matrix/client/(api/v1)/(%a+)%f[/\0]"
  if not version then version, word = path:match "^/_matrix/client/(%w+)/(%a+)%f[/\0]" end
  return VERSIONS[version] and LOGINS[word]
end

local function answer(pool, pattern, note)
  return {pool = pool, types = {}, members = {}, fallback = "none", pattern = pattern, note = note}
end

--- Two functions that return who answers a decoded path. nil: Synapse's processes.
---@param view View
---@return {answered: (fun(path: string): Explained|nil), rest: fun(path: string): Explained|nil}
function not_synapse.of(view)
  local has_mas, open = mas.place(view) ~= nil, view.surface.servers.public
  return {
    answered = function(path)
      local name = path:match "^/%.well%-known/matrix/(%a+)$"
      if name and view.well_known[name] then return answer("nginx", path, "nginx serves a file") end
      if has_mas and is_login(path) then return answer("mas", path, "Matrix Authentication Service does logins") end
    end,
    rest = function(path)
      local who = surface.who(open, path)
      if who == "page" then return answer("nginx", path, "nginx serves a page") end
      if who == "none" then return answer("closed", nil, "nginx answers 404: this path is not served") end
    end,
  }
end

return not_synapse
