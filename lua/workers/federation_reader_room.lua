-- Answers what other servers read of one room, and their joins.

return {
  api = 2, resources = {"federation"},
  doc = "Answers what other servers read of one room, and their joins.",
  endpoints = {
    {path = "/_matrix/federation/v1/{state|state_ids|backfill|timestamp_to_event}/*",
      methods = {"GET"}, balance = "room"},
    {path = "/_matrix/federation/v1/{event_auth|make_join|make_leave|make_knock}/*",
      methods = {"GET"}, balance = "room"},
    {path = "/_matrix/federation/v1/hierarchy/*", methods = {"GET"}, balance = "room"},
    {path = "/_matrix/federation/v1/get_missing_events/*", methods = {"POST"}, balance = "room", repeatable = true},
    {path = "/_matrix/federation/{v1|v2}/{send_join|send_leave|invite}/*", methods = {"PUT"}, balance = "room"},
    {path = "/_matrix/federation/v1/{send_knock|exchange_third_party_invite}/*", methods = {"PUT"}, balance = "room"},
    {path = "/_matrix/federation/unstable/rooms/{room}/complexity", methods = {"GET"}, balance = "room"},
  },
}
