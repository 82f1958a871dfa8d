-- Synapse's workers, and how Synapse's processes reach each other.

return {
  title = "Workers",
  entries = {
    {name = "SYNAPSE_WORKER_TYPES", kind = "workers", acts = "synlua", default_text = "none",
      default = function() return {notes = {}} end,
      doc = "Worker processes: [NAME=]TYPE[+TYPE][:COUNT] with commas, or small, medium, large, full, auto."},
    {name = "SYNAPSE_PUBLIC_UNIX_SOCKETS", kind = "boolean", otherwise = true, default = true, acts = "synlua",
      doc = "Let nginx reach Synapse over Unix sockets. With no, it uses ports of 127.0.0.1."},
    {name = "SYNAPSE_HTTP_REPLICATION_UNIX_SOCKETS", kind = "boolean", otherwise = true, default = true,
      acts = "synlua",
      doc = "Let Synapse's processes reach each other over Unix sockets. With no, they use ports of 127.0.0.1."},
    {name = "SYNAPSE_METRICS_UNIX_SOCKETS", kind = "boolean", otherwise = false, default = true, acts = "synlua",
      doc = "Serve Synapse's metrics on Unix sockets. With no, on ports of 127.0.0.1."},
    {name = "SYNLUA_INTERNAL_PORTS", kind = "port", default = 18010, acts = "synlua",
      doc = "First of the ports of 127.0.0.1 that stand in for Unix sockets. Each process takes five."},
  },
}
