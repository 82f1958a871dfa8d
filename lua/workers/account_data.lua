-- Writes account data and room tags.

return {
  api = 1, resources = {"client", "replication"}, max = 1,
  doc = "Writes account data and room tags.",
  shared = function(names) return {stream_writers = {account_data = names}} end,
  endpoints = {},
}
