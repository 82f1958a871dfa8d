-- Handles typing notices.

return {
  api = 2, resources = {"client", "replication"}, max = 1,
  doc = "Handles typing notices.",
  shared = function(names) return {stream_writers = {typing = names}} end,
  endpoints = {
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/typing/*", methods = {"PUT"}, fallback = false},
  },
}
