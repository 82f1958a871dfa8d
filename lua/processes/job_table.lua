-- Jobs and their runs as tables for people. Pure.

local tables = require "lib.tables"
local words = require "processes.words"

local job_table = {}

local FORM = "%Y-%m-%d %H:%M"
local GAP = "  "

local function clean(text)
  text = text:gsub("%c", " ")
  return utf8.len(text) and text or (text:gsub("[\128-\255]", "?"))
end

-- Rows of texts in columns; the last one is not filled up.
local function columns(rows)
  local widths, lines = {}, {}
  for _, row in ipairs(rows) do
    for at, text in ipairs(row) do widths[at] = math.max(widths[at] or 0, utf8.len(text)) end
  end
  for n, row in ipairs(rows) do
    local parts = {}
    for at, text in ipairs(row) do parts[at] = text .. (" "):rep(widths[at] - utf8.len(text)) end
    lines[n] = table.concat(parts, GAP):gsub("%s+$", "")
  end
  return table.concat(lines, "\n") .. "\n"
end

local function span(seconds) return words.span(math.floor(seconds * 1000)) end

--- How a run ended: "success in 12.3 s", "exit status 1 after 0.20 s".
---@param result JobResult
---@return string
function job_table.outcome(result)
  if result.result == "success" then return "success in " .. span(result.seconds) end
  if result.result == "interrupted" then return result.words end
  return ("%s after %s"):format(result.words, span(result.seconds))
end

--- The same with the name of the job, and its last line if it did not succeed.
---@param name string
---@param result JobResult
---@return string
function job_table.ended(name, result)
  local line = result.result ~= "success" and result.line and ": " .. result.line or ""
  return ("job %s: %s%s"):format(name, job_table.outcome(result), line)
end

--- What a job does now, or when it does next: "runs for 3 s", "2026-11-29 01:00", "on request".
---@param status JobStatus
---@param now integer
---@param date fun(form: string, at: integer): string os.date
---@return string
function job_table.next(status, now, date)
  if status.running then return "runs for " .. words.age(math.max(0, now - status.running.at) * 1000) end
  return status.next and date(FORM, status.next) or "on request"
end

--- How its last run ended, and when that began: "2026-11-29 01:00: success in 12.3 s"; "-" if there was none.
---@param status JobStatus
---@param date fun(form: string, at: integer): string
---@return string
function job_table.last(status, date)
  local last = status.results[#status.results]
  return last and ("%s: %s"):format(date(FORM, last.at), clean(job_table.outcome(last))) or "-"
end

--- The same in parts, with its last line if it did not succeed: when it began, how it ended, and its result.
---@param status JobStatus
---@param date fun(form: string, at: integer): string
---@return string began
---@return string? how
---@return string? result
function job_table.last_in_parts(status, date)
  local last = status.results[#status.results]
  if not last then return "-" end
  local line = last.result ~= "success" and last.line and ": " .. last.line or ""
  return date(FORM, last.at), clean(job_table.outcome(last) .. line), last.result
end

--- All jobs.
---@param list JobStatus[]
---@param off table<string, string>
---@param now integer
---@param date fun(form: string, at: integer): string
---@return string
function job_table.list(list, off, now, date)
  local rows = {{"JOB", "SCHEDULE", "TIME ZONE", "NEXT", "LAST RUN"}}
  for _, status in ipairs(list) do
    rows[#rows + 1] = {status.name, status.schedule or "-", status.schedule and status.timezone or "-",
      job_table.next(status, now, date), job_table.last(status, date)}
  end
  local text = #list > 0 and columns(rows) or "there are no jobs\n"
  for name, why in tables.sorted(off) do text = text .. ("off: %s (%s)\n"):format(name, why) end
  return text
end

--- The runs of one job, or of all, oldest first.
---@param list JobStatus[]
---@param name? string
---@return table[]
---@return boolean found whether there is such a job
function job_table.runs(list, name)
  local rows, found = {}, name == nil
  for _, status in ipairs(list) do
    if name == nil or status.name == name then
      found = true
      for _, result in ipairs(status.results) do
        local row = {name = status.name}
        for key, value in pairs(result) do row[key] = value end
        rows[#rows + 1] = row
      end
    end
  end
  table.sort(rows, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.name < b.name
  end)
  return rows, found
end

--- These runs as text.
---@param rows table[]
---@param date fun(form: string, at: integer): string
---@return string
function job_table.history(rows, date)
  if #rows == 0 then return "no job has run yet\n" end
  local shown = {{"BEGAN", "JOB", "BY", "END", "LAST LINE"}}
  for at, row in ipairs(rows) do
    shown[at + 1] = {date("%Y-%m-%d %H:%M:%S", row.at), row.name, row.by or "-", clean(job_table.outcome(row)),
      clean(row.line or "")}
  end
  return columns(shown)
end

return job_table
