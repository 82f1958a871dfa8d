-- The status of all services as a table for people. Pure.

local words = require "processes.words"

local status_table = {}

local WIDTH = 108
local GAP = 2

local UNITS = {"B", "kB", "MB", "GB", "TB"}

local function size(bytes)
  local unit = 1
  while bytes >= 1000 and unit < #UNITS do
    bytes, unit = bytes / 1000, unit + 1
  end
  return ((bytes < 10 and unit > 1) and "%.1f %s" or "%.0f %s"):format(bytes, UNITS[unit])
end

-- The age, roughly, for a quick look.
local function age(ms)
  local seconds = ms // 1000
  if seconds < 60 then return seconds .. " s" end
  if seconds < 3600 then return seconds // 60 .. " min" end
  if seconds < 172800 then return ("%d h %d min"):format(seconds // 3600, seconds % 3600 // 60) end
  return seconds // 86400 .. " days"
end

local function last_exit(status)
  local last = status.last_exit
  if not last then return "" end
  if last.cause == "stopped" then return ("on request, %s ago"):format(age(last.ago_ms)) end
  local cause = last.cause
  local known = cause == last.words or cause == last.signal or cause:find "^status " or cause == "finished"
  return ("%s%s, %s ago"):format(last.words, known and "" or " (" .. cause .. ")", age(last.ago_ms))
end

-- head, right-aligned?, text of one service
local COLUMNS = {
  {"SERVICE", false, function(status) return status.name end},
  {"STATE", false, function(status) return status.shown end},
  {"PID", true, function(status) return status.pid and tostring(status.pid) or "-" end},
  {"SINCE", true, function(status) return age(status.since_ms) end},
  {"RESTARTS", true, function(status) return tostring(status.restarts) end},
  {"CPU", true, function(status) return status.usage and words.span(math.floor(status.usage.cpu_s * 1000)) or "-" end},
  {"MEMORY", true, function(status)
    local bytes = status.usage and (status.usage.pss or status.usage.rss)
    return bytes and size(bytes) or "-"
  end},
  {"LAST EXIT", false, last_exit},
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

local function cells(services)
  local rows, widths = {}, {}
  for at, column in ipairs(COLUMNS) do widths[at] = #column[1] end
  for n, status in ipairs(services) do
    rows[n] = {}
    for at, column in ipairs(COLUMNS) do
      local text = clean(column[3](status))
      rows[n][at], widths[at] = text, math.max(widths[at], utf8.len(text))
    end
  end
  return rows, widths
end

local function line_of(texts, widths)
  local parts = {}
  for at, column in ipairs(COLUMNS) do
    local space = (" "):rep(widths[at] - utf8.len(texts[at]))
    parts[at] = column[2] and space .. texts[at] or texts[at] .. space
  end
  return (cut(table.concat(parts, (" "):rep(GAP)):gsub("%s+$", ""), WIDTH))
end

-- How many services are ready, and since when all of them are.
local function readiness(services)
  local ready, ms = 0, math.huge
  for _, status in ipairs(services) do
    if status.state == "ready" and not status.unhealthy then ready = ready + 1 end
    ms = math.min(ms, status.since_ms)
  end
  local all = #services > 0 and ready == #services
  return ("%d of %d ready%s"):format(ready, #services, all and " for " .. age(ms) or "")
end

local function head(answer)
  return clean(("%s: %s%s; up %s (pid %d)"):format(answer.server_name, answer.stopping and "stopping; " or "",
    readiness(answer.services), age(answer.up_ms), answer.pid))
end

--- The text, with each note below its service.
---@param answer {server_name: string, services: ServiceStatus[], up_ms: integer, pid: integer, stopping?: boolean}
---@return string
function status_table.format(answer)
  local rows, widths = cells(answer.services)
  local heads = {}
  for at, column in ipairs(COLUMNS) do heads[at] = column[1] end
  local lines = {head(answer), "", line_of(heads, widths)}
  for n, status in ipairs(answer.services) do
    lines[#lines + 1] = line_of(rows[n], widths)
    if status.note then lines[#lines + 1] = cut("    " .. clean(status.note), WIDTH) end
  end
  return table.concat(lines, "\n") .. "\n"
end

return status_table
