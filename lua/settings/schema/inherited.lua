-- Read by Synapse or its libraries from their own environment, handed on as they are.

return {
  title = "Handed on to Synapse",
  entries = {
    {name = "TZ", kind = "string", single_line = true, acts = "Synapse", inherited = true, default_text = "UTC",
      doc = "Time zone of log lines, such as Europe/Berlin."},
    {name = "SYNAPSE_CACHE_FACTOR", kind = "number", min = 0, acts = "Synapse", inherited = true,
      doc = "Factor for caches made before the configuration is read; SYNAPSE_CACHE_FACTOR_<CACHE> sets one cache."},
    {name = "SYNAPSE_ASYNC_IO_REACTOR", kind = "boolean", acts = "Synapse", inherited = true,
      doc = "Run Synapse on Python's asyncio event loop."},
    {name = "SYNAPSE_VERSION_STRING", kind = "string", single_line = true, acts = "Synapse", inherited = true,
      doc = "Version that Synapse reports instead of its own."},
    {name = "LD_PRELOAD", kind = "string", single_line = true, acts = "Synapse", inherited = true,
      doc = "Libraries loaded into Synapse's processes first."},
    {name = "http_proxy", kind = "string", single_line = true, secret = true, acts = "Synapse", inherited = true,
      doc = "Proxy for Synapse's outgoing HTTP requests."},
    {name = "https_proxy", kind = "string", single_line = true, secret = true, acts = "Synapse", inherited = true,
      doc = "Proxy for Synapse's outgoing HTTPS requests."},
    {name = "no_proxy", kind = "string", single_line = true, acts = "Synapse", inherited = true,
      doc = "Hosts that are reached without a proxy, with commas."},
    {name = "HTTP_PROXY", kind = "string", single_line = true, secret = true, acts = "Synapse", inherited = true,
      doc = "As http_proxy, which goes first."},
    {name = "HTTPS_PROXY", kind = "string", single_line = true, secret = true, acts = "Synapse", inherited = true,
      doc = "As https_proxy, which goes first."},
    {name = "NO_PROXY", kind = "string", single_line = true, acts = "Synapse", inherited = true,
      doc = "As no_proxy, which goes first."},
  },
}
