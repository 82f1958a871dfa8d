-- Answers what other servers read beyond one room.

return {
  api = 2, resources = {"federation"},
  doc = "Answers what other servers read beyond one room.",
  endpoints = {
    {path = "/_matrix/federation/v1/version", methods = {"GET"}},
    {path = "/_matrix/federation/v1/event/*", methods = {"GET"}},
    {path = "/_matrix/federation/v1/query/*", methods = {"GET"}},
    {path = "/_matrix/federation/v1/publicRooms", methods = {"GET"}},
    {path = "/_matrix/federation/v1/publicRooms", methods = {"POST"}, repeatable = true},
    {path = "/_matrix/federation/v1/user/devices/*", methods = {"GET"}},
    {path = "/_matrix/federation/v1/user/keys/query", methods = {"POST"}, repeatable = true},
    {path = "/_matrix/federation/v1/user/keys/claim", methods = {"POST"}},
    {path = "/_matrix/federation/v1/3pid/onbind", methods = {"POST"}},
    {path = "/_matrix/federation/unstable/org.matrix.msc3720/query/account_status",
      methods = {"POST"}, repeatable = true},
    {path = "/_matrix/key/v2/server", methods = {"GET"}},
    {path = "/_matrix/key/v2/server/*", methods = {"GET"}},
    {path = "/_matrix/key/v2/query", methods = {"POST"}, repeatable = true},
    {path = "/_matrix/key/v2/query/*", methods = {"GET"}},
  },
}
