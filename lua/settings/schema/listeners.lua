-- Where clients and other servers reach the homeserver.

return {
  title = "Listeners",
  entries = {
    {name = "SYNAPSE_HTTP_PORT", kind = "port", default = 8008, acts = "nginx",
      doc = "Port of the plain HTTP listener for clients and federation; TLS is ended in front of it."},
    {name = "SYNAPSE_TLS_CERT", kind = "path", acts = "nginx",
      doc = "Certificate chain in PEM; with SYNAPSE_TLS_KEY nginx also listens with TLS, on port 8448."},
    {name = "SYNAPSE_TLS_KEY", kind = "path", acts = "nginx",
      doc = "Private key of SYNAPSE_TLS_CERT, in PEM; readable for nginx's user."},
    {name = "SYNAPSE_MANHOLE_MASTER", kind = "boolean", default = false, acts = "Synapse",
      doc = "A Python shell by SSH in the main process, on a port of 127.0.0.1; user matrix, password in manhole.key."},
    {name = "SYNAPSE_MANHOLE_WORKERS", kind = "boolean", default = false, acts = "Synapse",
      doc = "The same in each worker, on ports of their own; `synlua plan --json` names the ports."},
    {name = "NGINX_LISTEN_ADDRESS", kind = "addresses", acts = "nginx",
      default_text = "all in a container, else 127.0.0.1",
      default = function(settings) return {settings.SYNLUA_CONTAINER and "all" or "127.0.0.1"} end,
      doc = "Addresses to listen on, with commas: all, IPv4, IPv6, * (every IPv4), :: (every IPv6). "
        .. "Set, it goes over bind_addresses of homeserver.yaml."},
  },
}
