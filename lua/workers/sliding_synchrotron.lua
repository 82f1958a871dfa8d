-- Answers sliding sync.

return {
  api = 2, resources = {"client"},
  doc = "Answers sliding sync.",
  endpoints = {
    {path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
      methods = {"POST"}, balance = "user", repeatable = true, prefer = 1, whole = true},
  },
}
