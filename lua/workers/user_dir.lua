-- Keeps the user directory (the first one) and answers searches in it (all).

return {
  api = 2, resources = {"client"}, duty = 1,
  doc = "Keeps the user directory (the first one) and answers searches in it (all).",
  shared = function(names) return {update_user_directory_from_worker = names[1]} end,
  endpoints = {
    {path = "/_matrix/client/{r0|v3|unstable}/user_directory/search", methods = {"POST"}, repeatable = true},
  },
}
