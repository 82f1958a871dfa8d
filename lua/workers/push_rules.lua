-- Writes push rules.

return {
  api = 2, resources = {"client", "replication"}, max = 1,
  doc = "Writes push rules.",
  shared = function(names) return {stream_writers = {push_rules = names}} end,
  endpoints = {
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/pushrules/*", methods = {"GET"}},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/pushrules/*", methods = {"PUT", "DELETE"}, fallback = false},
  },
}
