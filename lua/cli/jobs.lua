-- EDGE
-- What a hook starts: programs and requests to web addresses. They run beside the hook, each with a limit of time.

local copies = require "contract.copies"
local distance = require "lib.distance"
local dkjson = require "dkjson"
local exchange = require "core.exchange"
local log = require "core.log"
local loop = require "core.loop"
local process = require "core.process"
local program = require "cli.program"
local quote = require "files.quote"
local system = require "core.system"
local tables = require "lib.tables"
local words = require "processes.words"

local jobs = {}

local AT_ONCE, WAITING, SECONDS, LONGEST, INPUT_MAX = 8, 100, 30, 3600, 1024 * 1024
local GRACE = 5000 -- ms that a job has to end by itself when everything stops

local user -- whom a program runs as unless it says root
local waiting, running, count = {}, {}, 0 -- running: by name of process

local function start(job)
  count = count + 1
  local name = ("job-%d"):format(count)
  local input, fault
  if job.input then input, fault = exchange.new(job.input) end
  if fault then return log.write("warn", ("%s was not started: %s"):format(job.words, fault)) end
  local drops = system.identity().uid == 0 and not job.is_root
  local pid, why = process.spawn {name = name, argv = job.argv, environment = job.environment, cwd = "/",
    uid = drops and user.uid or nil, gid = drops and user.gid or nil, exchange = input,
    stop_signal = "WINCH", grace_ms = GRACE} -- which does nothing: a job goes on to its end
  if input then input:close() end
  if not pid then return log.write("warn", ("%s was not started: %s"):format(job.words, why)) end
  job.limit = loop.timer(job.seconds * 1000, function()
    job.is_late = true
    process.signal(name, "KILL")
  end)
  running[name] = job
end

local function start_waiting()
  while waiting[1] and #tables.keys(running) < AT_ONCE do start(table.remove(waiting, 1)) end
end

local function on_exit(exit)
  local job = running[exit.name]
  if not job then return end
  running[exit.name] = nil
  job.limit:close()
  local how = job.is_late and ("did not end in %d s: killed"):format(job.seconds)
    or (exit.kind ~= "exit" or exit.code ~= 0) and "ended: " .. words.exit(exit)
  if how then log.write("warn", ("%s %s"):format(job.words, how)) end
  start_waiting()
end

--- Prepares this module.
---@param the_user {uid: integer, gid: integer} whom programs run as
function jobs.prepare(the_user)
  user = the_user
  loop.on("exit", on_exit)
end

local function add(job)
  if #waiting >= WAITING then error(("%d jobs wait already: this one is left out"):format(WAITING), 0) end
  waiting[#waiting + 1] = job
end

local function check(is, what) if not is then error(what, 0) end end

local function variables(given)
  local list = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}
  check(given == nil or type(given) == "table", "act.run: environment is a table such as {PLACE = \"here\"}")
  for name, value in tables.sorted(given or {}) do
    check(type(name) == "string" and name:find "^[%a_][%w_]*$", "act.run: a variable has a name such as PLACE")
    check(type(value) == "string" and not value:find "\0" or type(value) == "number",
      "act.run: a variable is text without a byte 0, or a number")
    list[#list + 1] = ("%s=%s"):format(name, tostring(value))
  end
  return list
end

local function seconds_of(given)
  check(given == nil or math.type(given) == "integer" and given >= 1 and given <= LONGEST,
    ("act: seconds must be a whole number from 1 to %d"):format(LONGEST))
  return given or SECONDS
end

local act = {}

local FIELDS = {argv = true, environment = true, input = true, seconds = true, user = true}

-- Raises for a name that there is not.
local function unknown(what, name, names)
  local meant = distance.nearest(tostring(name), names)
  error(("%s has no %s; %s"):format(what, tostring(name), meant and ("did you mean %s?"):format(meant)
    or "it has " .. table.concat(names, ", ")), 0)
end

local function check_fields(given)
  for name in pairs(type(given) == "table" and given or {}) do
    if not FIELDS[name] then unknown("act.run", name, tables.keys(FIELDS)) end
  end
  check(type(given) == "table" and type(given.argv) == "table" and #given.argv > 0,
    'act.run takes a table, as in act.run{argv = {"/usr/bin/logger", "text"}}')
end

function act.run(given)
  given = copies.plain(given) -- what a metatable says could be another thing the next time
  check_fields(given)
  local argv = {}
  for at, word in ipairs(given.argv) do
    check(type(word) == "string" and not word:find "\0", "act.run: argv is a list of texts")
    argv[at] = word
  end
  check(argv[1]:sub(1, 1) == "/", "act.run: argv begins with the absolute path of a program")
  check(given.input == nil or type(given.input) == "string" and #given.input <= INPUT_MAX,
    "act.run: input is a text of at most 1 MB")
  check(given.user == nil or given.user == "root" or given.user == "synapse", "act.run: user is synapse or root")
  add {argv = argv, environment = variables(given.environment), input = given.input,
    seconds = seconds_of(given.seconds), is_root = given.user == "root", words = argv[1]}
end

-- The address may hold a secret, so it is neither in argv nor in a log line.
function act.post(url, value, options)
  local host = type(url) == "string" and url:match "^https?://([^/%s?#]+)"
  check(host and not url:find "%c", "act.post takes an address that begins with http:// or https://")
  local text = type(value) == "string" and value or dkjson.encode(copies.plain(value))
  check(type(text) == "string", "act.post: the value is no text, and cannot be written as JSON")
  check(#text <= INPUT_MAX, "act.post: the value has more than 1 MB")
  local seconds = seconds_of(type(options) == "table" and options.seconds or nil)
  local lines = {"silent", "show-error", "fail", 'request = "POST"', 'output = "/dev/null"', 'proto = "=http,https"',
    ("max-time = %d"):format(seconds), 'header = "Content-Type: application/json"', "url = " .. quote.curl(url),
    "data-raw = " .. quote.curl(text)}
  add {argv = {jobs.curl, "-q", "-K", "-"}, environment = variables(), input = table.concat(lines, "\n") .. "\n",
    seconds = seconds + 5, words = "the request to " .. host:gsub("^.*@", "")}
end

jobs.curl = program.find "curl" or "/usr/bin/curl"

--- What a hook gets to act. Its functions only note what is to be done, and raise what is wrong with it.
---@return table
function jobs.act()
  return setmetatable({run = act.run, post = act.post}, {__index = function(_, name)
    unknown("act", name, {"post", "run"})
  end})
end

--- Starts what was noted.
function jobs.go() start_waiting() end

return jobs
