-- An external Redis server. It is used if SYNAPSE_REDIS_HOST is set. Without it, synlua runs its own if there are
-- workers.

return {
  title = "Redis",
  entries = {
    {name = "SYNAPSE_REDIS_HOST", kind = "host", socket = true, acts = "Synapse",
      doc = "Host of an external Redis server, or the path of its Unix socket."},
    {name = "SYNAPSE_REDIS_PORT", kind = "port", default = 6379, acts = "Synapse", doc = "Port of the Redis server."},
    {name = "SYNAPSE_REDIS_USER", kind = "string", single_line = true, acts = "Synapse",
      doc = "User name for the Redis server."},
    {name = "SYNAPSE_REDIS_PASSWORD", kind = "string", single_line = true, acts = "Synapse",
      doc = "Password for the Redis server."},
    {name = "SYNAPSE_REDIS_DB", kind = "integer", min = 0, max = 65535, acts = "Synapse", default_text = "0",
      doc = "Number of the database in the Redis server."},
    {name = "SYNAPSE_REDIS_TLS", kind = "boolean", default = false, acts = "Synapse",
      doc = "Use TLS to the Redis server."},
  },
}
