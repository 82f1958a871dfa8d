-- Takes what clients send to rooms.

return {
  api = 1, resources = {"client"},
  doc = "Takes what clients send to rooms.",
  endpoints = {},
}
