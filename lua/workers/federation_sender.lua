-- Sends to other servers, sharded by destination.

return {
  api = 2, resources = {},
  doc = "Sends to other servers, sharded by destination.",
  shared = function(names) return {federation_sender_instances = names} end,
  endpoints = {},
}
