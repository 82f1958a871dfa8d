-- Handles who is online.

return {
  api = 1, resources = {"client", "replication"}, max = 1,
  doc = "Handles who is online.",
  shared = function(names) return {stream_writers = {presence = names}} end,
  endpoints = {},
}
