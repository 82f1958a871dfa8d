-- The middle of the screen of `synlua top`: services, jobs, pools, events, a log, or the keys. Pure.

local columns = require "cli.top.columns"
local job_table = require "processes.job_table"
local state = require "cli.top.state"
local words = require "processes.words"

local middle = {}

local HEAD, FOOT = 4, 2 -- rows above and below it

--- How many rows it has.
---@param size {rows: integer, columns: integer}
---@return integer
function middle.rows(size) return math.max(1, size.rows - HEAD - FOOT) end

local function title(put, text, size) put(HEAD - 1, 0, columns.fill(text, size.columns), "head") end

-- The rows that are shown. The chosen one is among them.
local function window(count, chosen, room)
  local first = math.max(1, math.min(chosen - room // 2, count - room + 1))
  return first, math.min(count, first + room - 1)
end

-- Why the chosen service is as it is.
local function reasons(status)
  local list, last_exit = {status.note}, words.last_exit(status)
  if last_exit ~= "" then list[#list + 1] = "last exit: " .. last_exit end
  return #list > 0 and ("%s: %s"):format(status.name, table.concat(list, "; ")) or ""
end

function middle.services(shown, size, put)
  local list, room, chosen = state.services(shown), middle.rows(size), 1
  for at, status in ipairs(list) do chosen = status.name == shown.selected and at or chosen end
  local form = columns.of(list, shown, size.columns)
  title(put, columns.heads(form), size)
  local first, last = window(#list, chosen, room)
  for at = first, last do
    local row, texts = HEAD + at - first, columns.texts(form, list[at], shown)
    local line = columns.line(form, texts)
    if at == chosen then
      put(row, 0, columns.fill(line, size.columns), "head")
    else
      put(row, 0, line, "plain")
      put(row, columns.start(form, 2), texts[2], columns.colour(list[at]))
    end
  end
  put(size.rows - 2, 0, list[chosen] and reasons(list[chosen]) or "", "muted")
end

local NEXT = 16 -- the width of a time
local NAME = 24 -- the width of a name at least in a narrow terminal
local RESULTS = {success = "good", stopped = "muted", skipped = "muted"} -- all others are trouble

function middle.jobs(shown, size, put)
  local list, room, widest = shown.answer.jobs or {}, middle.rows(size), 3
  for _, status in ipairs(list) do widest = math.max(widest, utf8.len(status.name)) end
  local name = math.min(widest, math.max(NAME, size.columns - 100))
  local next_at, last_at = name + 2, name + NEXT + 4
  local form = ("%%s  %%-%ds  %%s"):format(NEXT)
  title(put, form:format(columns.fill("JOB", name), "NEXT", "LAST RUN"), size)
  local shows = #list > room and room - 1 or #list
  for at = 1, shows do
    local status, row = list[at], HEAD + at - 1
    put(row, 0, columns.cut(status.name, name), "plain")
    put(row, next_at, job_table.next(status, shown.clock, shown.date), status.running and "busy" or "plain")
    local began, how, result = job_table.last_in_parts(status, shown.date)
    put(row, last_at, began, "plain")
    if how then put(row, last_at + NEXT + 2, how, RESULTS[result] or "bad") end
  end
  if shows < #list then put(HEAD + shows, 0, ("and %d more: synlua job list"):format(#list - shows), "muted") end
end

function middle.pools(shown, size, put)
  local beside, wide, form = shown.beside, size.columns >= 100, "%-34s %10s %12s  %s"
  title(put, form:format("POOL", "REQUESTS", "95 % WITHIN", wide and "LAST HOUR" or ""), size)
  for at, name in ipairs(columns.names(beside.rate)) do
    if at > middle.rows(size) then break end
    local p95 = beside.p95[name]
    put(HEAD + at - 1, 0, form:format(columns.cut(name, 34), columns.rate(beside.rate[name]),
      p95 and columns.time(p95) or "-", wide and columns.spark(beside.series.rate[name], 30) or ""), "plain")
  end
end

local function is_fault(event)
  if event.event == "failed" then return true end
  return event.event == "exited" and event.cause ~= "stopped" and event.cause ~= "finished"
end

local function warning_line(one)
  return {("%s: %s%s"):format(one.where, one.what, one.hint and (" (%s)"):format(one.hint) or ""), "busy"}
end

local function event_line(event, now)
  local what = event.words and ("%s: %s"):format(event.event, event.words) or event.event
  return {("%9s ago  %s %s"):format(words.age((now - event.at) * 1000), event.service or "synlua", what),
    is_fault(event) and "bad" or "plain"}
end

function middle.events(shown, size, put)
  local beside, lines = shown.beside or {warnings = {}, events = {}}, {}
  title(put, "WARNINGS OF THE START, AND LAST EVENTS", size)
  for at, one in ipairs(beside.warnings) do lines[at] = warning_line(one) end
  for at = #beside.events, 1, -1 do lines[#lines + 1] = event_line(beside.events[at], beside.at) end
  for at = 1, math.min(#lines, middle.rows(size)) do put(HEAD + at - 1, 0, lines[at][1], lines[at][2]) end
end

-- A line in pieces of the screen's width.
local function folded(line, width)
  local list = {}
  for from = 1, math.max(1, utf8.len(line)), width do
    list[#list + 1] = line:sub(utf8.offset(line, from), (utf8.offset(line, from + width) or #line + 1) - 1)
  end
  return list
end

function middle.log(shown, size, put)
  local lines, rows = shown.log.lines, {}
  title(put, ("LOG OF %s%s"):format(shown.log.name, shown.back > 0 and (", %d lines back"):format(shown.back) or ""),
    size)
  local at = #lines - shown.back
  while at >= 1 and #rows < middle.rows(size) do
    local parts = folded(lines[at], size.columns)
    for part = #parts, 1, -1 do table.insert(rows, 1, parts[part]) end
    at = at - 1
  end
  local over = math.max(0, #rows - middle.rows(size))
  for n = over + 1, #rows do put(HEAD + n - over - 1, 0, rows[n], "plain") end
end

local HELP = {
  "up, down, page up, page down, home, end",
  "           choose a service, or scroll its log",
  "n          sort by name",
  "c, m, t    sort by CPU, memory or restarts, the largest first",
  "s          sort by state, trouble first",
  "l, enter   follow the log of the service",
  "r          restart the service, after a question",
  "tab        services; jobs; requests by pool, where nginx counts them; events",
  "q, Ctrl-C  leave; q also leads back from a log and from here",
}

function middle.help(_, size, put)
  title(put, "KEYS", size)
  for at, line in ipairs(HELP) do put(HEAD + at, 2, line, "plain") end
end

return middle
