-- Does all the housekeeping whose variables are set, at the times of SYNLUA_HOUSEKEEPING_SCHEDULE.

local TASKS = require("plan.housekeeping").TASKS

return {
  api = 2, doc = "Removes old media, empty rooms and old logs, as `synlua housekeeping all` does.",
  schedule = function(view) return view.settings.SYNLUA_HOUSEKEEPING_SCHEDULE end,
  enabled = function(view)
    for _, task in ipairs(TASKS) do
      if view.settings[task.variable] then return true end
    end
    return false, "no variable SYNLUA_HOUSEKEEPING_… is set"
  end,
  -- What is old today is still old tomorrow.
  missed = "once", jitter_s = 300, limit_s = 6 * 3600, nice = 15, ionice = "idle",
  user = "root", -- or else whoever synlua runs as: only that user may ask for the variables
  -- The job's parent is the running synlua. It has the variables, of which a job gets none.
  argv = {"/bin/sh", "-c", 'exec "/proc/$PPID/exe" housekeeping all --live'},
  environment = function(view) return {SYNLUA_RUNTIME_DIR = view.paths.runtime} end,
}
