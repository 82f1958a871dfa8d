-- Answers the first sync of a device, which is slow, apart from all later ones.

return {
  api = 1, resources = {"client"},
  doc = "Answers the first sync of a device, which is slow, apart from all later ones.",
  endpoints = {},
}
