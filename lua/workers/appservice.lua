-- Sends to application services.

return {
  api = 2, resources = {}, max = 1,
  doc = "Sends to application services.",
  shared = function(names) return {notify_appservices_from_worker = names[1]} end,
  endpoints = {},
}
