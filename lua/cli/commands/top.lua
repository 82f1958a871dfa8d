-- EDGE
-- `synlua top`: shows the services on a whole terminal, anew every two seconds, and takes keys.

local cleaned = require "cli.cleaned"
local client = require "control.client"
local colours = require "cli.colours"
local middle = require "cli.top.middle"
local screen = require "core.screen"
local state = require "cli.top.state"
local system = require "core.system"
local view = require "cli.top.view"

local TURN = 100 -- ms that a key is waited for
local STATUS, BESIDE = 2000, 10000 -- ms from one question to the next
local PATIENCE = 10000
local LINES = 500

local shown, open, asked

-- The next line of what was asked: nil where none has come.
local function line_of(name)
  local one = open[name]
  if not one then return end
  local answer, why = one.next()
  if answer == false then
    if one.ends and system.now() > one.ends then why = "it does not answer in time" else return end
    one.connection:close()
    answer = nil
  end
  if answer == nil or answer.done then open[name] = nil end
  return answer and cleaned(answer) or {error = why or "the connection ended", done = true}
end

local function ask(name, request, ms)
  local next_line, connection = client.begin(request)
  if not next_line then return connection end
  open[name] = {next = next_line, connection = connection, ends = ms and system.now() + ms}
end

local function close(name)
  if open[name] then open[name].connection:close() end
  open[name] = nil
end

-- Asks again when it is time. Returns why nobody can be asked.
local function ask_again()
  local now = system.now()
  if not open.status and now - asked.status >= STATUS then
    asked.status = now
    local why = ask("status", {verb = "status"}, PATIENCE)
    if why then return why end
  end
  if not open.beside and now - asked.beside >= BESIDE then
    asked.beside = now
    return ask("beside", {verb = "overview"}, PATIENCE)
  end
end

local takes = {}

function takes.status(answer)
  if answer.error then return answer.error end
  shown = state.answered(shown, answer, system.now(), os.time())
end

function takes.beside(answer)
  if not answer.error then shown = state.besides(shown, answer) end
end

function takes.restart(answer)
  if answer.error or answer.text then shown = state.says(shown, answer.error or answer.text) end
  asked.status = -math.huge
end

function takes.log(answer)
  if answer.line then shown = state.logged(shown, answer.line) end
end

-- Whether something has come, and why the instance is not to be asked any more.
local function take()
  local came = false
  for name, fn in pairs(takes) do
    local answer = line_of(name)
    while answer do
      came = true
      local why = fn(answer)
      if why then return came, why end
      answer = open[name] and line_of(name)
    end
  end
  return came
end

local acts = {}

function acts.restart(name)
  local why = ask("restart", {verb = "restart", names = {name}})
  if why then shown = state.says(shown, why) end
end

function acts.log(name)
  local why = ask("log", {verb = "logs", names = {name}, lines = LINES, follow = true})
  if why then shown = state.says(shown, why) end
end

function acts.close() close "log" end

local function size()
  local rows, width = screen.size()
  return {rows = rows, columns = width}
end

local function draw()
  screen.clear()
  for _, piece in ipairs(view.pieces(shown, size())) do screen.put(table.unpack(piece)) end
  screen.show()
end

-- Until a key or the end of the instance ends it. Returns why it ended, where no key did.
local function turn_until_end()
  local dirty = true
  while true do
    local why = ask_again()
    local came, fault = take()
    if why or fault then return why or fault end
    if dirty or came then draw() end
    local key, gone = screen.key(TURN)
    if gone then return end
    dirty = key ~= nil
    local action
    if key then shown, action = state.key(shown, key, middle.rows(size())) end
    if action and action.verb == "quit" then return end
    if action then acts[action.verb](action.name) end
  end
end

---@return integer
return function()
  shown, open, asked = state.new(os.date), {}, {status = -math.huge, beside = -math.huge}
  local ok, why = screen.open(colours.wanted())
  if not ok then return client.fail("top: " .. why) end
  local ended, fault = xpcall(turn_until_end, debug.traceback)
  screen.close()
  if not ended then error(fault, 0) end
  for name in pairs(open) do close(name) end
  return fault and client.fail(fault) or 0
end
