-- Plans the jobs: what each runs, when, as whom, and within which limits.

local confine = require "plan.process.confine"
local records = require "lib.records"
local tables = require "lib.tables"

local jobs = {}

---@class PlannedJob
---@field name string
---@field doc? string
---@field schedule? string
---@field timezone string
---@field cron? Cron
---@field zone? Zone
---@field jitter_s integer
---@field missed "skip"|"once"
---@field limit_s integer
---@field process table what core.process.spawn takes

---@class Jobs
---@field runs table<string, PlannedJob>
---@field off table<string, string> jobs that there are not -> why
---@field directories table[]
---@field reaches table[]

local GRACE = 10000 -- ms to end by itself, before SIGKILL
local OOM = 500 -- it dies before any service where memory is short
local LONGEST = 63 -- bytes of a name, as of services

local NICE, IONICE, PRLIMIT = "/usr/bin/nice", "/usr/bin/ionice", "/usr/bin/prlimit"
local CLASSES = {idle = "3", ["best-effort"] = "2"}

-- The programs that set the limits replace themselves by the next one, so the job's own process is what is left.
local function limited(said)
  local argv = {NICE, "-n", tostring(said.nice or 10), IONICE, "-t", "-c", CLASSES[said.ionice or "best-effort"]}
  local function add(...)
    for _, word in ipairs {...} do argv[#argv + 1] = word end
  end
  if said.memory_mb then add(PRLIMIT, ("--data=%d"):format(said.memory_mb << 20), "--") end
  add(table.unpack(said.argv))
  return argv
end

-- The zone of TZ, or UTC with a warning, which is what everything else makes of such a TZ.
local function zone_of_server(view, warnings)
  local named = require "schedule.named"
  local name = named.name(view.settings.TZ or "UTC")
  local found = named.zone(name, view.input.zones)
  if found then return name, found end
  warnings[#warnings + 1] = {where = view.settings.sources.TZ or "TZ", what = ("names the time zone %q, which is not "
    .. "there: the times of jobs are those of UTC"):format(name), hint = "write a name such as Europe/Berlin, and "
    .. "install tzdata where it lacks"}
  return "UTC", require("schedule.zone").UTC
end

-- When a job runs. A schedule that never comes is a mistake, such as the 30th of February. What knows of times is
-- required where it is used, because many servers have no job.
local function add_times(view, job, said, planned, problems, warnings, made)
  local function refuse(field, what, hint)
    problems[#problems + 1] = {where = job.where(field), what = field .. ": " .. what, hint = hint}
  end
  if job.timezone then
    planned.timezone, planned.zone = job.timezone, require("schedule.named").zone(job.timezone, view.input.zones)
    if not planned.zone then
      return refuse("timezone", ("there is no time zone %q"):format(job.timezone),
        "write a name such as Europe/Berlin, and install tzdata where it lacks")
    end
  elseif said.schedule then
    if not made.zone then made.timezone, made.zone = zone_of_server(view, warnings) end
    planned.timezone, planned.zone = made.timezone, made.zone
  else
    planned.timezone = view.settings.TZ or "UTC"
  end
  if not said.schedule then return true end
  local read, what, hint = require("schedule.cron").read(said.schedule)
  if not read then return refuse("schedule", ("%q %s"):format(said.schedule, what), hint) end
  if not require("schedule.next").after(read, planned.zone, 0) then
    return refuse("schedule", ("%q never comes"):format(said.schedule), "name a day that there is")
  end
  planned.cron = read
  return true
end

-- The process, and adds what it needs on disk.
local function process_of(view, job, said, full, user, made)
  local part = require("contract.simple").part(view, said, full, user)
  local process = part.process
  process.name, process.argv, process.grace_ms, process.oom_score_adj = full, limited(said), GRACE, OOM
  if user.drop then process.uid, process.gid = user.uid, user.gid end
  process.capabilities, process.stage = confine.capabilities(view, full, process), made.stage
  for _, item in ipairs(part.directories) do
    item.service = full
    made.directories[#made.directories + 1] = item
  end
  local own = said.argv[1]
  for _, program in ipairs {own, NICE, IONICE, said.memory_mb and PRLIMIT or nil} do
    made.reaches[#made.reaches + 1] = {path = program, uid = user.uid, gid = user.gid, program = true, service = full,
      hint = program == own and ("install it, or mend argv: %s"):format(job.where "argv")
        or "install coreutils and util-linux"}
  end
  return process
end

local function add_job(view, name, job, made, problems, warnings)
  local said, full = job.computed(view), records.JOB .. name
  local user = said and job.user_of(view, said.user)
  if not user then return end
  if #full > LONGEST then
    problems[#problems + 1] = {where = job.where "argv", what = ("has a name of %d bytes, but at most %d are allowed")
      :format(#name, LONGEST - #records.JOB), hint = "give the file a shorter name"}
    return
  end
  local planned = {name = name, doc = said.doc, schedule = said.schedule, jitter_s = said.jitter_s or 0,
    missed = said.missed or "skip", limit_s = said.limit_s or 3600}
  if not add_times(view, job, said, planned, problems, warnings, made) then return end
  planned.process, made.runs[name] = process_of(view, job, said, full, user, made), planned
end

-- The stage of a stop in which jobs end: before every service.
local function stage_of(services)
  local highest = 0
  for _, service in pairs(services) do highest = math.max(highest, service.process.stage or 0) end
  return highest + 1
end

--- All jobs.
---@param view View
---@param problems Problem[]
---@param warnings Problem[]
---@return Jobs
function jobs.make(view, problems, warnings)
  local made = {runs = {}, off = {}, directories = {}, reaches = {}, stage = stage_of(view.services.services)}
  for name, job in tables.sorted(view.input.jobs) do
    local enabled, why, told = job.enabled(view)
    if enabled then
      add_job(view, name, job, made, problems, warnings)
    else
      made.off[name] = why or "it is not enabled"
    end
    for _, warning in ipairs(told or {}) do warnings[#warnings + 1] = warning end
  end
  return made
end

--- The files of all jobs.
---@param view View
---@param make table see files
---@return File[]
function jobs.files(view, make)
  local list = {}
  for name in tables.sorted(view.jobs.runs) do
    local job = view.input.jobs[name]
    local said = job.computed(view, make)
    local user = said and job.user_of(view, said.user)
    local found = user and require("contract.simple").files(view, said, records.JOB .. name, user, make)
    for _, file in ipairs(found or {}) do
      file.made_by = "job " .. name
      list[#list + 1] = file
    end
  end
  return list
end

return jobs
