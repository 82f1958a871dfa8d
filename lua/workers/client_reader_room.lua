-- Answers what clients read of one room.

return {
  api = 1, resources = {"client"},
  doc = "Answers what clients read of one room.",
  endpoints = {},
}
