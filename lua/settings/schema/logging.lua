-- What Synapse logs.

return {
  title = "Logging",
  entries = {
    {name = "SYNAPSE_LOG_LEVEL", kind = "word", case = "upper", default = "INFO", acts = "Synapse",
      words = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}, doc = "Lowest level that is logged."},
    {name = "SYNAPSE_LOG_SENSITIVE", kind = "boolean", default = false, acts = "Synapse",
      doc = "Log SQL with its values, access tokens included, where the level is DEBUG."},
    {name = "SYNAPSE_LOG_TESTING", kind = "boolean", default = false, acts = "Synapse",
      doc = "Log what test suites want to see: filtered events, less of schema preparation."},
    {name = "SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK", kind = "boolean", default = false, acts = "Synapse",
      doc = "Write rotated logs below $SYNAPSE_DATA_DIR/logs as well."},
    {name = "SYNAPSE_LOG_CONFIG", kind = "path", acts = "Synapse", default_text = "made from the variables above",
      doc = "A Python logging configuration of your own for Synapse."},
  },
}
