-- Does all the housekeeping whose variables are set, at the times of SYNLUA_HOUSEKEEPING_SCHEDULE.

local TASKS = require "plan.housekeeping_tasks"

local SIZE, LOCAL, SCHEDULE = "SYNLUA_HOUSEKEEPING_LOCAL_MEDIA_SIZE", "SYNLUA_HOUSEKEEPING_LOCAL_MEDIA",
  "SYNLUA_HOUSEKEEPING_SCHEDULE"

local function is_on(settings)
  for _, task in ipairs(TASKS) do
    if settings[task.variable] then return true end
  end
end

-- Warnings about variables that have no effect.
local function idle(settings, on)
  local list = {}
  local function warn(name, what, hint)
    local where = settings.sources[name]
    list[#list + 1] = where and {where = where, what = what, hint = hint} or nil
  end
  if not on then
    warn(SCHEDULE, "has no effect, because no housekeeping is on", "set another variable of it, or unset this")
  end
  if not settings[LOCAL] then warn(SIZE, "has no effect without " .. LOCAL, "set that, or unset this") end
  return list
end

return {
  api = 2, doc = "Removes old media, empty rooms and old logs, as `synlua housekeeping all` does.",
  schedule = function(view) return view.settings.SYNLUA_HOUSEKEEPING_SCHEDULE end,
  enabled = function(view)
    local on = is_on(view.settings)
    return on == true, "no variable SYNLUA_HOUSEKEEPING_... is set", idle(view.settings, on)
  end,
  -- One run removes all that is old enough, so it makes up for all that were missed.
  missed = "once", jitter_s = 300, limit_s = 6 * 3600, nice = 15, ionice = "idle",
  user = "root", -- or else whoever synlua runs as: only that user may ask for the variables
  -- The job's parent is the running synlua. It has the variables, of which a job gets none.
  argv = {"/bin/sh", "-c", 'exec "/proc/$PPID/exe" housekeeping all --live'},
  environment = function(view) return {SYNLUA_RUNTIME_DIR = view.paths.runtime} end,
}
