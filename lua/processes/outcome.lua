-- Decides whether a start, stop or restart that a person requested is done. Pure.

local words = require "processes.words"

local outcome = {}

---@class Outcome
---@field ok boolean
---@field text string

local RAN = {starting = true, ready = true, stopping = true} -- from these states only a new start counts as a restart
local IDLE = {stopped = true, failed = true}

local function told(status, ok) return {ok = ok, text = status.name .. " " .. words.state(status)} end

local function already(status, before)
  return {ok = true, text = ("%s %s already"):format(status.name, before)}
end

-- The service died after the request, or it waits for a service that nobody will start.
local function hopeless(before, status, by_name)
  if status.state == "failed" then return told(status, false) end
  local same_pause = before.state == "backoff" and before.restarts == status.restarts
  if status.state == "backoff" and not same_pause then return told(status, false) end
  local other = status.waits_for and by_name[status.waits_for]
  if other and IDLE[other.state] then
    return {ok = false, text = ("%s waits for %s, which %s"):format(status.name, other.name, words.state(other))}
  end
end

local verbs = {}

function verbs.start(before, status, by_name)
  if status.state == "ready" then
    return before.state == "ready" and already(status, "was ready") or told(status, true)
  elseif status.state == "stopped" then
    return told(status, false)
  end
  return hopeless(before, status, by_name)
end

function verbs.stop(before, status)
  if status.state ~= "stopped" then return end
  return before.state == "stopped" and already(status, "was stopped") or told(status, true)
end

function verbs.restart(before, status, by_name)
  if status.state == "ready" and (status.restarts > before.restarts or not RAN[before.state]) then
    return {ok = true, text = status.name .. " is ready again"}
  elseif status.state == "stopped" then
    return told(status, false)
  end
  if before.state == "backoff" then before = {state = "stopped"} end -- the request ends the backoff at once
  return hopeless(before, status, by_name)
end

--- The outcome, or nil while the request is under way.
---@param verb "start"|"stop"|"restart"
---@param before ServiceStatus at the time of the request
---@param status ServiceStatus now
---@param by_name table<string, ServiceStatus> all of them
---@return Outcome|nil
function outcome.of(verb, before, status, by_name) return verbs[verb](before, status, by_name) end

--- The outcome when the time limit is over.
---@param status ServiceStatus
---@param seconds integer
---@return Outcome
function outcome.late(status, seconds)
  return {ok = false, text = ("not done after %d s, and still going on: %s %s"):format(seconds, status.name,
    words.state(status))}
end

return outcome
