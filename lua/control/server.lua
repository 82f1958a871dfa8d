-- EDGE
-- The running instance's end of the control socket. A request is one line of JSON {verb = , ...}. The answer is lines
-- of JSON. The last has `done = true` and `ok`; if `ok` is false, `error` says why.

local control = require "core.control"
local dkjson = require "dkjson"
local events = require "control.events"
local followers = require "control.followers"
local health = require "processes.health"
local job_requests = require "control.jobs"
local jobs = require "processes.jobs"
local log = require "core.log"
local loop = require "core.loop"
local memory = require "processes.memory"
local place = require "control.place"
local process_events = require "processes.events"
local reload = require "control.reload"
local requests = require "control.requests"
local supervise = require "processes.supervise"
local system = require "core.system"
local tables = require "lib.tables"
local usage = require "core.usage"
local waiters = require "control.waiters"
local watchers = require "control.watchers"

local server = {}

local about, began

local function say(id, answer)
  return control.send(id, dkjson.encode(answer) .. "\n")
end

local function finish(id, answer)
  answer.done = true
  say(id, answer)
  control.finish(id)
end

local function refuse(id, why) finish(id, {ok = false, error = why}) end

-- JSON must be UTF-8, but a service's line may hold other bytes.
local function clean(value)
  if type(value) == "string" then return utf8.len(value) and value or (value:gsub("[\128-\255]", "?")) end
  if type(value) ~= "table" then return value end
  for key, inner in pairs(value) do value[key] = clean(inner) end
  return value
end

local verbs = {}

local function tell_status(id)
  local now, services, pids = system.now(), supervise.status(), {}
  for _, status in ipairs(services) do pids[status.name] = status.pid end
  local used, pss = usage.of_all(pids) or {}, memory.of_services(pids)
  for _, status in ipairs(services) do
    status.usage = used[status.name]
    if status.usage then status.usage.pss = pss[status.name] end
    setmetatable(status.exits, {__jsontype = "object"})
  end
  finish(id, clean {
    ok = true, server_name = about.server_name, url = about.url, pid = system.identity().pid, up_ms = now - began,
    stopping = supervise.is_stopping(), services = services, revision = watchers.revision(),
    jobs = jobs.any() and jobs.status() or nil,
  })
end

-- With `ms` the answer waits so long, or with `after` until something has changed since that revision.
function verbs.status(id, request)
  if request.ms == nil then return tell_status(id) end
  watchers.begin(id, math.tointeger(request.after), requests.number(request.ms, 100, 60000, 2000), tell_status)
end

function verbs.health(id)
  local verdict = health.judge(supervise.status(), {stopping = supervise.is_stopping(), strict = about.strict})
  verdict.ok = verdict.healthy
  finish(id, clean(verdict))
end

local function act(id, request)
  local meant, why = requests.services(request.names, supervise.status())
  if not meant then return refuse(id, why) end
  waiters.begin(id, {
    verb = request.verb, before = meant, seconds = requests.number(request.seconds, 1, 3600, 60), say = say,
    finish = finish,
  })
end

verbs.start, verbs.stop, verbs.restart = act, act, act

-- Only nginx can be reloaded.
function verbs.reload(id, request)
  local meant, why = requests.services(request.names, supervise.status())
  if not meant then return refuse(id, why) end
  for name in tables.sorted(meant) do
    if name ~= "nginx" then return refuse(id, name .. " cannot be reloaded, only restarted") end
  end
  local begun = reload.begin {forced = true, tells = true,
    on_done = function(ok, lines) finish(id, clean {ok = ok, lines = lines}) end}
  if not begun then refuse(id, "the nginx of this instance cannot be reloaded, only restarted") end
end

function verbs.logs(id, request)
  local meant, why = requests.writers(request, followers.WRITERS, supervise.status())
  if not meant then return refuse(id, why) end
  followers.begin(id, {
    names = meant, lines = requests.number(request.lines, 0, 100000, 50), follow = request.follow == true,
    say = say, finish = finish,
  })
end

-- What happens to services: the last events, and on request the new ones.
function verbs.events(id, request)
  events.begin(id, {
    last = requests.number(request.last, 0, 100, 0), follow = request.follow == true,
    reader = type(request.reader) == "string" and request.reader or nil,
    say = function(to, event) return say(to, clean(tables.copy(event))) end, finish = finish,
  })
end

local function clean_finish(id, answer) finish(id, clean(answer)) end

function verbs.job_list(id, request) job_requests.list(id, request, say, clean_finish) end
function verbs.job_run(id, request) job_requests.run(id, request, say, clean_finish) end
function verbs.job_stop(id, request) job_requests.stop(id, request, say, clean_finish) end

function verbs.metrics(id) finish(id, clean {ok = true, text = about.metrics()}) end

-- What `synlua top` shows beside the status.
function verbs.overview(id)
  local shown = tables.copy(about.overview())
  shown.ok = true
  finish(id, clean(shown))
end

-- The variables of services, without the secrets in them.
function verbs.env_of(id, request)
  local meant, why = requests.services(request.names, supervise.status())
  if not meant then return refuse(id, why) end
  local answer = {}
  for name in pairs(meant) do answer[name] = tables.copy(about.variables[name] or {}) end
  finish(id, clean {ok = true, variables = answer})
end

-- What this instance was started with, secrets too: for a command that plans as it did. They are not made clean, since
-- a value counts byte by byte.
function verbs.environment(id)
  for name, value in pairs(about.environment) do say(id, {variable = name, value = value}) end
  finish(id, {ok = true})
end

-- What this start was made with, in many lines, because there may be many.
function verbs.started(id, request)
  local made = about.started
  if not made then return refuse(id, "this instance does not know it") end
  for name, hash in pairs(request.what == "variables" and made.variables or {}) do
    say(id, {variable = name, hash = hash})
  end
  for path, option in pairs(request.what == "options" and made.options or {}) do
    say(id, clean {option = path, text = option.text, hash = option.hash})
  end
  finish(id, {ok = true, salt = made.salt})
end

local function answer(id, line)
  local request = dkjson.decode(line)
  local verb = type(request) == "table" and verbs[request.verb]
  if not verb then return refuse(id, "this is not a request that synlua knows") end
  verb(id, request)
end

local function on_control(id, line)
  if not line then
    waiters.forget(id)
    watchers.forget(id)
    followers.forget(id)
    events.forget(id)
    job_requests.forget(id)
    return
  end
  local ok, message = xpcall(answer, debug.traceback, id, line)
  if ok then return end
  log.write("error", tostring(message))
  refuse(id, "internal error; see synlua's log")
end

--- Opens the socket. The lock of the runtime directory must be held already.
---@param runtime string path of the runtime directory
---@param given {server_name: string, url: string, strict: boolean, started?: Started, metrics: fun(): string,
--- overview: fun(): table,
--- environment: table<string, string>, variables: table<string, table<string, string>>} environment: of synlua, with
--- what its arguments say; variables: of each service, as they may be shown
---@return true|nil, string? message
function server.start(runtime, given)
  about, began = given, system.now()
  local ok, why = control.listen(place.socket(runtime))
  if not ok then return nil, why end
  loop.on("control", on_control)
  process_events.listen(function(event)
    events.add(event)
    reload.on_event(event)
  end)
  for _, status in ipairs(jobs.status()) do followers.WRITERS[jobs.process(status.name)] = true end
  jobs.on_change(job_requests.changed)
  local told = false
  supervise.on_change(function()
    if supervise.is_stopping() and not told then
      told = true
      events.add {event = "stopping"}
    end
    waiters.check()
    watchers.check()
  end)
  return true
end

return server
