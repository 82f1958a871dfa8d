-- Writes read receipts and read markers.

return {
  api = 1, resources = {"client", "replication"},
  doc = "Writes read receipts and read markers.",
  shared = function(names) return {stream_writers = {receipts = names}} end,
  endpoints = {},
}
