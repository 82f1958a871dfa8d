-- Answers /sync: what is new for a client.

return {
  api = 1, resources = {"client"},
  doc = "Answers /sync: what is new for a client.",
  endpoints = {},
}
