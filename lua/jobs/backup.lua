-- Backs up everything at the times of SYNLUA_BACKUP_SCHEDULE.

return {
  api = 2, doc = "Backs up everything, as `synlua backup` does.",
  schedule = function(view) return view.settings.SYNLUA_BACKUP_SCHEDULE end,
  -- A backup is made of what there is now, so one makes up for all that were missed.
  missed = "once", limit_s = 86400, nice = 15, ionice = "idle",
  user = "root", -- or else whoever synlua runs as: a backup holds what only that user may read
  -- The job's parent is the running synlua. It has the variables, of which a job gets none.
  argv = {"/bin/sh", "-c", 'exec "/proc/$PPID/exe" backup --live'},
  environment = function(view) return {SYNLUA_RUNTIME_DIR = view.paths.runtime} end,
}
