-- Running things from specs: directories, processes in the background, and waiting with a deadline.

local file = require "core.file"
local sleep = require "system".sleep

local support = {}

support.PYTHON = "/usr/bin/python3"
support.SYNLUA = os.getenv "SYNLUA" or assert(file.realpath "/proc/self/exe")
support.FAKES = assert(file.realpath "tests/fakes")

local FAKE = "/service.py" -- below each run's directory, which every user can reach

--- Seconds to wait for what must come: far longer than a busy machine takes.
support.LONG = 60

function support.quote(word) return "'" .. tostring(word):gsub("'", "'\\''") .. "'" end

--- The whole output of a shell command, and its exit status (128 + n after a signal).
function support.capture(command)
  local pipe = assert(io.popen(command, "r"))
  local output = pipe:read "a"
  local _, kind, code = pipe:close()
  return output, kind == "signal" and 128 + code or code
end

--- Two functions that run a command line and check how it ends: the first returns its output, the second looks for
--- words in it.
---@param command fun(...): string, integer returns output and status
---@return fun(...): string good
---@return fun(words: string, ...) refused
function support.endings(command)
  local assert = require "luassert"
  return function(...)
    local text, status = command(...)
    assert.equal(0, status, text)
    return text
  end, function(words, ...)
    local text, status = command(...)
    assert.not_equal(0, status, text)
    assert.truthy(text:find(words, 1, true), text)
  end
end

--- The directory of PostgreSQL's programs, of the newest version that is installed.
function support.postgres_programs()
  return (support.capture "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1":gsub("\n", ""))
end

function support.directory()
  local path = support.capture "mktemp -d":gsub("\n$", "")
  assert(path:match "^/%S+$")
  assert(os.execute("chmod 755 " .. path))
  return path
end

function support.remove(path)
  assert(path:match "^/.+/.+")
  os.execute("rm -rf " .. support.quote(path))
end

function support.write(path, text)
  assert(os.execute("mkdir -p " .. support.quote(path:match "^(.*)/")))
  local to <close> = assert(io.open(path, "w"))
  assert(to:write(text))
end

function support.read(path) return file.read(path) or "" end

function support.exists(path) return file.stat(path) ~= nil end

--- A port of 127.0.0.1 where nobody listens: below those that the kernel gives out, another one for each process.
function support.port()
  local system = require "core.system"
  local port = 20000 + system.identity().pid * 7 % 12000
  while not system.can_listen("127.0.0.1", port) do port = port + 1 end
  return port
end

--- Waits until holds() gives something true, and returns that; nil after the deadline.
function support.poll(seconds, holds)
  local system = require "core.system"
  local ends = system.now() + seconds * 1000
  repeat
    local result = holds()
    if result then return result end
    sleep(0.01)
  until system.now() > ends
  return holds() or nil
end

--- State letter, parent and name of a process; nil when there is none.
function support.process(pid)
  local name, state, parent = support.read(("/proc/%d/stat"):format(pid)):match "%((.*)%) (%a) (%d+)"
  return state, tonumber(parent), name
end

function support.alive(pid)
  local state = support.process(pid)
  return state ~= nil and state ~= "Z" and state ~= "X"
end

--- Runs code as a command of its own program, with the event loop. The code gets a table of the core modules. Returns
--- what it printed and logged, and the exit status. The program is a copy in a home of its own.
function support.in_loop(code, environment)
  local home = support.directory()
  support.write(home .. "/lua/main.lua", ([[
    local own, shared = %q, %q
    package.path = package.path:gsub("^[^;]*;[^;]*", shared .. "/lua/?.lua;" .. shared .. "/lua/?/init.lua")
    package.home = shared
    package.preload["cli.commands.check"] = loadfile(own .. "/lua/cli/commands/check.lua")
    return dofile(shared .. "/lua/main.lua")]]):format(home, package.home))
  support.write(home .. "/lua/cli/commands/check.lua", [[
    local core = {}
    for _, name in ipairs {"control", "file", "log", "loop", "output", "probe", "process", "system", "watch"} do
      core[name] = require("core." .. name)
    end
    local function say(...) io.stdout:write(table.concat({...}, " "), "\n"):flush() end
    return function()
      core.home = ]] .. ("%q"):format(home) .. [[

      local function run(core, say) ]] .. code .. "\n end return run(core, say) end")
  assert(os.execute(("mkdir %s/build && { ln %s %s/build/synlua 2>/dev/null || cp %s %s/build/synlua; }"):format(home,
    support.quote(support.SYNLUA), home, support.quote(support.SYNLUA), home)))
  local output, status = support.capture(("cd %s && env %s SYNLUA_USER_DIR=%s/user timeout -s KILL 60 build/synlua "
    .. "check 2>&1"):format(home, environment or "", home))
  support.remove(home)
  return output, status
end

--- The HTTP fake on a free port of 127.0.0.1 and on a socket path, until it is closed; see tests/fakes/http.py.
function support.listen()
  local directory = support.directory()
  local server = {path = directory .. "/socket", directory = directory}
  os.execute(("%s -I %s/http.py %s >%s/out 2>&1 &"):format(support.PYTHON, support.FAKES, server.path, directory))
  local pid, port
  support.poll(support.LONG, function()
    pid, port = support.read(directory .. "/out"):match "^(%d+) (%d+)\n"
    return pid
  end)
  server.pid, server.port = tonumber(pid), tonumber(port)
  function server:close()
    os.execute("kill -KILL " .. self.pid)
    support.remove(self.directory)
  end
  return server
end

--- A copy of the program that every user can reach, wherever the checkout is; the path of the binary.
function support.program(directory)
  local home, quoted = support.quote(package.home), support.quote(directory)
  local function run(command, ...) assert(os.execute(command:format(...))) end
  run("mkdir -p %s/build %s/core/process", quoted, quoted)
  run("cp -r %s/lua %s/templates %s", home, home, quoted)
  run("cp %s/core/process/*.py %s/core/process", home, quoted)
  run("cp %s %s/build/synlua", support.quote(support.SYNLUA), quoted)
  return directory .. "/build/synlua"
end

---@class Run
local Run = {}
Run.__index = Run

local current ---@type Run?

--- A service file that runs the fake with these words; options: argv, grace_ms, and as Lua text
--- before (what stands before it), after, ready, on_failure and any other fields.
function support.service(words, options)
  options = options or {}
  local argv = options.argv
  if not argv then
    argv = {("%q"):format(support.PYTHON), '"-I"', ("%q"):format("{run}" .. FAKE), '"of:{run}"'}
    for _, word in ipairs(words) do argv[#argv + 1] = ("%q"):format(word) end
    argv = "{" .. table.concat(argv, ", ") .. "}"
  end
  return (options.before or "") .. ([[
return {
  api = 2, files = function() return {} end,
  plan = function(context)
    return {
      process = {argv = %s, environment = {"PATH=/usr/bin:/bin", "NOTIFY_SOCKET=" .. context.paths.notify},
        grace_ms = %d},
      user = "root", ready = %s, after = %s, on_failure = %s, %s
    }
  end,
}
]]):format(argv, options.grace_ms or 30000, options.ready or "{notify = true}",
    options.after or "nil", options.on_failure or '"exit"', options.fields or "")
end

-- A file that stands in for a shipped one says which version, as the warning about it asks.
local function versioned(name, text)
  local versions = require "input.versions"
  local shipped = versions.shipped(("services/%s.lua"):format(name))
  return shipped and text:gsub("api = 2,", ("%%0 replaces = %q,"):format(versions.of(shipped)), 1) or text
end

--- A new directory with the service files; words of each fake, "{run}" stands for the directory. Among the options,
--- copied: by a copy of synlua, which every user can reach; patch: Lua that such a copy runs at its start, or before
--- the module that `into` names.
---@return Run
function support.run(services, options)
  local self = setmetatable({directory = support.directory(), options = options or {}}, Run)
  for name, text in pairs(services) do
    local path = ("%s/user/services/%s.lua"):format(self.directory, name)
    support.write(path, (versioned(name, text):gsub("{run}", self.directory)))
  end
  assert(os.execute("mkdir " .. self:path "data"))
  assert(os.execute(("cp %s%s %s"):format(support.quote(support.FAKES), FAKE, self.directory)))
  local patch = self.options.patch
  self.synlua = (self.options.copied or patch) and support.program(self:path "program") or support.SYNLUA
  if patch then
    support.write(self:path "program/lua/patch.lua", (patch:gsub("{run}", self.directory)))
    local into = ("program/lua/%s.lua"):format(self.options.into or "main")
    support.write(self:path(into), 'require "patch"\n' .. support.read(self:path(into)))
  end
  current = self
  return self
end

--- A pair of fakes with these words, not started; nginx waits for synapse as the real one does. options.synapse and
--- options.nginx are of support.service, the others of support.run.
---@return Run
function support.pair(synapse, nginx, options)
  options = options or {}
  local of_nginx = {after = '{"synapse"}'}
  for name, value in pairs(options.nginx or {}) do of_nginx[name] = value end
  return support.run({
    synapse = support.service(synapse, options.synapse), nginx = support.service(nginx, of_nginx),
  }, options)
end

--- A pair that runs.
---@return Run
function support.ready_pair(options)
  local run = support.pair({"say:I am synapse", "ready"}, {"say:I am nginx", "ready"}, options):start()
  run:says "synlua | ready in"
  return run
end

--- For after_each: the last run ends, and nothing may have outlived it.
function support.finish()
  local run = current
  current = nil
  local left = run and run:finish() or {}
  assert(#left == 0, "processes were left: " .. table.concat(left, " "))
end

function Run:path(name) return self.directory .. "/" .. name end

--- The command of synlua with this run's variables.
---@param verb? string run if nothing is said
function Run:command(verb)
  local words = {"env", "-i", "PATH=/usr/bin:/bin:/usr/sbin"}
  local variables = {
    SYNAPSE_SERVER_NAME = "localhost", SYNAPSE_REPORT_STATS = "no", SYNAPSE_CONFIG_DIR = self:path "data",
    SYNAPSE_DATA_DIR = self:path "data", SYNLUA_RUNTIME_DIR = self:path "run", SYNLUA_USER_DIR = self:path "user",
    SYNAPSE_LOG_LEVEL = self.options.level or "INFO", SYNLUA_STOP_TIMEOUT = self.options.timeout or 60,
  }
  for name, value in pairs(self.options.variables or {}) do variables[name] = value end
  for name, value in pairs(variables) do words[#words + 1] = support.quote(name .. "=" .. value) end
  for _, word in ipairs(self.options.inside or {}) do words[#words + 1] = word end
  words[#words + 1] = support.quote(self.synlua) .. " " .. (verb or "run")
  return table.concat(words, " ")
end

--- Starts it; stdout and stderr go to the file "log" unless stdout is given. The shell that waits keeps the status.
--- Opened for both directions, so that opening a FIFO without a reader does not wait.
function Run:start(stdout)
  local command = ("{ %s 1<>%s 2>%s & echo $! >%s; wait $!; echo $? >%s.new; mv %s.new %s; } >/dev/null 2>&1 &"):format(
    self:command(), stdout or self:path "log", stdout and self:path "log" or "&1", self:path "pid", self:path "status",
    self:path "status", self:path "status")
  assert(os.execute(command))
  self.pid = assert(support.poll(support.LONG, function() return tonumber(support.read(self:path "pid")) end))
  return self
end

function Run:log() return support.read(self:path "log") end

function Run:says(plain, seconds)
  local found = support.poll(seconds or support.LONG, function()
    local ended = self:ended() -- asked first: what it wrote before its end is in the log then
    return self:log():find(plain, 1, true) or ended and 0
  end)
  if found == 0 then found = nil end
  assert(found, ("%q was not said; the log:\n%s"):format(plain, self:log()))
  return found
end

function Run:ended() return support.exists(self:path "status") end

function Run:count(plain)
  local count, at = 0, 1
  local log = self:log()
  while true do
    local from, to = log:find(plain, at, true)
    if not from then return count end
    count, at = count + 1, to + 1
  end
end

function Run:has(name, seconds)
  support.poll(seconds or support.LONG, function() return support.exists(self:path(name)) or self:ended() end)
  assert(support.exists(self:path(name)), name .. " did not appear; the log:\n" .. self:log())
end

function Run:signal(name) assert(os.execute(("kill -%s %d"):format(name, self.pid))) end

--- The exit status once it ended.
function Run:status(seconds)
  return support.poll(seconds or support.LONG, function() return tonumber(support.read(self:path "status")) end)
end

--- TERM ends it with status 0, and nothing had to be killed.
function Run:stop()
  self:signal "TERM"
  local status = self:status()
  assert(status == 0 and self:count "did not end in time" == 0, ("status %s; the log:\n%s"):format(status, self:log()))
end

--- What `synlua status` says of a service.
function Run:service(name)
  local output = support.capture(("env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 60 %s status --json"):format(
    self:path "run", support.quote(support.SYNLUA)))
  for _, one in ipairs(require "dkjson".decode(output).services) do
    if one.name == name then return one end
  end
end

--- Pids of its processes by what is in their arguments.
function Run:pids(text)
  local pids = {}
  for name in pairs(file.list("/proc", "")) do
    local pid = tonumber(name)
    local words = pid and pid ~= self.pid and support.read(("/proc/%d/cmdline"):format(pid)) or ""
    if words:find(self.directory .. FAKE, 1, true) and words:find(text, 1, true) and support.alive(pid) then
      pids[#pids + 1] = pid
    end
  end
  return pids
end

function Run:pid_of(text)
  local pids = self:pids(text)
  assert(#pids == 1, ("%d processes have %q"):format(#pids, text))
  return pids[1]
end

--- Ends whatever is left, and gives the pids that should not have been there.
function Run:finish()
  if self.pid and not self:ended() then
    os.execute(("kill -TERM %d 2>/dev/null"):format(self.pid))
    if not self:status(30) then os.execute(("kill -KILL %d 2>/dev/null"):format(self.pid)) end
  end
  local left = self:pids ""
  for _, pid in ipairs(left) do os.execute(("kill -KILL %d 2>/dev/null"):format(pid)) end
  support.remove(self.directory)
  return left
end

--- Compares a text with its place in a document, or writes it there where GOLDEN is set.
---@param path string
---@param pattern string three captures: what stands before, the place, what stands behind
---@param text string
function support.golden(path, pattern, text)
  local head, shown, tail = support.read(path):match(pattern)
  if os.getenv "GOLDEN" then
    support.write(path, head .. text .. tail)
  else
    require("luassert").equal(shown, text)
  end
end

return support
