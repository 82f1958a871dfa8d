-- EDGE
-- Processes beside the services. Each is asked one question, in memory that is its standard input, and answers there.
-- At most one of each name runs at a time.

local dkjson = require "dkjson"
local exchange = require "core.exchange"
local log = require "core.log"
local loop = require "core.loop"
local process = require "core.process"
local words = require "processes.words"

local beside = {}

local ANSWER_MAX = 1024 * 1024
local FORK_MS = 10000

local running = {} -- by name: {asked, limit, on_end}
local others ---@type fun(exit: table)|nil

--- Starts one. on_end gets the answer, or nil and why there is none. It comes later, and not where a reason is
--- returned.
---@param spec {name: string, argv: string[], environment: string[], uid?: integer, gid?: integer, question?: table,
--- text?: string, limit_ms: integer, fork?: string[]} text: the question as it is, in place of JSON; fork: the
--- environment with which the fork server, which is ready, starts it
---@param on_end fun(answer: table|nil, why: string?)
---@return string|nil why it could not be started
function beside.start(spec, on_end)
  if running[spec.name] then return spec.name .. " is under way" end
  local asked, what = exchange.new(spec.text or spec.question and dkjson.encode(spec.question) or "")
  if not asked then return what end
  local own = {name = spec.name, argv = spec.argv, environment = spec.fork, cwd = "/", uid = spec.uid, gid = spec.gid,
    stop_signal = "TERM", exchange = asked}
  local started, why = spec.fork and process.fork(own, FORK_MS), nil
  own.environment = spec.environment
  if not started then started, why = process.spawn(own) end
  if not started then
    asked:close()
    return why
  end
  running[spec.name] = {asked = asked, on_end = on_end, process = own,
    limit = loop.timer(spec.limit_ms, function() process.signal(spec.name, "KILL") end)}
end

local function take(name)
  local one = running[name]
  running[name] = nil
  if one then one.limit:close() end
  return one
end

--- Takes the fork server's answer about a process that is no service: without it, it starts by exec.
---@param name string
---@param pid? integer
---@param why? string it is none
function beside.forked(name, pid, why)
  local one = running[name]
  if not one or pid then return end
  log.write("debug", ("%s starts by exec: %s"):format(name, why))
  local started, fault = process.spawn(one.process)
  if started then return end
  take(name).asked:close()
  one.on_end(nil, fault)
end

--- Names who hears of the end of every other process that is no service.
---@param fn fun(exit: table)
function beside.others(fn) others = fn end

--- Takes the end of a process that is no service.
---@param exit table of the event "exit"
function beside.ended(exit)
  local one = take(exit.name)
  if not one then
    if others then others(exit) end
    return
  end
  -- Another user has written it, and may have nested it too deeply.
  local ok, answer = pcall(dkjson.decode, one.asked:read(ANSWER_MAX) or "")
  one.asked:close()
  if ok and type(answer) == "table" then return one.on_end(answer) end
  one.on_end(nil, ("it ended without an answer: %s"):format(words.exit(exit)))
end

return beside
