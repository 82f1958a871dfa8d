-- More processes by day than by night. A start asks what the hour is, so restart the container at these hours, by a
-- timer of the host: a restart takes seconds. At least one worker is always there, because a server with workers has
-- PostgreSQL, and one without them may have SQLite.
local DAY_FROM, DAY_TO = 7, 23
local DAY, NIGHT = "synchrotron:3,event_creator", "synchrotron"

return {
  api = 2,
  settings = function(settings)
    local hour = tonumber(os.date "%H")
    local is_day = hour >= DAY_FROM and hour < DAY_TO
    settings.SYNAPSE_WORKER_TYPES = is_day and DAY or NIGHT
    return settings
  end,
}
