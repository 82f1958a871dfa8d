-- Answers what clients read beyond one room: profiles, devices, keys, search, login.

return {
  api = 1, resources = {"client"},
  doc = "Answers what clients read beyond one room: profiles, devices, keys, search, login.",
  endpoints = {},
}
