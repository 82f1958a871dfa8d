-- EDGE
-- A start on a terminal: one line for each service once it is ready, a box at the end, and of what the services write
-- only warnings and errors. `synlua logs` shows the rest.

local followers = require "control.followers"
local log = require "core.log"
local loud = require "processes.loud"
local supervise = require "processes.supervise"
local system = require "core.system"
local words = require "processes.words"

local quiet_run = {}

local VERBOSE = {["-v"] = true, ["--verbose"] = true}

--- Whether a start is quiet: both outputs are a terminal, the lines are text, and nobody asked for more.
---@param arguments string[] of run
---@param done Stages
---@return boolean
function quiet_run.wanted(arguments, done)
  for _, word in ipairs(arguments) do
    if VERBOSE[word] then return false end
  end
  return system.is_terminal(1) and system.is_terminal(2) and done.plan.output.format == "text"
    and done.settings.SYNAPSE_LOG_LEVEL ~= "DEBUG"
end

--- From now on warnings and errors of services are shown as lines of synlua, which wait for no reader.
function quiet_run.begin()
  local states = {}
  followers.always(function(name, text)
    if name == followers.OWN then return end
    states[name] = states[name] or {}
    if loud.is(states[name], text) then log.write("info", ("%s | %s"):format(name, text)) end
  end)
end

--- A service is ready. What comes back after a restart is logged in any case.
---@param name string
function quiet_run.reached(name)
  for _, status in ipairs(supervise.status()) do
    if status.name == name and status.restarts == 0 then
      log.write("info", ("%s is ready%s"):format(name, status.ready_after_ms
        and " after " .. words.span(status.ready_after_ms) or ""))
    end
  end
end

--- The box that says what runs and what to do next.
---@param lines string[]
function quiet_run.box(lines)
  local width = 0
  for _, line in ipairs(lines) do width = math.max(width, utf8.len(line) or #line) end
  local edge = "+" .. ("-"):rep(width + 2) .. "+"
  log.write("info", edge)
  for _, line in ipairs(lines) do
    log.write("info", ("| %s%s |"):format(line, (" "):rep(width - (utf8.len(line) or #line))))
  end
  log.write("info", edge)
end

return quiet_run
