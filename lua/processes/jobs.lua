-- EDGE
-- Runs jobs: by their schedule, and on request. One process of a job at a time. Its end affects nothing else.

local beside = require "processes.beside"
local dkjson = require "dkjson"
local file = require "core.file"
local log = require "core.log"
local loop = require "core.loop"
local octal = require "lib.octal"
local output = require "core.output"
local process = require "core.process"
local queue = require "processes.queue"
local record = require "schedule.record"
local records = require "lib.records"
local runs = require "schedule.runs"
local supervise = require "processes.supervise"
local system = require "core.system"
local tables = require "lib.tables"
local words = require "processes.words"
local write = require "disk.write"

local jobs = {}

local RECORD_MAX = 1024 * 1024
local LINE_MAX = 300 -- bytes of a last line that are kept
local TERM_MS = 10000 -- from the end of its time to SIGKILL

local planned = {} ---@type table<string, PlannedJob>
local off = {} ---@type table<string, string>
local states = {} ---@type table<string, JobState>
local now_running = {} -- name -> {began, limit, ended_by}
local by_process = {} ---@type table<string, string> name of the process -> that of its job
local place -- of the record: base, owner, privileged
local open, timer, observer = false, nil, nil

local function delay_of(job) return job.jitter_s > 0 and math.random(0, job.jitter_s) or 0 end

local function read_record(data)
  local text = file.read_below(data, records.JOBS, RECORD_MAX)
  local ok, all = pcall(dkjson.decode, text or "") -- which raises where others have nested it too deeply
  return ok and all or nil
end

local function remember()
  local all = {}
  for name, state in pairs(states) do all[name] = runs.kept(state) end
  local text = dkjson.encode({jobs = all}, {indent = true, keyorder = tables.keys(all)}) .. "\n"
  local ok, problem = write.files({{base = place.data, path = records.JOBS, mode = octal "0600", uid = place.owner.uid,
    gid = place.owner.gid, bytes = text}}, place.privileged)
  if not ok then log.write("warn", ("%s: %s (%s)"):format(problem.where, problem.what, problem.hint)) end
end

local function tell(name)
  if observer then queue.guarded(observer, name) end
end

local function finish(name, ending)
  states[name] = runs.ended(states[name], ending)
  remember()
  local good, took = ending.result == "success", words.span(math.floor(ending.seconds * 1000))
  local line = not good and ending.line and ": " .. ending.line or ""
  local is_wanted = good or ending.result == "stopped"
  log.write(is_wanted and "info" or "warn", ("job %s: %s after %s%s"):format(name, good and "success" or ending.words,
    took, line))
  tell(name)
end

-- Asks the process to end, and kills it if it does not.
local function ask_to_end(name, why)
  local one = now_running[name]
  if one.ended_by then return end
  one.ended_by = why
  local process_name = planned[name].process.name
  process.signal(process_name, "TERM")
  process.signal(process_name, "CONT")
  one.limit:close()
  one.limit = loop.timer(TERM_MS, function() process.signal(process_name, "KILL") end)
end

local function lines_of(process_name) return (output.counts(process_name) or {}).lines or 0 end

local function begin(name, by)
  local job = planned[name]
  states[name] = runs.began(states[name], os.time(), by)
  remember()
  local lines = lines_of(job.process.name)
  local called, pid, why = pcall(process.spawn, job.process)
  if not called or not pid then
    return finish(name, {seconds = 0, result = "failed", words = "it could not be started: "
      .. (called and why or words.fault(pid))})
  end
  log.write("info", ("job %s began%s"):format(name, by == "missed" and ", because a run was missed"
    or by == "request" and " on request" or ""))
  now_running[name] = {began = system.now(), pid = pid, lines = lines,
    limit = loop.timer(job.limit_s * 1000, function() ask_to_end(name, "timeout") end)}
  tell(name)
end

local WORDS = {timeout = "it took longer than it may (%s)", stopped = "stopped (%s)"}

-- Its result, and the words for it.
local function result_of(exit, asked)
  local good, how = exit.kind == "exit" and exit.code == 0, words.exit(exit)
  local why = asked or not good and supervise.is_stopping() and "stopped"
  if why then return why, WORDS[why]:format(how) end
  return good and "success" or "failed", how
end

local function on_exit(exit)
  local name = by_process[exit.name]
  local one = name and now_running[name]
  if not one then return end
  now_running[name] = nil
  one.limit:close()
  local result, how = result_of(exit, one.ended_by)
  local line = lines_of(exit.name) > one.lines and output.last_line(exit.name) or nil -- of this run
  finish(name, {seconds = (system.now() - one.began) / 1000, result = result, words = how,
    line = line and line:sub(1, LINE_MAX)})
end

local follow

local function look(name, now)
  local job = planned[name]
  local state, todo = runs.look(job, states[name], now, open, delay_of(job))
  states[name] = state
  if todo == "skipped" then
    log.write("warn", ("job %s: a run was left out: %s"):format(name, state.running and "the last one still runs"
      or "its time had passed"))
    remember()
  elseif todo then
    begin(name, todo == "missed" and "missed" or "schedule")
  end
end

local function look_at_all()
  if supervise.is_stopping() then return end
  local now = os.time()
  for name in tables.sorted(planned) do queue.guarded(look, name, now) end
  follow()
end

function follow()
  if timer then timer:close() end
  timer = loop.timer(runs.wait(states, os.time()), look_at_all)
end

--- Prepares all jobs. Nothing starts before jobs.open.
---@param the_jobs table<string, PlannedJob>
---@param jobs_off table<string, string>
---@param where {data: string, owner: User, privileged: boolean} where the last runs are recorded
function jobs.start(the_jobs, jobs_off, where)
  planned, off, place = the_jobs, jobs_off, where
  if next(planned) == nil then return end
  local recorded, now, lost = read_record(where.data), os.time(), false
  for name, job in tables.sorted(planned) do
    local kept = record.of(recorded, name)
    lost = lost or kept.running ~= nil
    states[name] = runs.new(job, kept, now, delay_of(job))
    by_process[job.process.name] = name
  end
  if lost then remember() end
  beside.others(on_exit)
  follow()
end

--- From now on jobs run by their schedules.
function jobs.open()
  if open or next(planned) == nil then return end
  open = true
  look_at_all()
end

--- Whether there is any job that runs.
---@return boolean
function jobs.any() return next(planned) ~= nil end

--- Starts a job now.
---@param name string
---@return true|nil, string? why
function jobs.run(name)
  if supervise.is_stopping() then return nil, "everything is stopping" end
  if states[name].running then return nil, ("job %s runs already"):format(name) end
  begin(name, "request")
  if now_running[name] then return true end
  local last = states[name].results[#states[name].results]
  return nil, ("job %s: %s"):format(name, last.words)
end

--- Asks a job to end.
---@param name string
---@return true|nil, string? why
function jobs.stop(name)
  if not now_running[name] then return nil, ("job %s does not run"):format(name) end
  log.write("info", ("asked to stop job %s"):format(name))
  ask_to_end(name, "stopped")
  return true
end

--- The name of the process of a job.
---@param name string
---@return string
function jobs.process(name) return planned[name].process.name end

--- Calls fn with the name of a job whenever it has begun or ended. nil ends that.
---@param fn fun(name: string)|nil
function jobs.on_change(fn) observer = fn end

---@class JobStatus
---@field name string
---@field doc? string
---@field schedule? string
---@field timezone string
---@field next? integer seconds of the epoch
---@field running? {at: integer, by: string, pid: integer}
---@field results JobResult[] oldest first
---@field counts table<string, integer> by result, since synlua runs
---@field last_success? integer seconds of the epoch

--- All jobs, sorted.
---@return JobStatus[]
function jobs.status()
  local list = {}
  for name, job in tables.sorted(planned) do
    local state, running = states[name], nil
    if state.running and now_running[name] then
      running = {at = state.running.at, by = state.running.by, pid = now_running[name].pid}
    end
    list[#list + 1] = {name = name, doc = job.doc, schedule = job.schedule, timezone = job.timezone,
      next = state.starts, running = running, results = tables.copy(state.results), counts = tables.copy(state.counts),
      last_success = state.last_success}
  end
  return list
end

--- Jobs that are not enabled, and why.
---@return table<string, string>
function jobs.off() return off end

return jobs
