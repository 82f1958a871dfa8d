-- Carries single sign-on through from its first to its last page, in one process.

return {
  api = 1, resources = {"client"}, max = 1,
  doc = "Carries single sign-on through from its first to its last page, in one process.",
  endpoints = {},
}
