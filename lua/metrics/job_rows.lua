-- The rows of jobs on the status page. Pure.

local job_table = require "processes.job_table"
local svg = require "files.svg"

local rows = {}

local element = svg.element

local function cell(name, content) return element("td", {role = "cell", ["data-name"] = name}, content) end

local function last_run(status, date)
  local last = status.results[#status.results]
  if not last then return element("span", {class = "muted"}, "none yet") end
  local good = last.result == "success"
  return {
    element("span", {class = "state " .. (good and "good" or last.result == "stopped" and "muted" or "bad")},
      svg.cut(job_table.outcome(last), 200)),
    element("div", {class = "small muted"}, date("!%Y-%m-%d %H:%M UTC", last.at)),
    not good and last.line and element("div", {class = "small muted note"}, svg.cut(last.line, 300)) or "",
  }
end

--- The row of a job: when it runs next, and how its last run ended.
---@param status JobStatus
---@param now integer seconds of the epoch
---@param date fun(form: string, at: integer): string os.date
---@return Markup
function rows.job(status, now, date)
  local function utc(form, at) return date("!" .. form .. " UTC", at) end
  return element("tr", {role = "row"}, {
    element("th", {scope = "row", role = "rowheader"}, status.name),
    cell("Schedule", status.schedule and ("%s (%s)"):format(status.schedule, status.timezone) or "on request"),
    cell("Next", status.running and element("span", {class = "state busy"}, job_table.next(status, now, utc))
      or status.next and job_table.next(status, now, utc) or "–"),
    cell("Last run", last_run(status, date)),
  })
end

return rows
