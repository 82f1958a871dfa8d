-- Variables of metrics.

return {
  title = "Metrics",
  entries = {
    {name = "SYNLUA_METRICS_ADDRESS", kind = "metrics_address", acts = "synlua",
      default_text = "127.0.0.1:9101 with SYNAPSE_METRICS, else none",
      doc = "Address on which synlua serves metrics: its own (/metrics), those of each process (/metrics/NAME), the "
        .. "list of them for Prometheus (/targets), its health (/health), and a status page (/). Anywhere but on "
        .. "loopback it asks for a token."},
    {name = "SYNLUA_METRICS_PORT", kind = "port", acts = "synlua",
      default_text = "9101 with SYNAPSE_METRICS, else none", doc = "Port of that address, where it names none."},
    {name = "SYNLUA_METRICS_TOKEN", kind = "token", secret = true, acts = "synlua",
      default_text = "made once, in metrics.token of the data directory",
      doc = "What a client of that address must say: `Authorization: Bearer TOKEN`. If it is set, also on loopback."},
    {name = "PROMETHEUS_INSTANCE_NAME", kind = "string", single_line = true, default = "Synapse", acts = "synlua",
      doc = "The label instance of every process in the list for Prometheus (/targets)."},
  },
}
