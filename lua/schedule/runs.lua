-- The state of one job: when it runs next, whether it runs, and how its last runs ended. Pure: times come from outside,
-- in seconds of the epoch.

local following = require "schedule.next"
local tables = require "lib.tables"

local runs = {}

runs.KEPT = 20 -- results of a job
runs.RESULTS = {"success", "failed", "timeout", "stopped", "interrupted", "skipped"}

local LATE = 300 -- s: a run that is later than that was missed
local BACK = 60 -- s: a clock that went back so far was set anew

---@class JobState
---@field due? integer when the schedule says
---@field starts? integer that, and the jitter
---@field considered integer up to this time runs that were due have been dealt with
---@field running? {at: integer, by: string}
---@field results JobResult[] oldest first
---@field counts table<string, integer> by result, since synlua runs
---@field last_success? integer when a run that succeeded ended

---@class JobResult
---@field at integer when it began
---@field seconds number
---@field result "success"|"failed"|"timeout"|"stopped"|"interrupted"
---@field by "schedule"|"request"|"missed"
---@field words string how its process ended
---@field line? string its last line

local function planned(job, state, after, delay)
  state.due = job.cron and following.after(job.cron, job.zone, after) or nil
  state.starts = state.due and math.max(state.due, state.considered) + delay
  return state
end

local function with_result(state, result)
  state.results = {table.unpack(state.results)}
  table.insert(state.results, result)
  if #state.results > runs.KEPT then table.remove(state.results, 1) end
  state.counts = tables.copy(state.counts)
  state.counts[result.result] = state.counts[result.result] + 1
  if result.result == "success" then state.last_success = math.floor(result.at + result.seconds) end
  return state
end

local function copy(state)
  local new = {}
  for key, value in pairs(state) do new[key] = value end
  return new
end

--- The state at a start.
---@param job PlannedJob
---@param kept table what an earlier instance recorded: considered, running, results, last_success
---@param now integer
---@param delay integer seconds, by chance
---@return JobState
function runs.new(job, kept, now, delay)
  local state = {results = kept.results or {}, counts = {}, last_success = kept.last_success,
    considered = math.min(kept.considered or now, now)}
  for _, name in ipairs(runs.RESULTS) do state.counts[name] = 0 end
  if kept.running then
    state = with_result(state, {at = kept.running.at, by = kept.running.by, seconds = 0, result = "interrupted",
      words = "synlua ended while it ran"})
    state.counts.interrupted = 0 -- of another instance
  end
  local after = job.missed == "once" and state.considered or now
  state.considered = now
  return planned(job, state, after, delay)
end

--- What is to be done now: "start", "missed" (start in the place of one that was missed), "skipped" (it still runs, or
--- was missed) or nil.
---@param job PlannedJob
---@param state JobState
---@param now integer
---@param open boolean whether jobs may start
---@param delay integer seconds, by chance, for the next run
---@return JobState
---@return "start"|"missed"|"skipped"|nil
function runs.look(job, state, now, open, delay)
  local new = copy(state)
  if now < state.considered - BACK then
    new.considered = now
    return planned(job, new, now, delay)
  elseif not state.due or now < state.starts then
    return state
  end
  local missed = now - state.due > LATE + job.jitter_s
  if not open and not (missed and job.missed == "skip") then return state end
  new.considered = now
  planned(job, new, now, delay)
  if state.running or missed and job.missed == "skip" then
    new.counts = tables.copy(state.counts)
    new.counts.skipped = new.counts.skipped + 1
    return new, "skipped"
  end
  return new, missed and "missed" or "start"
end

--- A run has begun.
---@param state JobState
---@param now integer
---@param by "schedule"|"request"|"missed"
---@return JobState
function runs.began(state, now, by)
  local new = copy(state)
  new.running = {at = now, by = by}
  return new
end

--- A run has ended, or could not begin.
---@param state JobState
---@param ending {seconds: number, result: string, words: string, line?: string}
---@return JobState
function runs.ended(state, ending)
  local new = copy(state)
  new.running = nil
  return with_result(new, {at = state.running.at, by = state.running.by, seconds = ending.seconds,
    result = ending.result, words = ending.words, line = ending.line})
end

--- What a later instance needs of it.
---@param state JobState
---@return table
function runs.kept(state)
  return {considered = state.considered, running = state.running, results = state.results,
    last_success = state.last_success}
end

--- Milliseconds until something is to be looked at, at most a minute: the clock may be set.
---@param states table<string, JobState>
---@param now integer
---@return integer
function runs.wait(states, now)
  local least = 60
  for _, state in pairs(states) do
    if state.starts then least = math.min(least, state.starts - now) end
  end
  return math.max(least, 1) * 1000
end

return runs
