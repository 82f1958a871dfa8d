-- Processes that answer lists of public rooms and nothing else, so that crawlers cannot slow down your users. Say how
-- many: SYNAPSE_WORKER_TYPES=room_lists:2. A type of synlua's that has these paths too must not run beside it, unless
-- one of them has a higher `prefer`, as here.
return {
  api = 2,
  doc = "Answers lists of public rooms.",
  resources = {"client"},
  endpoints = {
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/publicRooms", methods = {"GET", "POST"}, repeatable = true,
      prefer = 10},
    {path = "/_matrix/client/{v1|unstable}/rooms/{room}/hierarchy", methods = {"GET"}, balance = "room", prefer = 10},
  },
}
