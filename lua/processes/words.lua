-- Ends of processes and spans of time in words.

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

return words
