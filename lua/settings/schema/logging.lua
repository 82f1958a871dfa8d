-- What is logged, and where to.

return {
  title = "Logging",
  entries = {
    {name = "SYNAPSE_LOG_LEVEL", kind = "word", case = "upper", default = "INFO", acts = "Synapse",
      words = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}, doc = "Lowest level that is logged."},
    {name = "SYNAPSE_LOG_SENSITIVE", kind = "boolean", default = false, acts = "Synapse",
      doc = "Log SQL with its values, access tokens included, where the level is DEBUG."},
    {name = "SYNAPSE_LOG_TESTING", kind = "boolean", default = false, acts = "Synapse",
      doc = "Log what test suites want to see: filtered events, less of schema preparation."},
    {name = "SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK", kind = "boolean", default = false, acts = "synlua",
      doc = "Write every service's lines, as it wrote them, to rotated files in $SYNAPSE_DATA_DIR/logs as well."},
    {name = "SYNLUA_LOG_FILE_SIZE", kind = "size", min = 65536, default = "50M", acts = "synlua",
      doc = "Size at which such a file is rotated."},
    {name = "SYNLUA_LOG_FILE_DAYS", kind = "integer", min = 1, max = 3650, default = 7, acts = "synlua",
      doc = "Age in days at which such a file is rotated."},
    {name = "SYNLUA_LOG_FILE_COUNT", kind = "integer", min = 1, max = 1000, default = 5, acts = "synlua",
      doc = "How many rotated files of each service are kept."},
    {name = "SYNLUA_LOG_FORMAT", kind = "word", words = {"text", "json"}, default = "text", acts = "synlua",
      doc = "How lines are written: as text with the service's name before each, or as one JSON object each."},
    {name = "SYNLUA_LOG_WHEN_BLOCKED", kind = "word", words = {"drop", "wait"}, default = "drop", acts = "synlua",
      doc = "When nobody reads our output: drop lines and count them, or let the services wait (not while stopping)."},
    {name = "SYNAPSE_LOG_CONFIG", kind = "path", acts = "Synapse", default_text = "made from the variables above",
      doc = "A Python logging configuration of your own for Synapse."},
  },
}
