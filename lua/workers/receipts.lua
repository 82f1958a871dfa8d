-- Writes read receipts and read markers.

return {
  api = 2, resources = {"client", "replication"},
  doc = "Writes read receipts and read markers.",
  shared = function(names) return {stream_writers = {receipts = names}} end,
  endpoints = {
    {path = "/_matrix/client/{r0|v3|unstable}/rooms/{room}/receipt/*",
      methods = {"POST"}, balance = "user", fallback = false, repeatable = true},
    {path = "/_matrix/client/{r0|v3|unstable}/rooms/{room}/read_markers",
      methods = {"POST"}, balance = "user", fallback = false, repeatable = true},
  },
}
