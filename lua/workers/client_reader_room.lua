-- Answers what clients read of one room.

return {
  api = 1, resources = {"client"},
  doc = "Answers what clients read of one room.",
  endpoints = {
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/messages", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/members", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/joined_members",
      methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/state", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/context/*", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/event/*", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/state/*", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/v1/rooms/{room}/hierarchy", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/v1/rooms/{room}/threads", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/v1/rooms/{room}/timestamp_to_event", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/{v1|unstable}/rooms/{room}/relations/*", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/{r0|v3|unstable/org.matrix.msc2432}/rooms/{room}/aliases",
      methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/unstable/io.element.msc4502/rooms/{room}/is_joined",
      methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/unstable/im.nheko.summary/rooms/{room}/summary", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/client/unstable/im.nheko.summary/summary/*", methods = {"GET"}},
    {path = "/_matrix/client/v1/room_summary/*", methods = {"GET"}},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/directory/room/*", methods = {"GET", "PUT", "DELETE"}},
    {path = "/_synapse/admin/v1/rooms/{room}", methods = {"GET"}, balance = "room"},
  },
}
