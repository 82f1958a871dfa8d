-- The values of nginx.conf about proxies in front: which are trusted, and which servers have one.

local trust = {}

--- Adds `trust`, and to each server whether a proxy may say who its client is.
---@param view View
---@param values table of files.nginx.routes, with all servers
function trust.add(view, values)
  local made, any = view.trust, false
  for _, server in ipairs(values.servers) do
    -- Ports for the PROXY protocol are opened for trusted proxies alone.
    local header = server.proxied and "proxy_protocol" or made.listeners[server.kind] and "X-Forwarded-For"
    server.trusts = header and {header = header, recursive = not server.proxied} or false
    any = any or server.trusts
  end
  values.trust = any and {networks = made.networks, unix = made.unix,
    protocol = view.settings.SYNLUA_PROXY_PROTOCOL ~= nil} or false
end

return trust
