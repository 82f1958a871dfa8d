-- Answers what other servers read of one room, and their joins.

return {
  api = 1, resources = {"federation"},
  doc = "Answers what other servers read of one room, and their joins.",
  endpoints = {},
}
