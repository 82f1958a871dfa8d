-- EDGE
-- Asks Synapse's own parser about the configuration while the services that Synapse waits for start already. All others
-- are held back until it has answered. A refusal ends the start.

local beside = require "processes.beside"
local configuration = require "cli.configuration"
local log = require "core.log"
local loop = require "core.loop"
local parser = require "disk.parser"
local queue = require "processes.queue"
local supervise = require "processes.supervise"

local hold = {}

---@class Hold
---@field held table<string, boolean> services that may not start yet
---@field question? Question nil where nothing is asked

--- What a start holds back, and what it asks: nothing is asked twice. Call it once everything is in its place, so that
--- the parser finds what Synapse will find.
---@param done Stages
---@return Hold
function hold.of(done)
  local open, held = parser.open_question(done, false), {}
  for name, service in pairs(open and done.plan.services or {}) do held[name] = not service.early or nil end
  return {held = held, question = open}
end

local function release(one)
  loop.on("interrupted", nil)
  queue.add(function()
    for name in pairs(one.held) do one.held[name] = nil end
  end)
end

-- Lines of services that end come after the problems, so the first problem is told once more at the end.
local function judge(one, done, privileged, answer, unanswered)
  local problems, unknown = parser.judge(done.view, answer, unanswered)
  local status, why = configuration.report(problems, {})
  if status then return loop.stop(status, why) end
  if unknown then parser.tell_unknown(unknown) else parser.remember(one.question, answer, done.plan, privileged) end
  release(one)
end

local function begin(one, done, privileged, by_fork)
  log.write("debug", "Synapse's parser is asked by " .. (by_fork and "fork" or "exec"))
  local fault = beside.start(parser.process(one.question, by_fork), function(answer, why)
    if supervise.is_stopping() then return end
    if not queue.guarded(judge, one, done, privileged, answer, why) then release(one) end
  end)
  if not fault then return end
  parser.tell_unknown(fault)
  release(one)
end

local COMING = {waiting = true, starting = true, stopping = true}

-- The state of the fork server, where Synapse is started by one.
local function fork_server(services)
  for _, status in ipairs(services.synapse.process.fork and supervise.status() or {}) do
    if status.name == services.synapse.process.fork then return status.state end
  end
end

--- Asks, once the supervisor runs: by the fork server, if there is one, because it imports Synapse anyway.
---@param one Hold
---@param done Stages
---@param privileged boolean
function hold.ask(one, done, privileged)
  if not one.question then return end
  loop.on("interrupted", function() end) -- a signal before the answer is no orderly stop of a homeserver
  local begun = false
  local function look()
    if begun or supervise.is_stopping() then return end
    local state = fork_server(done.plan.services)
    begun = not COMING[state]
    if begun then begin(one, done, privileged, state == "ready") end
  end
  supervise.on_change(look)
  look()
end

return hold
