-- The built-in coturn, over which calls go that find no direct way. SYNAPSE_TURN_URIS and SYNAPSE_TURN_SECRET, which
-- also count for a server outside, are options of homeserver.yaml.

return {
  title = "Calls (coturn)",
  entries = {
    {name = "SYNAPSE_ENABLE_BUILTIN_COTURN", kind = "boolean", otherwise = false, default = false, acts = "synlua",
      doc = "Run coturn, a TURN server for calls, and tell clients of it."},
    {name = "COTURN_EXTERNAL_IP", kind = "own_addresses", auto = true, most = 1, acts = "coturn",
      doc = "Public address of this server, where it is not one of its own (behind NAT, in a container). auto: each "
        .. "start of coturn asks COTURN_EXTERNAL_IP_URL for it."},
    {name = "COTURN_EXTERNAL_IP_URL", kind = "url", default = "https://v4.ident.me/", acts = "coturn",
      doc = "Answers with the address of who asks, for COTURN_EXTERNAL_IP=auto; it has ten seconds."},
    {name = "COTURN_INTERNAL_IP", kind = "own_addresses", acts = "coturn",
      default_text = "it listens on all; relays have that of the default route",
      doc = "Address of this machine on which coturn listens and relays: IPv4, IPv6, or both with a comma."},
    {name = "COTURN_LISTENING_PORT", kind = "port", default = 3478, acts = "coturn",
      doc = "Port for clients, UDP and TCP."},
    {name = "COTURN_MIN_PORT", kind = "port", default = 49153, acts = "coturn",
      doc = "First UDP port of relays. Each relay takes one."},
    {name = "COTURN_MAX_PORT", kind = "port", default = 49173, acts = "coturn", doc = "Last UDP port of relays."},
    {name = "COTURN_TLS", kind = "boolean", acts = "coturn", default_text = "yes where nginx has a certificate",
      doc = "Serve TLS with the certificate that nginx has."},
    {name = "COTURN_TLS_LISTENING_PORT", kind = "port", default = 5349, acts = "coturn",
      doc = "Port for clients with TLS (TCP)."},
    {name = "COTURN_REALM", kind = "string", single_line = true, default_text = "the server's name", acts = "coturn",
      doc = "Realm in which clients log in."},
    {name = "COTURN_USER_QUOTA", kind = "integer", min = 0, max = 1000000, default = 24, acts = "coturn",
      doc = "Relays at the same time for one user; 0: no limit."},
    {name = "COTURN_TOTAL_QUOTA", kind = "integer", min = 0, max = 1000000, default = 1200, acts = "coturn",
      doc = "Relays at the same time for all; 0: no limit but the ports."},
    {name = "COTURN_ALLOWED_PEERS", kind = "networks", default_text = "none", acts = "coturn",
      doc = "Networks to which coturn relays although they are private or special, such as 192.168.7.0/24."},
    {name = "COTURN_RELAY_TO_RELAY", kind = "boolean", default = false, acts = "coturn",
      doc = "Let relays send to each other, for calls of two clients that both need one. Then every user can reach the "
        .. "UDP ports of this machine's own address."},
    {name = "COTURN_METRICS", kind = "boolean", otherwise = false, default = false, acts = "coturn",
      doc = "Metrics of coturn, where metrics are on: relays, bytes, refusals, counted from its log."},
  },
}
