-- Metrics of jobs. The label of a job's name is `name`, because `job` is Prometheus's own.

local runs = require "schedule.runs"

local jobs = {}

local function last_of(status) return status.results[#status.results] end

-- Name, type, help, value of one job (nil: none yet).
local ROWS = {
  {"synlua_job_last_success_timestamp_seconds", "gauge", "When its last run that succeeded ended.",
    function(status) return status.last_success end},
  {"synlua_job_last_duration_seconds", "gauge", "How long its last run took.",
    function(status) return last_of(status) and last_of(status).seconds end},
  {"synlua_job_last_status", "gauge", "1 if its last run succeeded, and 0 if not.", function(status)
    return last_of(status) and (last_of(status).result == "success" and 1 or 0)
  end},
  {"synlua_job_running", "gauge", "1 while it runs.", function(status) return status.running and 1 or 0 end},
}

--- The families.
---@param list JobStatus[]
---@return Family[]
function jobs.families(list)
  local made = {}
  for at, row in ipairs(ROWS) do
    local samples = {}
    for _, status in ipairs(list) do
      local value = row[4](status)
      if value then samples[#samples + 1] = {labels = {name = status.name}, value = value} end
    end
    made[at] = {name = row[1], type = row[2], help = row[3], samples = samples}
  end
  local samples = {}
  for _, status in ipairs(list) do
    for _, result in ipairs(runs.RESULTS) do
      samples[#samples + 1] = {labels = {name = status.name, result = result}, value = status.counts[result]}
    end
  end
  made[#made + 1] = {name = "synlua_job_runs_total", type = "counter", samples = samples,
    help = "Its runs since synlua was started, by result."}
  return made
end

return jobs
