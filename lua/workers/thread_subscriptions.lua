-- Writes thread subscriptions; Synapse needs the experimental feature msc4306_enabled for them.

return {
  api = 2, resources = {"client", "replication"},
  doc = "Writes thread subscriptions; Synapse needs the experimental feature msc4306_enabled for them.",
  shared = function(names) return {stream_writers = {thread_subscriptions = names}} end,
  endpoints = {
    {path = "/_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/*", methods = {"GET"}},
    {path = "/_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/*",
      methods = {"PUT", "DELETE"}, fallback = false},
  },
}
