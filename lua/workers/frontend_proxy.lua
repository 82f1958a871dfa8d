-- Takes the upload of encryption keys.

return {
  api = 1, resources = {"client"},
  doc = "Takes the upload of encryption keys.",
  endpoints = {},
}
