-- Answers /sync: what is new for a client.

return {
  api = 2, resources = {"client"},
  doc = "Answers /sync: what is new for a client.",
  endpoints = {
    {path = "/_matrix/client/{r0|v3|unstable}/sync", methods = {"GET"}, balance = "user", whole = true},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/events", methods = {"GET"}, balance = "user"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/initialSync", methods = {"GET"}, balance = "user"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/initialSync", methods = {"GET"}, balance = "user"},
    {path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
      methods = {"POST"}, balance = "user", repeatable = true, whole = true},
  },
}
