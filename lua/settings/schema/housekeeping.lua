-- What `synlua housekeeping` removes. Nothing is removed unless its variable is set.

local MOST = 36500

return {
  title = "Housekeeping",
  entries = {
    {name = "SYNLUA_HOUSEKEEPING_REMOTE_MEDIA", kind = "integer", min = 1, max = MOST, acts = "synlua",
      doc = "Remove media of other servers that nobody has opened for so many days. They are fetched again if needed."},
    {name = "SYNLUA_HOUSEKEEPING_LOCAL_MEDIA", kind = "integer", min = 1, max = MOST, acts = "synlua",
      doc = "Remove media of this server's users that nobody has opened for so many days, for good. Avatars are kept."},
    {name = "SYNLUA_HOUSEKEEPING_LOCAL_MEDIA_SIZE", kind = "size", acts = "synlua", default_text = "any size",
      doc = "SYNLUA_HOUSEKEEPING_LOCAL_MEDIA removes only files that are larger than this."},
    {name = "SYNLUA_HOUSEKEEPING_EMPTY_ROOMS", kind = "integer", min = 1, max = MOST, acts = "synlua",
      doc = "Remove rooms that nobody of this server is in, and where nothing has come for so many days."},
    {name = "SYNLUA_HOUSEKEEPING_SCHEDULE", kind = "cron", default = "0 4 * * *", acts = "synlua",
      doc = "When the job `housekeeping` does all of it; see jobs.md."},
    {name = "SYNLUA_HOUSEKEEPING_LOGS", kind = "integer", min = 1, max = MOST, acts = "synlua",
      doc = "Remove files in $SYNAPSE_DATA_DIR/logs that nothing was written to for so many days."},
  },
}
