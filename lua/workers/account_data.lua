-- Writes account data and room tags.

return {
  api = 2, resources = {"client", "replication"}, max = 1,
  doc = "Writes account data and room tags.",
  shared = function(names) return {stream_writers = {account_data = names}} end,
  endpoints = {
    {path = "/_matrix/client/{r0|v3|unstable}/user/{user}/account_data/*", methods = {"GET", "PUT"}},
    {path = "/_matrix/client/{r0|v3|unstable}/user/{user}/rooms/{room}/account_data/*", methods = {"GET", "PUT"}},
    {path = "/_matrix/client/{r0|v3|unstable}/user/{user}/rooms/{room}/tags", methods = {"GET"}},
    {path = "/_matrix/client/{r0|v3|unstable}/user/{user}/rooms/{room}/tags/*", methods = {"PUT", "DELETE"}},
    {path = "/_matrix/client/unstable/org.matrix.msc3391/user/{user}/account_data/*", methods = {"DELETE"}},
    {path = "/_matrix/client/unstable/org.matrix.msc3391/user/{user}/rooms/{room}/account_data/*",
      methods = {"DELETE"}},
  },
}
