-- Prometheus, and what measures others for it.

local ON = "Metrics of %s (%s), where metrics are on: an exporter on port %d of 127.0.0.1."

local function remote(name, kind, default, doc, more)
  local entry = {name = "PROMETHEUS_REMOTE_WRITE_" .. name, kind = kind, default = default, acts = "Prometheus",
    doc = doc}
  for key, value in pairs(more or {}) do entry[key] = value end
  return entry
end

return {
  title = "Prometheus",
  entries = {
    {name = "SYNLUA_PROMETHEUS", kind = "boolean", acts = "synlua",
      default_text = "yes where metrics are on and it is installed",
      doc = "Run Prometheus, which keeps what SYNAPSE_METRICS measures. Its data is in /var/lib/prometheus where that "
        .. "is a volume, else in $SYNAPSE_DATA_DIR/prometheus."},
    {name = "PROMETHEUS_LISTEN_ADDRESS", kind = "endpoint", port = 9090, acts = "Prometheus",
      default_text = "all:9090 in a container, else 127.0.0.1:9090",
      default = function(settings) return settings.SYNLUA_CONTAINER and "all:9090" or "127.0.0.1:9090" end,
      doc = "Where Prometheus answers, without asking who asks: ADDRESS:PORT, such as 127.0.0.1:9090 or [::1]:9090, or "
        .. "all:PORT."},
    {name = "PROMETHEUS_SCRAPE_INTERVAL", kind = "timespan", min = 1000, default = "15s", acts = "Prometheus",
      doc = "How often everything is asked for its metrics, and rules are looked at."},
    {name = "PROMETHEUS_STORAGE_RETENTION_TIME", kind = "timespan", min = 7200000, default = "1y", acts = "Prometheus",
      doc = "How long Prometheus keeps what it has."},
    remote("HTTP_URL", "url", nil, "Prometheus also sends everything to this URL (remote write).", {secret = true}),
    remote("CAPACITY", "integer", 10000, "Samples that wait in one shard before reading stops.",
      {min = 1, max = 1000000}),
    remote("MAX_SAMPLES_PER_SEND", "integer", 2000, "Samples in one request at most.", {min = 1, max = 1000000}),
    remote("MIN_SHARDS", "integer", 1, "Requests at the same time at least.", {min = 1, max = 10000}),
    remote("MAX_SHARDS", "integer", 50, "Requests at the same time at most.", {min = 1, max = 10000}),
    remote("BATCH_SEND_DEADLINE", "timespan", "5s", "How long a sample waits for others at most.", {min = 1}),
    remote("MIN_BACKOFF", "timespan", "30ms", "Pause before the first repetition; doubled for each one.", {min = 1}),
    remote("MAX_BACKOFF", "timespan", "5s", "The longest such pause.", {min = 1}),
    remote("RETRY_ON_HTTP_429", "boolean", false, "Repeat a request that was answered with 429."),
    remote("REMOTE_TIMEOUT", "timespan", "30s", "How long a request may take.", {min = 1}),
    remote("SEND_NATIVE_HISTOGRAMS", "boolean", false, "Keep and send native histograms too."),
    remote("SEND_EXEMPLARS", "boolean", false, "Keep and send exemplars too."),
    remote("ROUND_ROBIN_DNS", "boolean", false,
      "Choose one of the addresses of the URL's name for each connection. Prometheus 3.1 and later can."),
    remote("SAMPLE_AGE_LIMIT", "timespan", "0s",
      "Do not send samples that are older; 0s: send all. Prometheus 2.50 and later can.", {min = 0}),
    {name = "SYNAPSE_ENABLE_REDIS_METRIC_EXPORT", kind = "boolean", otherwise = false, default = false,
      acts = "synlua", doc = ON:format("Redis", "the built-in one, or the one outside", 9121)},
    {name = "SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT", kind = "boolean", otherwise = false, default = false,
      acts = "synlua", doc = ON:format("PostgreSQL", "the built-in one, or the one outside", 9187)},
  },
}
