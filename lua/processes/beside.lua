-- EDGE
-- A process beside the services that is asked one question, in memory that is its standard input, and answers there.
-- One at a time.

local dkjson = require "dkjson"
local exchange = require "core.exchange"
local loop = require "core.loop"
local process = require "core.process"
local words = require "processes.words"

local beside = {}

local ANSWER_MAX = 1024 * 1024

local others ---@type fun(exit: table)|nil
local running -- {name, asked, limit, on_end}

--- Starts one. on_end gets the answer, or nil and why there is none. It comes later, and not where a reason is
--- returned.
---@param spec {name: string, argv: string[], environment: string[], question?: table, limit_ms: integer}
---@param on_end fun(answer: table|nil, why: string?)
---@return string|nil why it could not be started
function beside.start(spec, on_end)
  if running then return running.name .. " is under way" end
  local asked, what = exchange.new(spec.question and dkjson.encode(spec.question) or "")
  if not asked then return what end
  local pid, why = process.spawn {name = spec.name, argv = spec.argv, environment = spec.environment, cwd = "/",
    stop_signal = "TERM", exchange = asked}
  if not pid then
    asked:close()
    return why
  end
  running = {name = spec.name, asked = asked, on_end = on_end}
  running.limit = loop.timer(spec.limit_ms, function() process.signal(spec.name, "KILL") end)
end

--- Names who hears of the end of every other process that is no service.
---@param fn fun(exit: table)
function beside.others(fn) others = fn end

--- Takes the end of a process that is no service.
---@param exit table of the event "exit"
function beside.ended(exit)
  if not running or exit.name ~= running.name then
    if others then others(exit) end
    return
  end
  local one = running
  running = nil
  one.limit:close()
  local answer = dkjson.decode(one.asked:read(ANSWER_MAX) or "")
  one.asked:close()
  if type(answer) == "table" then return one.on_end(answer) end
  one.on_end(nil, ("it ended without an answer: %s"):format(words.exit(exit)))
end

return beside
