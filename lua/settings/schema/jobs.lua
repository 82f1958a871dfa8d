-- Jobs that are shipped.

return {
  title = "Jobs",
  entries = {
    {name = "SYNAPSE_ENABLE_COMPRESSOR", kind = "boolean", default = false, acts = "synlua",
      doc = "Run the state compressor regularly on a database in PostgreSQL; see databases.md."},
    {name = "SYNAPSE_COMPRESSOR_SCHEDULE", kind = "cron", default = "0 1 * * sun", acts = "synlua",
      doc = "When the state compressor runs, in the time zone of TZ; see jobs.md."},
    {name = "SYNAPSE_COMPRESSOR_CHUNK_SIZE", kind = "integer", min = 1, max = 1000000, default = 500, acts = "synlua",
      doc = "How many state groups it takes into memory at once."},
    {name = "SYNAPSE_COMPRESSOR_CHUNKS", kind = "integer", min = 1, max = 1000000, default = 100, acts = "synlua",
      doc = "How many such chunks one run compresses."},
    {name = "SYNAPSE_COMPRESSOR_LEVELS", kind = "levels", default = "100,50,25", acts = "synlua",
      doc = "Sizes of the levels of state groups that it makes."},
  },
}
