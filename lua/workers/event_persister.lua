-- Writes events, sharded by room. Background tasks must run where the first of them is: see background_worker.

return {
  api = 2, resources = {"replication"},
  doc = "Writes events, sharded by room; the first one runs background tasks where there is no background_worker.",
  shared = function(names) return {stream_writers = {events = names}, run_background_tasks_on = names[1]} end,
  endpoints = {},
}
