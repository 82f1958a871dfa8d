-- Answers what other servers read beyond one room.

return {
  api = 1, resources = {"federation"},
  doc = "Answers what other servers read beyond one room.",
  endpoints = {},
}
