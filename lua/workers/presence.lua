-- Handles who is online.

return {
  api = 2, resources = {"client", "replication"}, max = 1,
  doc = "Handles who is online.",
  shared = function(names) return {stream_writers = {presence = names}} end,
  endpoints = {
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/presence/*", methods = {"GET", "PUT"}},
  },
}
