-- What is logged, and where.

return {
  title = "Logging",
  entries = {
    {name = "SYNAPSE_LOG_LEVEL", kind = "word", case = "upper", default = "INFO", acts = "Synapse",
      words = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"},
      doc = "Lowest level that Synapse logs. With DEBUG, synlua and nginx log more as well."},
    {name = "SYNAPSE_LOG_SENSITIVE", kind = "boolean", default = false, acts = "Synapse",
      doc = "At level DEBUG, log SQL statements with their values. These include access tokens."},
    {name = "SYNAPSE_LOG_TESTING", kind = "boolean", default = false, acts = "Synapse",
      doc = "Log what test suites need: filtered events, and less about the preparation of the schema."},
    {name = "SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK", kind = "boolean", default = false, acts = "synlua",
      doc = "Also write the lines of each service to rotated files in $SYNAPSE_DATA_DIR/logs."},
    {name = "SYNLUA_LOG_FILE_SIZE", kind = "size", min = 65536, default = "50M", acts = "synlua",
      doc = "Size at which a log file is rotated."},
    {name = "SYNLUA_LOG_FILE_DAYS", kind = "integer", min = 1, max = 3650, default = 7, acts = "synlua",
      doc = "Age in days at which a log file is rotated."},
    {name = "SYNLUA_LOG_FILE_COUNT", kind = "integer", min = 1, max = 1000, default = 5, acts = "synlua",
      doc = "How many rotated log files of each service are kept."},
    {name = "SYNLUA_LOG_FORMAT", kind = "word", words = {"text", "json"}, default = "text", acts = "synlua",
      doc = "Format of the lines on stdout: text with the name of the service in front, or one JSON object each."},
    {name = "SYNLUA_LOG_WHEN_BLOCKED", kind = "word", words = {"drop", "wait"}, default = "drop", acts = "synlua",
      doc = "What to do while nobody reads the output: drop lines and count them, or let the services wait."},
    {name = "SYNAPSE_LOG_CONFIG", kind = "path", acts = "Synapse", default_text = "made from the variables above",
      doc = "Your own Python logging configuration for Synapse."},
  },
}
