-- Variables of metrics.

return {
  title = "Metrics",
  entries = {
    {name = "SYNLUA_METRICS_PORT", kind = "port", acts = "synlua",
      default_text = "9101 with SYNAPSE_METRICS, else none",
      doc = "Port of 127.0.0.1 on which synlua serves metrics: its own (/metrics), those of each process "
        .. "(/metrics/NAME), the list of them for Prometheus (/targets), and its health (/health)."},
    {name = "PROMETHEUS_INSTANCE_NAME", kind = "string", single_line = true, default = "Synapse", acts = "synlua",
      doc = "The label instance of every process in the list for Prometheus (/targets)."},
  },
}
