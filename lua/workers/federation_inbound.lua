-- Takes in what other servers send.

return {
  api = 1, resources = {"federation"},
  doc = "Takes in what other servers send.",
  endpoints = {},
}
