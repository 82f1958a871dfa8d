-- EDGE
-- Sends one request of a command to the running instance. The result is the answer's lines as tables, or the reason why
-- there is no answer.

local control = require "core.control"
local dkjson = require "dkjson"
local environment = require "input.environment"
local file = require "core.file"
local loop = require "core.loop"
local place = require "control.place"
local plain = require("core.log").plain
local system = require "core.system"

local client = {}

local CONNECT = 3000 -- ms
local ANSWER = 3000
local LOOK = 250 -- ms from one look at Ctrl-C to the next, while a stream is silent

local function nobody(runtime)
  return ("no synlua runs with %s; start it: synlua run; or set SYNLUA_RUNTIME_DIR to its runtime directory")
    :format(runtime)
end

local function silent(runtime)
  return ("the synlua of %s does not answer in time: it was stopped by a signal, or the machine is overloaded")
    :format(runtime)
end

local function denied(runtime)
  local stat = file.stat(place.socket(runtime))
  local owner = stat and (" (uid %d)"):format(stat.uid) or ""
  return ("access to %s is denied for uid %d: ask as root, or as the user that runs synlua%s"):format(
    place.socket(runtime), system.identity().uid, owner)
end

local WHY = {
  ENOENT = nobody, ECONNREFUSED = nobody, ENOTDIR = nobody, EACCES = denied, EPERM = denied, ETIMEDOUT = silent,
}

local function explain(runtime, what, name) return WHY[name] and WHY[name](runtime) or what end

local function turned_away(runtime)
  return ("the synlua of %s closed the connection: too many ask it at once, or it is ending"):format(runtime)
end

local function next_line(connection, runtime, ms)
  local line, what, name = connection:line(ms)
  if line then
    local answer = dkjson.decode(line)
    if type(answer) == "table" then return answer end
    return nil, ("the synlua of %s gave an invalid answer"):format(runtime)
  end
  if not name or name == "ECONNRESET" then return nil, turned_away(runtime), true end
  return nil, explain(runtime, what, name)
end

-- A connection on which the request was sent, and the runtime directory; or nil and why there is none.
local function open(request)
  local runtime = environment.places(system.environment()).runtime
  local connection, what, name = control.connect(place.socket(runtime), CONNECT)
  if not connection then return nil, explain(runtime, what, name) end
  local asked, why, errno = connection:ask(dkjson.encode(request), CONNECT)
  if asked or errno == "EPIPE" then return connection, runtime end -- what it answered may still be there
  connection:close()
  return nil, explain(runtime, why, errno)
end

--- Sends a request and calls fn with each line of the answer, until one has the field `done` or fn returns false.
---@param request table
---@param fn fun(answer: table): boolean?
---@param ms? integer|false for each line; false: no deadline
---@return table|nil done the last line, or nil if there was none
---@return string? why
---@return boolean? ended true if the connection ended early
function client.ask(request, fn, ms)
  local connection, runtime = open(request)
  if not connection then return nil, runtime end
  local it <close> = connection
  local limit = ms or ANSWER
  if ms == false then limit = nil end
  while true do
    local answer, reason, ended = next_line(it, runtime, limit)
    if not answer then return nil, reason, ended end
    if answer.done then return answer end
    if fn and fn(answer) == false then return answer end
  end
end

--- Sends a request whose answer has no end of its own, for a loop that Ctrl-C may end.
---@param request table
---@return (fun(): table?)|nil next the next line of the answer, and nil once the instance has ended
---@return string|table why or what a generic `for` closes
function client.stream(request)
  local connection, runtime = open(request)
  if not connection then return nil, runtime end
  return function()
    while true do
      local line, what, name = connection:line(LOOK)
      if line then return dkjson.decode(line) end
      if name ~= "ETIMEDOUT" then
        connection:close()
        if name and name ~= "ECONNRESET" then error(explain(runtime, what, name), 0) end
        return nil
      end
    end
  end, connection
end

--- Sends a request, for a program that looks now and then whether lines of the answer have come, and never waits.
---@param request table
---@return (fun(): table|false|nil, string?)|nil next a line; false: none yet; nil: there will be none, and why
---@return string|table why or the connection, to close it
function client.begin(request)
  local connection, runtime = open(request)
  if not connection then return nil, runtime end
  return function()
    local line, what, name = connection:line(0)
    if line then return dkjson.decode(line) end
    if name == "ETIMEDOUT" then return false end
    connection:close()
    return nil, name and explain(runtime, what, name) or turned_away(runtime)
  end, connection
end

--- Sends a request whose answer has no end of its own, for a program that runs the loop.
---@param request table
---@param fn fun(answer: table|nil) each line; nil once the answer is at its end
---@return true|nil
---@return string? why
function client.watch(request, fn)
  local connection, runtime = open(request)
  if not connection then return nil, runtime end
  loop.on("answer", function()
    while true do
      local line, _, name = connection:line(0)
      if not line and name == "ETIMEDOUT" then return end
      if not line then
        connection:close()
        loop.on("answer", nil)
        return fn(nil)
      end
      fn(dkjson.decode(line))
    end
  end)
  local ok, why = connection:watch()
  if not ok then return nil, why end
  return true
end

--- Writes the reason to stderr and returns the exit status, for commands.
---@param why string
---@return integer
function client.fail(why)
  io.stderr:write("synlua: ", plain(why), "\n")
  return 1
end

return client
