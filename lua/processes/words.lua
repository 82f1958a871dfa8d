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
