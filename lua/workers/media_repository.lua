-- Stores, serves and fetches media. All of them share one media store.

-- The main process stays a writer: only there run database background updates, and one of them writes this stream.
local function quarantine_writers(names) return {"master", table.unpack(names)} end

return {
  api = 2, resources = {"media", "replication"},
  doc = "Stores, serves and fetches media; all of them share one media store.",
  shared = function(names)
    return {
      enable_media_repo = false, media_instance_running_background_jobs = names[1],
      stream_writers = {quarantined_media_changes = quarantine_writers(names)},
    }
  end,
  own = function() return {enable_media_repo = true} end,
  endpoints = {
    {path = "/_matrix/media/*", methods = {"GET", "POST", "PUT"}, fallback = false},
    {path = "/_matrix/media/{r0|v3|v1}/upload", methods = {"POST"}, fallback = false, unbuffered = true},
    {path = "/_matrix/media/v3/upload/*", methods = {"PUT"}, fallback = false, unbuffered = true},
    {path = "/_matrix/client/v1/media/*", methods = {"GET"}, fallback = false},
    {path = "/_matrix/federation/v1/media/*", methods = {"GET"}, fallback = false},
    {path = "/_synapse/admin/v1/media/*", methods = {"GET", "POST", "DELETE"}, fallback = false},
    {path = "/_synapse/admin/v1/purge_media_cache", methods = {"POST"}, fallback = false},
    {path = "/_synapse/admin/v1/quarantine_media/*", methods = {"POST"}, fallback = false},
    {path = "/_synapse/admin/v1/room/{room+}/media", methods = {"GET"}},
    {path = "/_synapse/admin/v1/room/{room+}/media/quarantine", methods = {"POST"}, fallback = false},
    {path = "/_synapse/admin/v1/user/{user+}/media/quarantine", methods = {"POST"}, fallback = false},
    {path = "/_synapse/admin/v1/users/{user+}/media", methods = {"GET", "DELETE"}, fallback = false},
  },
}
