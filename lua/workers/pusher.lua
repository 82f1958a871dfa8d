-- Sends push notifications, sharded by user.

return {
  api = 2, resources = {},
  doc = "Sends push notifications, sharded by user.",
  shared = function(names) return {pusher_instances = names} end,
  endpoints = {},
}
