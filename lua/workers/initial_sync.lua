-- Answers the first sync of a device, which is slow, apart from all later ones.

return {
  api = 2, resources = {"client"},
  doc = "Answers the first sync of a device, which is slow, apart from all later ones.",
  endpoints = {
    {path = "/_matrix/client/{r0|v3|unstable}/sync",
      methods = {"GET"}, balance = "user", without = "since", whole = true},
    {path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
      methods = {"POST"}, balance = "user", repeatable = true, without = "pos", whole = true},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/initialSync", methods = {"GET"}, balance = "user", prefer = 1},
    {path = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/initialSync",
      methods = {"GET"}, balance = "user", prefer = 1},
  },
}
