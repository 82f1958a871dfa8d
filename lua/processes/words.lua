-- Describes ends of processes, states of services and spans of time in words.

local words = {}

--- "exit status 1", "killed by SIGKILL".
---@param exit {kind: string, code: integer, signal?: string}
---@return string
function words.exit(exit)
  if exit.kind == "signal" then return "killed by " .. (exit.signal or ("signal " .. exit.code)) end
  return "exit status " .. exit.code
end

--- "0.84 s", "12.3 s", "4 min 10 s".
---@param ms integer
---@return string
function words.span(ms)
  if ms < 10000 then return ("%.2f s"):format(ms / 1000) end
  if ms < 120000 then return ("%.1f s"):format(ms / 1000) end
  local seconds = ms // 1000
  if seconds < 7200 then return ("%d min %d s"):format(seconds // 60, seconds % 60) end
  return ("%d h %d min"):format(seconds // 3600, seconds % 3600 // 60)
end

--- The age, roughly, for a quick look: "5 s", "12 min", "3 h 2 min", "4 days".
---@param ms integer
---@return string
function words.age(ms)
  local seconds = ms // 1000
  if seconds < 60 then return seconds .. " s" end
  if seconds < 3600 then return seconds // 60 .. " min" end
  if seconds < 172800 then return ("%d h %d min"):format(seconds // 3600, seconds % 3600 // 60) end
  return seconds // 86400 .. " days"
end

local UNITS = {"B", "kB", "MB", "GB", "TB"}

--- "812 B", "1.2 MB", "34 GB".
---@param bytes number
---@return string
function words.size(bytes)
  local unit = 1
  while bytes >= 1000 and unit < #UNITS do
    bytes, unit = bytes / 1000, unit + 1
  end
  return ((bytes < 10 and unit > 1) and "%.1f %s" or "%.0f %s"):format(bytes, UNITS[unit])
end

--- Why the last process ended, and when; "" where none has.
---@param status ServiceStatus
---@return string
function words.last_exit(status)
  local last = status.last_exit
  if not last then return "" end
  if last.cause == "stopped" then return ("on request, %s ago"):format(words.age(last.ago_ms)) end
  local cause = last.cause
  local known = cause == last.words or cause == last.signal or cause:find "^status " or cause == "finished"
  return ("%s%s, %s ago"):format(last.words, known and "" or " (" .. cause .. ")", words.age(last.ago_ms))
end

--- The message of an error without the function that raised it.
---@param message any
---@return string
function words.fault(message)
  local text = tostring(message)
  return text:match "^[^\n]-bad argument #%d+ to '[^']*' %((.*)%)" or text:match "^[^\n]*"
end

local states = {}

function states.waiting(status)
  return status.waits_for and "waits for " .. status.waits_for or "waits for its turn"
end

function states.starting(status)
  local again = status.was_ready and status.shown == "starting" and " again" or ""
  return ("is %s%s%s"):format(status.shown, again, status.note and ": " .. status.note or "")
end

function states.ready(status)
  return (status.unhealthy or status.unproven) and status.note or "is ready"
end

function states.stopping() return "is being stopped" end

function states.backoff(status)
  local how = status.last_exit and " (" .. status.last_exit.words .. ")" or ""
  return ("died%s and %s"):format(how, status.note or "starts again soon")
end

function states.failed(status)
  local ending = status.last_exit and status.last_exit.words
  local parts = {"has failed for good"}
  if ending then parts[2] = ending end
  if status.note and status.note ~= ending then parts[#parts + 1] = status.note end
  return table.concat(parts, ": ")
end

function states.stopped() return "was stopped by request" end

--- What a service does, as it follows its name: "is migrating: ...", "died (killed by SIGKILL) and starts again in 0.90
--- s".
---@param status ServiceStatus
---@return string
function words.state(status) return states[status.state](status) end

return words
