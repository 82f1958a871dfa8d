-- Who a client is, for each listener: the one place that says whose word counts for the address and the scheme with
-- which a request came.

local clients = {}

---@class ClientAddress
---@field x_forwarded boolean whether the admin's listener says that a proxy in front names the client
---@field address string nginx's variable of the client's address, which Synapse gets
---@field scheme string nginx's variable of what the client speaks

--- How nginx learns who asks on a listener. The address is that of the connection, whatever x_forwarded says: nobody in
--- front is trusted with it.
---@param listener table plain, as the admin says it
---@return ClientAddress
function clients.of(listener)
  local said = listener.x_forwarded
  if said == nil then said = listener.path ~= nil end -- Synapse's defaults
  return {x_forwarded = said == true, address = "$remote_addr", scheme = "$forwarded_proto"}
end

return clients
