-- Where clients and other servers reach the homeserver.

local networks = require "settings.networks"

return {
  title = "Listeners",
  entries = {
    {name = "SYNAPSE_HTTP_PORT", kind = "port", default = 8008, acts = "nginx",
      doc = "Port of nginx for clients and other servers, in plain HTTP. A proxy in front adds TLS."},
    {name = "SYNLUA_TRUSTED_PROXIES", kind = "networks", names = true, aliases = {"NGINX_TRUSTED_PROXIES"},
      acts = "nginx", default = function() return networks.PRIVATE end,
      default_text = "loopback, private ranges and Unix sockets",
      doc = "Proxies in front, whose X-Forwarded-For and X-Forwarded-Proto count: networks such as 172.18.0.0/16, "
        .. "addresses, unix, and host names, which are resolved at the start; or none. See docs/reverse-proxy.md."},
    {name = "SYNLUA_PROXY_PROTOCOL", kind = "ports", acts = "nginx",
      doc = "Further ports of nginx, with commas, on which a trusted proxy begins each connection with the PROXY "
        .. "protocol. They serve what the main port serves."},
    {name = "SYNLUA_ADMIN_ALLOW", kind = "networks", all = true, acts = "nginx",
      default = function() return networks.PRIVATE end, default_text = "loopback, private ranges and Unix sockets",
      doc = "Who may use the administration API (/_synapse/admin), by the client's address behind trusted proxies: "
        .. "networks, addresses, unix; or all, or none."},
    {name = "SYNAPSE_HTTP_FED_PORT", kind = "port", acts = "nginx",
      doc = "A further port of nginx that serves federation alone, in plain HTTP. SYNAPSE_HTTP_PORT goes on to serve "
        .. "both."},
    {name = "NGINX_LISTEN_UNIX_SOCKET", kind = "path", acts = "nginx",
      doc = "A Unix socket on which nginx listens for clients as well, for a proxy in front. Its directory is made if "
        .. "it is missing."},
    {name = "SYNAPSE_TLS_CERT", kind = "path", acts = "nginx",
      doc = "Certificate chain in PEM. With SYNAPSE_TLS_KEY, nginx also listens on SYNLUA_TLS_PORTS with TLS."},
    {name = "SYNAPSE_TLS_KEY", kind = "path", acts = "nginx",
      doc = "Private key of SYNAPSE_TLS_CERT in PEM. nginx's group or Synapse's user must be able to read it."},
    {name = "SYNLUA_TLS_PORTS", kind = "ports", acts = "nginx", default = function() return {8448} end,
      default_text = "8448", doc = "Ports of nginx with TLS, with commas, such as 443,8448."},
    {name = "SYNAPSE_MANHOLE_MASTER", kind = "boolean", default = false, acts = "Synapse",
      doc = "Open a Python shell in the main process, by SSH on 127.0.0.1 (user matrix, password in manhole.key)."},
    {name = "SYNAPSE_MANHOLE_WORKERS", kind = "boolean", default = false, acts = "Synapse",
      doc = "Open such a shell in each worker, each on its own port. `synlua plan --json` names the ports."},
    {name = "NGINX_LISTEN_ADDRESS", kind = "addresses", acts = "nginx",
      default_text = "all in a container, else 127.0.0.1",
      default = function(settings) return {settings.SYNLUA_CONTAINER and "all" or "127.0.0.1"} end,
      doc = "Addresses that nginx listens on, with commas: all, * (every IPv4), :: (every IPv6), or IP addresses. "
        .. "It overrides the bind_addresses of homeserver.yaml."},
  },
}
