-- Takes what clients send to rooms.

return {
  api = 2, resources = {"client"},
  doc = "Takes what clients send to rooms.",
  endpoints = {
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/{send|redact}/*",
      methods = {"POST", "PUT"}, balance = "room", whole = true},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/state/*", methods = {"PUT"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/{join|invite|leave|ban|unban|kick}",
      methods = {"POST"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/{join|invite|leave|ban|unban|kick}/*",
      methods = {"PUT"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/join/*", methods = {"POST", "PUT"}},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/knock/*", methods = {"POST"}},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/createRoom", methods = {"POST"}, prefer = 1, whole = true},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/createRoom/*", methods = {"PUT"}, repeatable = false, prefer = 1},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/profile/*", methods = {"GET", "PUT", "DELETE"}},
    {path = "/_matrix/client/unstable/uk.tcpip.msc4133/profile/*", methods = {"GET", "PUT", "DELETE"}},
  },
}
