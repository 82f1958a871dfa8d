-- Writes changes of device lists.

return {
  api = 2, resources = {"client", "replication"},
  doc = "Writes changes of device lists.",
  shared = function(names) return {stream_writers = {device_lists = names}} end,
  endpoints = {
    {path = "/_matrix/client/{r0|v3|unstable}/keys/upload", methods = {"POST"}, balance = "user", prefer = 1},
    {path = "/_matrix/client/{r0|v3|unstable}/keys/signatures/upload",
      methods = {"POST"}, balance = "user", prefer = 1},
    {path = "/_matrix/client/{v3|unstable}/keys/device_signing/upload",
      methods = {"POST"}, balance = "user", prefer = 1},
    {path = "/_matrix/client/{r0|v3|unstable}/devices", methods = {"GET"}, balance = "user", prefer = 1},
    {path = "/_matrix/client/{r0|v3|unstable}/devices/*",
      methods = {"GET", "PUT", "DELETE"}, balance = "user", prefer = 1},
    {path = "/_matrix/client/{r0|v3|unstable}/delete_devices", methods = {"POST"}, balance = "user", prefer = 1},
  },
}
