-- EDGE
-- Lets templates/backup.py do the part of a backup that belongs to another user: one question after the other, each to
-- a process of that user's. The steps are a function, which gets its answers as results.

local asking = require "disk.asking"
local dkjson = require "dkjson"
local log = require "core.log"
local loop = require "core.loop"
local question = require "files.question"
local store = require "input.store"

local helper = {}

local EX_FAILED = 1

--- Tells people why a command ends.
---@param problem Problem
---@return integer status
function helper.fail(problem)
  io.stderr:write(log.plain(("synlua: %s: %s%s\n"):format(problem.where, problem.what,
    problem.hint and "; " .. problem.hint or "")))
  return EX_FAILED
end

--- Ends the steps where something has failed.
---@generic T
---@param value T|nil
---@param problem? Problem
---@return T
function helper.must(value, problem)
  if value then return value end
  error(problem, 0)
end

--- What gives a user a name that has none in /etc/passwd: initdb needs one.
---@param user User
---@return string|nil
function helper.name_library(user) return (select(2, store.user_name(user.uid))) end

local function command_of(view, user)
  return {argv = question.argv(view.settings.SYNLUA_SYNAPSE_PYTHON), takes_long = true,
    environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/"}, uid = user.drop and user.uid or nil,
    gid = user.drop and user.gid or nil}
end

-- Hands a question over, to our Python or to the command that it names, and pauses the steps. The end of the process
-- goes on with them.
local function ask(view, resume, name, user, asked)
  local text, command = asked.text, asked.command
  if not command then
    text, command = view.input.templates["backup.py"].text .. "\0" .. dkjson.encode(asked), command_of(view, user)
  end
  local why = asking.ask(name, command, text, function(ended)
    if not ended.interrupted then resume(ended) end
  end)
  helper.must(not why, {where = name, what = why})
  local ended = coroutine.yield()
  helper.must(not ended.unknown, {where = name, what = ended.unknown, hint = "its last lines say more"})
  helper.must(not ended.answer.problem, ended.answer.problem)
  return ended.answer
end

-- What the steps have returned, or what has ended them.
local function status_of(thread, ok, result)
  if ok then return result end
  local trace = debug.traceback(thread, tostring(result))
  coroutine.close(thread)
  if type(result) ~= "table" then error(trace, 0) end
  return helper.fail(result)
end

--- Runs the steps of a command, which return its status, or end by helper.must.
---@param view View
---@param steps fun(ask: fun(name: string, user: User, asked: table): table): integer ask gives an answer
---@return integer|nil status; nil: it comes later
function helper.run(view, steps)
  local thread, has_paused = coroutine.create(steps), false
  local function go_on(...)
    local ok, result = coroutine.resume(thread, ...)
    if ok and coroutine.status(thread) ~= "dead" then
      has_paused = true
      return
    end
    local status = status_of(thread, ok, result)
    if has_paused then loop.stop(status) end
    return status
  end
  return go_on(function(...) return ask(view, go_on, ...) end)
end

return helper
