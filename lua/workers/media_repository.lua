-- Stores, serves and fetches media. All of them share one media store.

-- The main process stays a writer: only there run database background updates, and one of them writes this stream.
local function quarantine_writers(names) return {"master", table.unpack(names)} end

return {
  api = 1, resources = {"media", "replication"},
  doc = "Stores, serves and fetches media; all of them share one media store.",
  shared = function(names)
    return {
      enable_media_repo = false, media_instance_running_background_jobs = names[1],
      stream_writers = {quarantined_media_changes = quarantine_writers(names)},
    }
  end,
  own = function() return {enable_media_repo = true} end,
  endpoints = {},
}
