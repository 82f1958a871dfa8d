-- EDGE
-- Sends the last lines of services to a client and, on request, the new ones as they come.

local backlog = require "control.backlog"
local output = require "core.output"
local stream = require "control.stream"

local followers = {}

followers.OWN = "synlua" -- the name of synlua's own lines
followers.WRITERS = {[followers.OWN] = true} -- who writes lines and is no service

local BACKLOG_MAX = 512 * 1024 -- bytes of old lines; more would fill the buffer of lines that wait for the client

local listener -- of this process, for every line
local following = {} -- id -> {names, say, skipped}

local function pass(id, one, name, text)
  local _, gone = stream.pass(id, one, {name = name, line = text})
  if gone then followers.forget(id) end
end

local function on_line(name, text)
  if listener then listener(name, text) end
  for id, one in pairs(following) do
    if one.names[name] then pass(id, one, name, text) end
  end
end

local function newest(lines)
  local bytes, from = 0, #lines + 1
  while from > 1 and bytes + #lines[from - 1].line <= BACKLOG_MAX do
    from = from - 1
    bytes = bytes + #lines[from].line
  end
  return from
end

--- Sends the last lines, and on request goes on with new ones.
---@param id integer
---@param one table names: table<string, any>, lines: integer, follow: boolean; say, finish: see control.server
function followers.begin(id, one)
  local lines = backlog.lines(output.runs(), one.names, one.lines, output.last_lines)
  for at = newest(lines), #lines do one.say(id, lines[at]) end
  if not one.follow then return one.finish(id, {ok = true}) end
  if next(following) == nil then output.on_line(on_line) end
  following[id] = one
end

--- From now on lines come from a FIFO too.
---@param access {name?: string, directory: string, file: string, how: table} see core.output.receive
---@return true|nil, string? why
function followers.receive(access)
  if access.name then followers.WRITERS[access.name] = true end
  return output.receive(access.name, access.directory, access.file, access.how)
end

--- Forgets a client that has gone.
---@param id integer
function followers.forget(id)
  if not following[id] then return end
  following[id] = nil
  if next(following) == nil and not listener then output.on_line(nil) end
end

--- Calls fn with each line of each service from now on.
---@param fn fun(name: string, text: string)
function followers.always(fn)
  listener = fn
  output.on_line(on_line)
end

return followers
