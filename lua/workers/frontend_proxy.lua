-- Takes the upload of encryption keys.

return {
  api = 2, resources = {"client"},
  doc = "Takes the upload of encryption keys.",
  endpoints = {
    {path = "/_matrix/client/{r0|v3|unstable}/keys/upload", methods = {"POST"}, balance = "user", prefer = 2},
  },
}
