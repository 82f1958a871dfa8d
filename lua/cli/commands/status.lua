-- EDGE
-- `synlua status`: shows the services and their states.

local cleaned = require "cli.cleaned"
local client = require "control.client"
local colours = require "cli.colours"
local system = require "core.system"

-- These fields come first, and the others follow.
local ORDER = {
  "server_name", "url", "pid", "up_ms", "stopping", "services", "name", "state", "shown", "note", "waits_for",
  "since_ms", "restarts", "failures", "wanted", "essential", "was_ready", "ready_after_ms", "usage", "cpu_s", "rss",
  "pss", "fds", "threads", "processes", "last_exit", "exits", "cause", "words", "kind", "code", "signal", "ago_ms",
  "jobs",
}

local INTERVAL = 2000 -- ms
local PATIENCE = 10000 -- ms: on an overloaded machine it takes seconds to measure many services

local function text_of(answer, is_json)
  answer.ok, answer.done, answer.revision = nil, nil, nil
  if is_json then return require "dkjson".encode(answer, {indent = true, keyorder = ORDER}) .. "\n" end
  local width = colours.width()
  local text = require("processes.status_table").format(cleaned(answer), width and {width = width,
    colours = colours.wanted()})
  if not answer.jobs then return text end
  return text .. "\n" .. require("processes.job_table").list(cleaned(answer.jobs), {}, os.time(), os.date)
end

-- What stands before and in a table: the next one covers the last, so that nothing flickers.
local function drawn(text, first)
  return (first and "\27[2J" or "") .. "\27[H" .. text:gsub("\n", "\27[K\n") .. "\27[J"
end

local function below_last(text, first) return first and text or "\n" .. text end

-- Shows the state again every two seconds, on a terminal also after each change, until a signal ends it.
local function watch(is_json)
  local draws = system.is_terminal(1) and not is_json
  local request = {verb = "status"}
  repeat
    local answer, why = client.ask(request, nil, INTERVAL + PATIENCE)
    if not answer or answer.error then return client.fail(why or answer.error) end
    local after, first = draws and answer.revision or nil, request.ms == nil
    local shown = (draws and drawn or below_last)(text_of(answer, is_json), first)
    request.ms, request.after = INTERVAL, after
  until not (io.stdout:write(shown) and io.stdout:flush())
  return 0
end

---@param arguments {json?: boolean, watch?: boolean}
---@return integer
return function(arguments)
  if arguments.watch then return watch(arguments.json) end
  local answer, why = client.ask({verb = "status"}, nil, PATIENCE)
  if not answer or answer.error then return client.fail(why or answer.error) end
  io.stdout:write(text_of(answer, arguments.json))
  return 0
end
