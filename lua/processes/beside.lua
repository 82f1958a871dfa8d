-- EDGE
-- Processes beside the services. Each is asked one question, in memory that is its standard input, and answers there.
-- Of one name, one runs at a time.

local dkjson = require "dkjson"
local exchange = require "core.exchange"
local loop = require "core.loop"
local process = require "core.process"
local words = require "processes.words"

local beside = {}

local ANSWER_MAX = 1024 * 1024

local running = {} -- by name: {asked, limit, on_end}

--- Starts one. on_end gets the answer, or nil and why there is none. It comes later, and not where a reason is
--- returned.
---@param spec {name: string, argv: string[], environment: string[], uid?: integer, gid?: integer, question?: table,
--- text?: string, limit_ms: integer} text: the question as it is, in place of JSON
---@param on_end fun(answer: table|nil, why: string?)
---@return string|nil why it could not be started
function beside.start(spec, on_end)
  if running[spec.name] then return spec.name .. " is under way" end
  local asked, what = exchange.new(spec.text or spec.question and dkjson.encode(spec.question) or "")
  if not asked then return what end
  local pid, why = process.spawn {name = spec.name, argv = spec.argv, environment = spec.environment, cwd = "/",
    uid = spec.uid, gid = spec.gid, stop_signal = "TERM", exchange = asked}
  if not pid then
    asked:close()
    return why
  end
  running[spec.name] = {asked = asked, on_end = on_end,
    limit = loop.timer(spec.limit_ms, function() process.signal(spec.name, "KILL") end)}
end

--- Takes the end of a process that is no service.
---@param exit table of the event "exit"
function beside.ended(exit)
  local one = running[exit.name]
  if not one then return end
  running[exit.name] = nil
  one.limit:close()
  local answer = dkjson.decode(one.asked:read(ANSWER_MAX) or "")
  one.asked:close()
  if type(answer) == "table" then return one.on_end(answer) end
  one.on_end(nil, ("it ended without an answer: %s"):format(words.exit(exit)))
end

return beside
