-- EDGE
-- Runs a program of Synapse's Python that is asked one question, in memory that is its standard input, and puts its
-- answer in the question's place: JSON with `synlua: 1`.

local dkjson = require "dkjson"
local exchange = require "core.exchange"
local loop = require "core.loop"
local process = require "core.process"

local asking = {}

asking.LIMIT = 60000 -- ms; such a program takes one second, and much more where the disk is slow
local ANSWER_MAX = 1024 * 1024

---@class Asked
---@field interrupted boolean a stop has begun
---@field answer? table
---@field unknown? string why there is no answer

local function read_answer(command, asked, exit, late)
  if late then return nil, ("it did not answer in %d s"):format(asking.LIMIT // 1000) end
  local text = exit.kind == "exit" and exit.code == 0 and asked:read(command.answer_max or ANSWER_MAX)
  local ok, answer = pcall(dkjson.decode, text or "") -- another user's, who may have nested it too deeply
  if not ok or type(answer) ~= "table" or answer.synlua ~= 1 then return nil, "it ended without an answer" end
  return answer, answer.unknown
end

local function watch(name, command, asked, on_end)
  local interrupted, late = false, false
  local limit = not command.takes_long and loop.timer(asking.LIMIT, function()
    late = true
    process.signal(name, "KILL")
  end)
  local function stop() interrupted = true end
  loop.on("stopping", stop)
  loop.on("interrupted", stop)
  loop.on("exit", function(exit)
    if limit then limit:close() end
    for _, event in ipairs {"exit", "stopping", "interrupted"} do loop.on(event, nil) end
    local answer, unknown = read_answer(command, asked, exit, late)
    asked:close()
    on_end({interrupted = interrupted, answer = answer, unknown = unknown})
  end)
end

--- Asks. on_end comes later, and not where a reason is returned.
---@param name string of the process
---@param command {argv: string[], environment: string[], uid?: integer, gid?: integer, takes_long?: boolean,
--- answer_max?: integer} takes_long: without a limit
---@param text string the program, a zero byte and the question
---@param on_end fun(ended: Asked)
---@return string|nil why it could not be started
function asking.ask(name, command, text, on_end)
  local asked, what = exchange.new(text)
  if not asked then return what end
  local pid, why = process.spawn {name = name, argv = command.argv, environment = command.environment, cwd = "/",
    uid = command.uid, gid = command.gid, stop_signal = "KILL", exchange = asked}
  if not pid then
    asked:close()
    return why
  end
  watch(name, command, asked, on_end)
end

return asking
