-- What the admin's homeserver.yaml says of listeners: the client port becomes nginx's, the rest stays Synapse's.

local document = require "document"

local listeners = {}

local PROXIED = {client = true, federation = true, media = true, keys = true, static = true, consent = true,
  openid = true, health = true}

local function serves_clients(listener)
  for _, resource in ipairs(listener.resources or {}) do
    for _, name in ipairs(resource.names or {}) do
      if name == "client" then return true end
    end
  end
  return false
end

local function is_proxied(listener)
  if listener.type ~= "http" or listener.additional_resources then return false end
  for _, resource in ipairs(listener.resources or {}) do
    for _, name in ipairs(resource.names or {}) do
      if not PROXIED[name] then return false end
    end
  end
  return true
end

--- Divides the admin's listeners.
---@param homeserver? table the document
---@return {port?: integer, kept: table[], resources: table<string, boolean>} port: the first client listener's
function listeners.divide(homeserver)
  local divided = {kept = {}, resources = {client = true, federation = true}}
  local given = homeserver and document.get(homeserver, "listeners")
  for at, listener in ipairs(document.plain(given) or {}) do
    if is_proxied(listener) then
      if serves_clients(listener) and not divided.port then divided.port = listener.port end
      for _, resource in ipairs(listener.resources or {}) do
        for _, name in ipairs(resource.names or {}) do divided.resources[name] = true end
      end
    else
      divided.kept[#divided.kept + 1] = given[at]
    end
  end
  divided.resources.health = nil -- on every http listener
  return divided
end

return listeners
