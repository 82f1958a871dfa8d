-- Writes changes of device lists.

return {
  api = 1, resources = {"client", "replication"},
  doc = "Writes changes of device lists.",
  shared = function(names) return {stream_writers = {device_lists = names}} end,
  endpoints = {},
}
