local file = require "core.file"
local support = require "run.support"

local HOME = assert(file.realpath "core"):match "^(.*)/core$"
local run

-- A service like Synapse: an app of tests/fakes/python, which does what its arguments say.
local function app(words, options)
  options = options or {}
  local argv = {("%q"):format(support.PYTHON), '"-m"', '"synapse.app.fake"',
    '"of:{run}/service.py"', '"of:{run}"'}
  for _, word in ipairs(words) do argv[#argv + 1] = ("%q"):format(word) end
  return ([[
return {
  api = 2, user = "root", files = function() return {} end,
  plan = function(context)
    return {
      process = {argv = {%s}, cwd = "{run}/data", fork = %s,
        grace_ms = 3000, open_files = 321, oom_score_adj = 7,
        environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "PYTHONPATH={run}/python",
          "NOTIFY_SOCKET=" .. context.paths.notify, %s}},
      ready = {notify = true}, prefers = {"forkserver"}, %s
    }
  end,
}
]]):format(table.concat(argv, ", "), options.fork or '"forkserver"', options.environment or "", options.fields or "")
end

local function server(options)
  options = options or {}
  return ([[
return {
  api = 2, user = "root", files = function() return {} end,
  plan = function(context)
    return {
      process = {argv = {%q, %s, "of:{run}/service.py", "of:{run}"}, cwd = "{run}/data",
        fork_server = true, environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "PYTHONPATH={run}/python",
        "NOTIFY_SOCKET=" .. context.paths.notify}, grace_ms = 500},
      ready = {notify = true}, on_failure = "degrade", spacing_ms = 50, %s
    }
  end,
}
]]):format(support.PYTHON, options.argv or ('"%s/core/process/forkserver.py", "synapse.app.fake", "--"'):format(HOME),
    options.fields or "")
end

local function start(services, options)
  services.nginx = services.nginx or support.service {"ready"}
  services.synapse = services.synapse or app {"say:I am synapse", "ready"}
  services.forkserver = services.forkserver or server()
  options = options or {level = "DEBUG"}
  run = support.run(services, options)
  assert(os.execute(("cp -r %s/python %s && sed 's|SERVICE = .*|SERVICE = \"%s/service.py\"|' -i %s"):format(
    support.FAKES, run:path "", support.FAKES, run:path "python/synapse/app/fake.py")))
  if options.change then options.change() end
  return run:start()
end

local function kill(signal, pid) assert(os.execute(("kill -%s %d"):format(signal, pid))) end

local function again(count, plain)
  local said = support.poll(support.LONG, function() return run:count(plain) >= count end)
  assert(said, plain .. " was not said; the log:\n" .. run:log())
end

local function synlua(words)
  return support.capture(("env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 120 %s %s 2>&1"):format(run:path "run",
    support.quote(support.SYNLUA), words))
end

local function service(name) return run:service(name) end

local function exits(name) return service(name).exits end

-- Not by its command line: until it may go on, what it has forked has the same.
local function pid_of_server() return assert(service("forkserver").pid) end

local function descriptors(pid)
  local count = 0
  for _ in pairs(file.list(("/proc/%d"):format(pid), "fd")) do count = count + 1 end
  return count
end

local function children(pid)
  return support.capture(("cat /proc/%d/task/*/children"):format(pid))
end

local function resident(pid)
  return tonumber(support.read(("/proc/%d/status"):format(pid)):match "VmRSS:%s+(%d+)")
end

local NAMES = {}
for at = 1, 20 do NAMES[at] = ("worker%02d"):format(at) end

-- Twenty services beside the usual ones.
local function start_twenty(options)
  local services = {}
  for _, name in ipairs(NAMES) do
    services[name] = app({"say:I am " .. name, "ready"}, {fields = "spacing_ms = 1"})
  end
  start(services, options)
end

after_each(function()
  for _, pid in ipairs(run and run:pids "" or {}) do os.execute(("kill -CONT %d 2>/dev/null"):format(pid)) end
  support.finish()
end)

describe("a service that the fork server starts", function()
  it("finds itself in every way as exec would have made it", function()
    start {forked = app {"facts:{run}/forked", "ready"}, execed = app({"facts:{run}/execed", "ready"}, {fork = "nil"})}
    run:says "synlua | ready in"
    run:says "forked started by fork"
    run:says "execed started by exec"
    local forked, execed = support.read(run:path "forked"), support.read(run:path "execed")
    assert.equal(execed, (forked:gsub("/forked", "/execed")))
    assert.truthy(forked:find("notify " .. run:path "run/notify.sock", 1, true))
  end)

  it("is a child of synlua's, known to ps by its name", function()
    start {}
    run:says "synapse started by fork"
    run:says "synlua | ready in"
    local _, parent, name = support.process(run:pid_of "I am synapse")
    assert.equal(run.pid, parent)
    assert.equal("synapse", name)
  end)

  it("ends as it ended: a status, a signal, an exception, a reason for exit", function()
    local give_up = {fields = 'on_failure = "degrade", give_up_after = 1'}
    start {status = app({"exit:3"}, give_up), signal = app({"kill:SEGV"}, give_up),
      exception = app({"fail:no reason"}, give_up), reason = app({"leave:Error in configuration"}, give_up)}
    run:says "status died: exit status 3 before it was ready"
    run:says "signal died: killed by SIGSEGV before it was ready"
    run:says "exception died: exit status 1 before it was ready"
    run:says "exception: its last line: RuntimeError: no reason"
    run:says "reason died: exit status 1 before it was ready"
    run:says "reason: its last line: Error in configuration"
  end)

  it("takes its helper in another session with it, and the end of the fork server does not", function()
    start {synapse = app {"lock:{run}/lock", "say:I am synapse", "escape:{run}/helper", "ready"}}
    run:says "synlua | ready in"
    local helper = tonumber(support.read(run:path "helper"))
    kill("KILL", pid_of_server())
    run:says "forkserver is ready again"
    assert.is_true(support.alive(helper))
    kill("KILL", service "synapse".pid)
    run:says "synapse is ready again"
    assert.is_false(support.alive(helper))
    assert.equal(0, run:count "another has the lock")
  end)

  it("is stopped like any other", function()
    start {synapse = app {"ignore:TERM", "say:I am synapse", "ready"}}
    run:says "synlua | ready in"
    run:signal "TERM"
    assert.equal(0, run:status())
    assert.equal(1, run:count "synapse did not end in time: killed")
    assert.equal(0, run:count "left over")
  end)
end)

describe("a process that the fork server has made", function()
  it("ends when synlua is killed", function()
    start {}
    run:says "synlua | ready in"
    local synapse, server_pid = run:pid_of "I am synapse", pid_of_server()
    kill("KILL", run.pid)
    assert(support.poll(support.LONG, function()
      return not support.alive(synapse) and not support.alive(server_pid)
    end))
  end)
end)

describe("a fork server", function()
  it("that is killed takes no process with it, and its successor works", function()
    start {}
    run:says "synlua | ready in"
    local synapse, old = run:pid_of "I am synapse", pid_of_server()
    kill("KILL", old)
    run:says "forkserver is ready again"
    assert.equal(synapse, run:pid_of "I am synapse")
    assert.is_true(pid_of_server() ~= old)
    kill("KILL", synapse)
    again(2, "synapse started by fork")
    run:says "synapse is ready again"
  end)

  it("that does not run leaves every start to exec", function()
    start {forkserver = server {argv = '"-c", "raise SystemExit(9)"', fields = "give_up_after = 2"}}
    run:says "synlua | ready in"
    assert.equal(1, run:count "forkserver has failed for good")
    assert.equal(0, run:count "by fork")
    run:says "synapse started by exec"
  end)

  it("that does not get ready in time is killed, and no process waits for it longer", function()
    start {forkserver = server {argv = '"-c", "import time; time.sleep(1000)"',
      fields = "give_up_after = 1, start_limit_ms = 300"}}
    run:says "forkserver was not ready in 0.30 s: killed"
    run:says "synlua | ready in"
    run:says "synapse started by exec"
  end)

  it("that does not answer is killed, and the start goes by exec", function()
    start {}
    run:says "synlua | ready in"
    local server_pid = pid_of_server()
    kill("STOP", server_pid)
    kill("KILL", run:pid_of "I am synapse")
    run:says "synapse starts by exec: fork server: no answer in time"
    run:says "forkserver died: killed by SIGKILL"
    run:says "synapse started by exec"
    run:says "synapse is ready again"
    run:says "forkserver is ready again"
    assert.equal(1, #run:pids "I am synapse")
  end)

  it("is restarted if its Synapse was replaced on disk", function()
    start {}
    run:says "synlua | ready in"
    support.write(run:path "python/synapse/new_module.py", "")
    kill("KILL", run:pid_of "I am synapse")
    run:says "synapse starts by exec: fork server: "
    run:says "has changed since it was imported"
    run:says "forkserver is ready again"
    run:says "synapse is ready again"
    kill("KILL", run:pid_of "I am synapse")
    again(2, "synapse started by fork")
  end)

  it("leaves a process with another environment to exec", function()
    start {synapse = app({"say:I am synapse", "ready"}, {environment = '"SYNAPSE_CACHE_FACTOR=2"'})}
    run:says "fork server: it runs with another value of SYNAPSE_CACHE_FACTOR"
    run:says "synapse started by exec"
    run:says "synlua | ready in"
    assert.equal(0, run:count "forkserver died")
  end)

  it("that cannot fork keeps no descriptor of the request", function()
    local services = {forkserver = server {argv = ('"{run}/python/no_fork.py", "%s/core/process/forkserver.py", '
      .. '"synapse.app.fake", "--"'):format(HOME)}}
    for at = 1, 9 do services[NAMES[at]] = app {"say:I am " .. NAMES[at], "ready"} end
    start(services)
    run:says "synlua | ready in"
    again(10, "starts by exec: fork server: [Errno 11]")
    assert.equal(4, descriptors(pid_of_server())) -- the standard ones and its socket
  end)

  local function refuses(path, text, why)
    start({forkserver = server {fields = "give_up_after = 5, "
      .. 'causes = {{match = "^fork server: ", cause = "refused", permanent = true}}'}},
      {level = "DEBUG", change = function() support.write(run:path("python/synapse/" .. path), text) end})
    run:says("forkserver: refused: fork server: " .. why)
    run:says "synlua | ready in"
    run:says "synapse started by exec"
    assert.equal(1, run:count "forkserver died")
    assert.same({refused = 1}, exits "forkserver")
  end

  it("that does not find Synapse's private names refuses, instead of forking processes that never get ready", function()
    refuses("app/_base.py", "def sdnotify(state):\n    pass\n",
      "this Synapse sends READY in a way that synlua does not know")
  end)

  it("that finds its name, but unused where READY is sent, refuses too", function()
    refuses("app/_base.py", "sdnotify_sockaddr = None\n\n\ndef sdnotify(state):\n    pass\n",
      "this Synapse sends READY in a way that synlua does not know")
  end)

  it("that does not find the placeholder for the reactor refuses too", function()
    refuses("app/complement_fork_proxied_reactor.py", "class ProxiedReactor:\n    pass\n",
      "this Synapse has no placeholder for the reactor that synlua knows")
  end)

  it("that does not find a function of Synapse that it needs refuses too", function()
    refuses("util/stringutils.py", "", "cannot import name 'strtobool'")
  end)

  it("whose process answers but never sends READY is not used for that service again", function()
    local alive = 'sockets = {"s.sock"}, alive = {probe = {kind = "http", socket = context.paths.runtime .. "/s.sock", '
      .. 'uri = "/"}, every_ms = 30, timeout_ms = 5000, patience = 9}'
    start {synapse = app({"say:I am synapse", "serve:{run}/run/s.sock", "await:{run}/go", "ready"}, {fields = alive})}
    run:says "synapse started by fork"
    run:says "synapse answers, but has not sent READY: killed"
    run:says "synapse started by exec"
    support.write(run:path "go", "")
    run:says "synlua | ready in"
  end)

  it("that is stopped does not keep synlua from ending", function()
    start {}
    run:says "synlua | ready in"
    kill("STOP", pid_of_server())
    kill("KILL", run:pid_of "I am synapse")
    run:says "synapse died"
    run:signal "TERM"
    assert.equal(0, run:status())
  end)

  it("that is killed during twenty requests leaves no process behind, and all twenty run", function()
    start_twenty()
    run:says "synlua | ready in"
    for round = 1, 3 do
      assert(os.execute(("( env -i SYNLUA_RUNTIME_DIR=%s %s restart %s; touch %s ) >/dev/null 2>&1 &"):format(
        run:path "run", support.quote(support.SYNLUA), table.concat(NAMES, " "), run:path("done" .. round))))
      again(round, "asked to restart worker10")
      kill("KILL", pid_of_server())
      run:has("done" .. round)
      again(round, "forkserver is ready again")
    end
    for _, name in ipairs(NAMES) do
      assert(support.poll(support.LONG, function() return #run:pids("I am " .. name) == 1 end), name .. run:log())
      assert.same({stopped = 3}, exits(name))
    end
    assert.equal(0, run:count "internal error")
    assert.equal(0, run:count "traceback")
  end)

  it("is the same after 200 restarts of others: no descriptor, no process, no memory more", function()
    start_twenty()
    run:says "synlua | ready in"
    synlua("restart " .. table.concat(NAMES, " "))
    local server_pid = pid_of_server()
    local ours, its, memory = descriptors(run.pid), descriptors(server_pid), resident(server_pid)
    local own_memory = resident(run.pid)
    for _ = 1, 10 do
      local output, status = synlua("restart " .. table.concat(NAMES, " "))
      assert.equal(0, status, output)
    end
    assert.equal(server_pid, pid_of_server())
    assert.equal(220 + 21, run:count "started by fork")
    -- The connection of the last command is closed a moment after its answer.
    assert(support.poll(support.LONG, function() return descriptors(run.pid) <= ours end), ours)
    assert.equal(its, descriptors(server_pid))
    assert.is_true(resident(server_pid) - memory < 256, resident(server_pid) - memory)
    assert.is_true(resident(run.pid) - own_memory < 2048, resident(run.pid) - own_memory)
    local _, count = children(run.pid):gsub("%d+", "")
    assert.equal(23, count)
    for _, name in ipairs(NAMES) do assert.same({stopped = 11}, exits(name)) end
  end)
end)
