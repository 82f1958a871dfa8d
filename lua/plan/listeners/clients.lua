-- What a listener of the admin's says about a proxy in front of it. plan/nginx/trust.lua decides who is trusted.

local clients = {}

---@class ClientAddress
---@field x_forwarded boolean whether the admin's listener says that a proxy in front names the client

--- What a listener says.
---@param listener table plain, as the admin says it
---@return ClientAddress
function clients.of(listener)
  local said = listener.x_forwarded
  if said == nil then said = listener.path ~= nil end -- Synapse's defaults
  return {x_forwarded = said == true}
end

return clients
