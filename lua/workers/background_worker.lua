-- Runs background tasks, and leads the writers of events: profile changes go to the first event writer, and with tasks
-- in another process quick ones fail now and then ("Expected at most one task to cancel").

return {
  api = 2, resources = {"replication"}, max = 1, leads = true,
  doc = "Runs background tasks and, as these must be one process, is the first writer of events.",
  shared = function(names) return {run_background_tasks_on = names[1], stream_writers = {events = names}} end,
  endpoints = {},
}
