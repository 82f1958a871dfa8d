-- Writes messages from device to device, which carry the keys of encrypted rooms.

return {
  api = 2, resources = {"client", "replication"}, max = 1,
  doc = "Writes messages from device to device, which carry the keys of encrypted rooms.",
  shared = function(names) return {stream_writers = {to_device = names}} end,
  endpoints = {
    {path = "/_matrix/client/{r0|v3|unstable}/sendToDevice/*", methods = {"PUT"}, fallback = false},
  },
}
