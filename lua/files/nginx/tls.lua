-- What a server of nginx.conf has for TLS.

local tls = {}

--- The values of one server.
---@param view View
---@param listens table[] its addresses with TLS
---@return table
function tls.values(view, listens)
  local said = view.tls
  return {listens = listens, certificate = said.certificate.path, key = said.key.path}
end

return tls
