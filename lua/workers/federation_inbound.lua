-- Takes in what other servers send.

return {
  api = 2, resources = {"federation"},
  doc = "Takes in what other servers send.",
  endpoints = {
    {path = "/_matrix/federation/v1/send/*", methods = {"PUT"}, balance = "source", whole = true},
  },
}
