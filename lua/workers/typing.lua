-- Handles typing notices.

return {
  api = 1, resources = {"client", "replication"}, max = 1,
  doc = "Handles typing notices.",
  shared = function(names) return {stream_writers = {typing = names}} end,
  endpoints = {},
}
