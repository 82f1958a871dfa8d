-- The status of all services as a table for people. Pure.

local paint = require "lib.paint"
local words = require "processes.words"

local status_table = {}

local WIDTH = 108
local GAP = 2

-- head, right-aligned?, text of one service
local COLUMNS = {
  {"SERVICE", false, function(status) return status.name end},
  {"STATE", false, function(status) return status.shown end},
  {"PID", true, function(status) return status.pid and tostring(status.pid) or "-" end},
  {"SINCE", true, function(status) return words.age(status.since_ms) end},
  {"RESTARTS", true, function(status) return tostring(status.restarts) end},
  {"CPU", true, function(status) return status.usage and words.span(math.floor(status.usage.cpu_s * 1000)) or "-" end},
  {"MEMORY", true, function(status)
    local bytes = status.usage and (status.usage.pss or status.usage.rss)
    return bytes and words.size(bytes) or "-"
  end},
  {"LAST EXIT", false, words.last_exit},
}

-- A service's line may contain anything, so control characters must not reach the terminal.
local function clean(text)
  text = text:gsub("%c", " ")
  return utf8.len(text) and text or (text:gsub("[\128-\255]", "?"))
end

local function cut(text, width)
  if utf8.len(text) <= width then return text end
  return text:sub(1, utf8.offset(text, math.max(1, width - 2)) - 1) .. "..."
end

local function cells(services, columns)
  local rows, widths = {}, {}
  for at, column in ipairs(columns) do widths[at] = #column[1] end
  for n, status in ipairs(services) do
    rows[n] = {}
    for at, column in ipairs(columns) do
      local text = clean(column[3](status))
      rows[n][at], widths[at] = text, math.max(widths[at], utf8.len(text))
    end
  end
  return rows, widths
end

local function line_of(texts, widths)
  local parts = {}
  for at, text in ipairs(texts) do
    local space = (" "):rep(widths[at] - utf8.len(text))
    parts[at] = COLUMNS[at][2] and space .. text or text .. space
  end
  return (table.concat(parts, (" "):rep(GAP)):gsub("%s+$", ""))
end

local COLOURS = {ready = "green", failed = "red", backoff = "red", starting = "yellow", stopping = "yellow",
  waiting = "yellow"}

-- The line of a service with its state in the colour of the state.
local function painted(line, status, texts, widths)
  local colour = status.unhealthy and "red" or COLOURS[status.state]
  local from = #texts[1] + widths[1] - utf8.len(texts[1]) + GAP
  if not colour or line:sub(from + 1, from + #texts[2]) ~= texts[2] then return line end
  return line:sub(1, from) .. paint.text(texts[2], colour) .. line:sub(from + #texts[2] + 1)
end

-- How many services are ready, and since when all of them are.
local function readiness(services)
  local ready, ms = 0, math.huge
  for _, status in ipairs(services) do
    if status.state == "ready" and not status.unhealthy then ready = ready + 1 end
    ms = math.min(ms, status.since_ms)
  end
  local all = #services > 0 and ready == #services
  return ("%d of %d ready%s"):format(ready, #services, all and " for " .. words.age(ms) or "")
end

local function head(answer)
  return clean(("%s: %s%s; up %s (pid %d)"):format(answer.server_name, answer.stopping and "stopping; " or "",
    readiness(answer.services), words.age(answer.up_ms), answer.pid))
end

-- All columns, or all but the last where they are wider than they may be.
local function fitting(services, width)
  local rows, widths = cells(services, COLUMNS)
  for _, row in ipairs(width < WIDTH and rows or {}) do
    if utf8.len(line_of(row, widths)) > width then return cells(services, {table.unpack(COLUMNS, 1, #COLUMNS - 1)}) end
  end
  return rows, widths
end

-- What stands below a service.
local function below(status, width, is_short)
  local lines = {}
  if status.note then lines[1] = cut("    " .. clean(status.note), width) end
  local last = is_short and words.last_exit(status) or ""
  if last ~= "" then lines[#lines + 1] = cut("    last exit: " .. clean(last), width) end
  return lines
end

--- The text, with each note below its service. In less than the usual width the last exit is below it too.
---@param answer {server_name: string, services: ServiceStatus[], up_ms: integer, pid: integer, stopping?: boolean}
---@param options? {width?: integer, colours?: boolean}
---@return string
function status_table.format(answer, options)
  local width, colours = options and options.width or WIDTH, options and options.colours
  local rows, widths = fitting(answer.services, width)
  local heads = {}
  for at = 1, #widths do heads[at] = COLUMNS[at][1] end
  local titles = cut(line_of(heads, widths), width)
  if colours then titles = paint.text(titles, "bold") end
  local lines = {cut(head(answer), options and width or math.huge), "", titles}
  for n, status in ipairs(answer.services) do
    local line = cut(line_of(rows[n], widths), width)
    lines[#lines + 1] = colours and painted(line, status, rows[n], widths) or line
    table.move(below(status, width, #widths < #COLUMNS), 1, 2, #lines + 1, lines)
  end
  return table.concat(lines, "\n") .. "\n"
end

return status_table
