-- Answers sliding sync.

return {
  api = 1, resources = {"client"},
  doc = "Answers sliding sync.",
  endpoints = {},
}
