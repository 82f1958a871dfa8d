-- What a server of nginx.conf has for TLS.

local front = require "plan.listeners.front"
local octal = require "lib.octal"
local plan = require "plan.nginx.tls"

local tls = {}

local PREFIX = "/_synlua/authority" -- as in templates/nginx.conf

--- What stapling needs: an answer of the authority, which clients then need not ask for. false: the certificate names
--- no authority that nginx could ask.
---@param view View
---@return table|false
function tls.stapling(view)
  local good = view.input.validity
  local host, port, path = (good and good.ocsp or ""):match "^http://([%w.-]+)(:?%d*)(/?[%w/._~%%-]*)$"
  if not host or #view.input.host.resolvers == 0 then return false end
  local resolvers = {}
  for at, address in ipairs(view.input.host.resolvers) do resolvers[at] = front.bracketed(address) end
  return {responder = view.front.url .. PREFIX .. (path == "" and "/" or path), host = host .. port,
    resolvers = resolvers}
end

-- From 1.25.1 on HTTP/2 is a directive of its own, and nginx warns of `http2` behind `listen`. It counts for all ports
-- of a server then, and a client without TLS that begins with HTTP/2 is understood too.
local function has_directive(version)
  local major, minor, patch = (version or ""):match "^(%d+)%.(%d+)%.(%d+)$"
  if not major then return false end
  return tonumber(major) * 1000000 + tonumber(minor) * 1000 + tonumber(patch) >= 1025001
end

--- The values of one server.
---@param view View
---@param listens table[] its addresses with TLS
---@return table
function tls.values(view, listens)
  local said = view.tls
  return {listens = listens, certificate = said.certificate.at, key = said.key.at,
    http2 = has_directive(view.input.nginx)}
end

--- Adds the copies that nginx gets.
---@param view View
---@param list File[]
function tls.add_copies(view, list)
  for _, part in ipairs {"certificate", "key"} do
    local file = view.tls[part]
    local bytes = file and plan.copy(view, file)
    if bytes then
      list[#list + 1] = {base = view.paths.runtime, path = ("%s/%s.pem"):format(plan.COPIES, part), secret = true,
        mode = octal "0640", uid = view.users.own.uid, gid = view.users.nginx.gid, bytes = bytes}
    end
  end
end

return tls
