-- EDGE
-- The functions of the shell that ask the running instance. It answers data, and takes the same requests as the
-- commands do, so no code of a shell reaches it.

local cleaned = require "cli.cleaned"
local client = require "control.client"
local colours = require "cli.colours"
local distance = require "lib.distance"
local show = require "cli.shell.show"
local status_table = require "processes.status_table"

local live = {scope = {}}

local LINES, SECONDS, REACH = 50, 60, 5

local function fail(why) error(cleaned(why), 0) end

local function ask(request, fn, ms)
  local answer, why = client.ask(request, fn, ms)
  if not answer or answer.error then fail(why or answer.error) end
  return answer
end

local function text(list) return show.as_text(list, table.concat(list, "\n")) end

-- The names among a function's arguments, which may be in tables, and the number among them.
local function sorted_out(...)
  local names, number = {}, nil
  for _, value in ipairs {...} do
    if type(value) == "table" then
      table.move(value, 1, #value, #names + 1, names)
    elseif math.tointeger(value) and type(value) == "number" then
      number = value
    else
      names[#names + 1] = tostring(value)
    end
  end
  return names, number
end

--- The names of services, sorted; empty where the instance does not answer.
---@return string[]
function live.services()
  local answer, names = client.ask {verb = "status"}, {}
  for at, status in ipairs(answer and answer.services or {}) do names[at] = status.name end
  return names
end

function live.scope.status(_, name)
  local answer = cleaned(ask {verb = "status"})
  answer.ok, answer.done, answer.revision = nil, nil, nil
  if name == nil then
    local width = colours.width()
    local words = status_table.format(answer, width and {width = width, colours = colours.wanted()})
    return show.as_text(answer, (words:gsub("\n$", "")))
  end
  local names = {}
  for at, status in ipairs(answer.services) do
    if status.name == name then return status end
    names[at] = status.name
  end
  local meant = distance.nearest(tostring(name), names)
  return fail(("there is no service %q%s"):format(name, meant and (", did you mean %s?"):format(meant) or ""))
end

function live.scope.logs(_, ...)
  local names, lines = sorted_out(...)
  local list = {}
  ask({verb = "logs", names = names, all = #names == 0, lines = lines or LINES}, function(answer)
    if answer.line then
      list[#list + 1] = #names == 1 and cleaned(answer.line) or ("%s | %s"):format(answer.name, cleaned(answer.line))
    end
  end)
  return text(list)
end

local WHAT = {ready = "is ready after %.2f s", exited = "ended: %s", failed = "has failed for good: %s"}

local function words_of(event)
  if event.skipped then return ("%d events were left out: they were not read in time"):format(event.skipped) end
  local what = WHAT[event.event] or "is stopping"
  return ("%s %s %s"):format(os.date("%H:%M:%S", event.at), event.service or "synlua",
    what:format(event.event == "ready" and event.ready_after_ms / 1000 or event.words))
end

-- For a generic `for`: the events as they happen, after the last ones if so many are wanted.
function live.scope.events(_, last)
  local following, connection = client.stream {verb = "events", follow = true, last = math.tointeger(last) or 0}
  if not following then fail(connection) end
  local function each()
    local event = cleaned(following())
    if event and event.error then fail(event.error) end
    return event and show.as_text(event, words_of(event))
  end
  return each, nil, nil, connection
end

function live.scope.metrics()
  local page = cleaned(ask {verb = "metrics"}.text:gsub("\n$", ""))
  local values = {}
  for name, value in page:gmatch "%f[^\n\0]([%a_][^\n]*) (%S+)%f[\n\0]" do values[name] = tonumber(value) end
  return show.as_text(values, page)
end

-- start, stop and restart wait until it is done.
for _, verb in ipairs {"start", "stop", "restart"} do
  live.scope[verb] = function(_, ...)
    local names, seconds = sorted_out(...)
    local list, bad = {}, {}
    seconds = seconds or SECONDS
    local answer = ask({verb = verb, names = names, seconds = seconds}, function(one)
      local to = one.ok and list or bad
      to[#to + 1] = cleaned(one.text)
    end, (seconds + REACH) * 1000)
    if not answer.ok then fail(table.concat(bad, "\n")) end
    return text(list)
  end
end

function live.scope.env_of(_, name)
  local answer = ask {verb = "env_of", names = {name}}
  return show.strict(cleaned(answer.variables[name]), "variable of " .. name)
end

return live
