-- An external PostgreSQL server. It is used if POSTGRES_HOST or POSTGRES_PASSWORD is set.

return {
  title = "Database",
  entries = {
    {name = "POSTGRES_HOST", kind = "host", socket = true, default = "db", acts = "Synapse",
      doc = "Host of the PostgreSQL server, or the directory of its Unix socket."},
    {name = "POSTGRES_PORT", kind = "port", default = 5432, acts = "Synapse", doc = "Port of the PostgreSQL server."},
    {name = "POSTGRES_DB", kind = "string", single_line = true, default = "synapse", acts = "Synapse",
      doc = "Name of the database."},
    {name = "POSTGRES_USER", kind = "string", single_line = true, default = "synapse", acts = "Synapse",
      doc = "User to log in as."},
    {name = "POSTGRES_PASSWORD", kind = "string", acts = "Synapse", doc = "Password of that user."},
    {name = "POSTGRES_CP_MIN", kind = "integer", min = 0, max = 10000, default = 5, acts = "Synapse",
      doc = "How many connections each Synapse process keeps open."},
    {name = "POSTGRES_CP_MAX", kind = "integer", min = 1, max = 10000, default = 10, acts = "Synapse",
      doc = "How many connections each Synapse process may open."},
    {name = "SYNAPSE_POSTGRES_ENABLE_SYNCHRONOUS_COMMIT", kind = "boolean", default = true, acts = "Synapse",
      doc = "Wait until each transaction is on disk. With no, a crash may lose the last ones."},
  },
}
