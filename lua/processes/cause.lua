-- Finds out why a process ended: one word for the metrics, and a line for the person who must act. The exit status says
-- little (Synapse's is 1 for everything), so the process's last lines are searched too.

local words = require "processes.words"

local cause = {}

---@class Cause an entry of `causes` in a service's file: { cause = , match = Lua pattern, permanent? = , hint? = }

---@class Ending
---@field cause string "stopped", "configuration", "signal KILL", "status 1", ...
---@field words string
---@field line? string the line that gave the reason
---@field permanent? boolean another attempt cannot help
---@field hint? string

local SIGNAL_HINTS = {SIGKILL = "out of memory, or somebody killed it"}

-- What says nothing: rules, blank lines, and where else to look.
local function is_decoration(line)
  return not line:find "%w" or line:find "There may be more information in the logs" ~= nil
end

-- The last line that says something.
local function last_word(lines)
  for at = #lines, 1, -1 do
    if not is_decoration(lines[at]) then return lines[at] end
  end
  return lines[#lines]
end

-- "Error in configuration at 'x':" and the indented lines below it as one; for a line of a traceback, the exception
-- that ends it.
local function whole(lines, at)
  local line = lines[at]
  if line:find '^%s*File "' then return last_word(lines):match "^%s*(.-)%s*$" end
  if not line:find "^%s*Error in configuration" then return line end
  local parts = {(line:gsub(":%s*$", ""))}
  for below = at + 1, #lines do
    local text = lines[below]:match "^  %s*(%S.-):?%s*$"
    if not text then break end
    parts[#parts + 1] = text
  end
  return table.concat(parts, ": ")
end

-- Searches from the last line, which is closest to the end of the process.
local function find(causes, lines)
  for at = #lines, 1, -1 do
    for _, known in ipairs(causes or {}) do
      if lines[at]:find(known.match) then return known, whole(lines, at) end
    end
  end
end

-- It forked, and the process that synlua started ended. Another start would put a second one beside the first.
local BACKGROUND = {cause = "background", permanent = true, note = ", and what it started went on without it",
  hint = "run it in the foreground: only the process that synlua started is watched over"}

local function plain(exit)
  if exit.kind == "signal" then
    local name = exit.signal or "signal " .. exit.code
    return {cause = name, hint = SIGNAL_HINTS[name]}
  end
  return {cause = "status " .. exit.code}
end

local function reason(exit, phase, causes, lines)
  if not phase.starting or exit.kind ~= "exit" then return plain(exit) end
  if exit.code == 0 and (exit.left or 0) > 0 then return BACKGROUND end
  local known, line = find(causes, lines)
  return known or plain(exit), line
end

--- How the process ended. asked: we told it to stop, so no end is a fault. Lines count as a reason only if the process
--- was not ready yet; later the same words may be part of an ordinary message.
---@param exit {kind: string, code: integer, signal?: string, left?: integer} left: processes that it left behind
---@param phase {asked: boolean, starting: boolean, ours?: {cause: string, why: string}} ours: why synlua ended it
---@param causes Cause[]|nil
---@param lines string[] its last lines, oldest first
---@return Ending
function cause.of(exit, phase, causes, lines)
  local ending = {words = words.exit(exit)}
  if phase.ours and (phase.asked or exit.kind == "signal") then
    ending.words = ("%s (by synlua: %s)"):format(ending.words, phase.ours.why)
    ending.cause, ending.line = phase.ours.cause, phase.starting and lines[#lines] or nil
    return ending
  end
  if phase.asked then
    ending.cause = "stopped"
    return ending
  end
  local found, line = reason(exit, phase, causes, lines)
  ending.words = ending.words .. (found.note or "")
  ending.cause, ending.permanent, ending.hint, ending.line = found.cause, found.permanent, found.hint, line
  if not line and phase.starting then ending.line = last_word(lines) end
  return ending
end

-- A check ends with one of these statuses, which synlua passes on. Any other end means that a service does not run.
-- Where its configuration is why, the status says so.
local PASSED = {[69] = true, [75] = true, [78] = true}

--- The status with which synlua ends after this service has failed for good.
---@param spec table
---@param exit? {kind: string, code: integer} how it ended last
---@param ending? Ending
---@return integer
function cause.status(spec, exit, ending)
  if ending and ending.permanent and ending.cause == "configuration" then return 78 end
  local passed = spec.passes_status and exit and exit.kind == "exit" and PASSED[exit.code]
  return passed and exit.code or 70
end

return cause
