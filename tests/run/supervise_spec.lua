local support = require "run.support"

local run

local function pair(...)
  run = support.pair(...)
  return run
end

local function ready_pair(options) run = support.ready_pair(options) end

-- All processes below this one, with their state.
local function zombies_below(pid)
  local found = {}
  local children = support.capture(("cat /proc/%d/task/*/children"):format(pid))
  for child in children:gmatch "%d+" do
    if support.process(tonumber(child)) == "Z" then found[#found + 1] = tonumber(child) end
  end
  return found
end

after_each(support.finish)

describe("a start", function()
  it("says that it is ready when every service is", function()
    pair({"ready"}, {"await:{run}/go", "ready"}):start()
    run:has "run/notify.sock"
    assert(support.poll(support.LONG, function() return #run:pids "await:" == 1 end))
    assert.equal(0, run:count "ready in")
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    assert.truthy(run:log():find "ready in %d+%.%d+ s: nginx, synapse; ")
    assert.equal(1, run:count "ready in")
  end)

  it("starts nginx only after synapse said that it is ready", function()
    pair({"say:synapse waits", "await:{run}/go", "say:synapse speaks", "ready"}, {"say:nginx begins", "ready"}):start()
    run:says "synapse | synapse waits"
    assert.equal(0, run:count "nginx begins")
    assert.same({}, run:pids "nginx begins")
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    assert.is_true(run:says "synapse speaks" < run:says "nginx begins")
  end)

  it("ignores a READY of a process that is no service", function()
    pair({"say:synapse waits", "await:{run}/go", "ready"}, {"say:nginx begins", "ready"}, {level = "DEBUG"}):start()
    run:says "synapse | synapse waits"
    assert(os.execute(("%s -I %s/foreign_ready.py %s"):format(support.PYTHON, support.FAKES,
      run:path "run/notify.sock")))
    run:says "which is no service"
    assert.equal(0, run:count "nginx begins")
    support.write(run:path "go", "")
    run:says "synlua | ready in"
  end)

  it("accepts a READY from a child of the service", function()
    pair({"say:synapse waits", "ready"}, {"ready"}, {synapse = {
      argv = ('{"/bin/sh", "-c", "%s -I %s/service.py of:{run} ready await:{run}/heard exit:0; exec sleep 1000"}')
        :format(support.PYTHON, support.FAKES),
      ready = "{notify = true}"}}):start()
    run:says "synlua | ready in"
    support.write(run:path "heard", "") -- who has ended before it is heard belongs to nobody
  end)

  it("ends with 70 and names the path when a program does not exist", function()
    pair({"ready"}, {}, {nginx = {argv = '{"/nonexistent/nginx", "-c", "x"}'}}):start()
    assert.equal(70, run:status())
    assert.truthy(run:log():find("/nonexistent/nginx", 1, true))
    assert.truthy(run:log():find("No such file or directory", 1, true))
    assert.truthy(run:log():find("exit 70", 1, true))
    assert.same({}, run:pids "ready")
  end)

  it("ends with 70 when the first program cannot be run, before the second", function()
    pair({}, {"say:nginx begins", "ready"}, {synapse = {argv = '{"{run}/user/services/synapse.lua"}'}}):start()
    assert.equal(70, run:status())
    assert.truthy(run:log():find("synapse.lua: Permission denied", 1, true))
    assert.equal(0, run:count "nginx begins")
  end)
end)

describe("a death", function()
  it("brings one service back and leaves the other alone", function()
    ready_pair()
    local synapse, nginx = run:pid_of "I am synapse", run:pid_of "I am nginx"
    assert(os.execute("kill -KILL " .. synapse))
    run:says "synapse died: killed by SIGKILL"
    run:says "synapse is ready again"
    assert.is_true(run:pid_of "I am synapse" ~= synapse)
    assert.equal(nginx, run:pid_of "I am nginx")
    assert.equal(1, run:count "I am nginx\n")
  end)

  it("is followed by a start at least a second after the last one", function()
    pair({}, {"ready"}, {synapse = {
      argv = ('{"/bin/sh", "-c", "cut -d \\" \\" -f 22 /proc/$$/stat >>{run}/starts; test -e {run}/second && '
        .. 'exec %s -I %s/service.py ready; test -e {run}/first && touch {run}/second; touch {run}/first; exit 3"}')
        :format(support.PYTHON, support.FAKES)}}):start()
    run:says "synapse is ready again"
    local starts, ticks = {}, tonumber((support.capture "getconf CLK_TCK"))
    for at in support.read(run:path "starts"):gmatch "%d+" do starts[#starts + 1] = tonumber(at) * 1000 // ticks end
    assert.equal(3, #starts)
    -- When the kernel made them, however long each took to run; from the time synlua took before, to a tick.
    assert.is_true(starts[2] - starts[1] >= 950, starts[2] - starts[1])
    assert.is_true(starts[3] - starts[2] >= 1550, starts[3] - starts[2]) -- doubled, less the jitter
    assert.equal(2, run:count "synapse died: exit status 3")
  end)

  it("of a service that is starting shows its last line", function()
    pair({"say:no database", "exit:1"}, {}):start()
    run:says "its last line: no database"
  end)

  it("kills the rest of the service's process group", function()
    pair({"say:I am synapse", "orphan:{run}/orphan", "ready"}, {"ready"}):start()
    run:says "synlua | ready in"
    local orphan = tonumber(support.read(run:path "orphan"))
    local service
    for _, pid in ipairs(run:pids "I am synapse") do
      if pid ~= orphan then service = pid end
    end
    assert.is_true(support.alive(orphan))
    assert(os.execute("kill -KILL " .. service))
    assert(support.poll(support.LONG, function() return not support.alive(orphan) end), "it outlived its service")
  end)
end)

describe("a stop", function()
  it("ends everything at TERM with status 0, nginx first", function()
    ready_pair {level = "DEBUG"}
    run:stop()
    assert.same({}, run:pids "")
    assert.is_true(run:says "nginx ended: killed by SIGTERM" < run:says "synapse ended: killed by SIGTERM")
    assert.is_false(support.exists(run:path "run/notify.sock"))
  end)

  it("kills a service that ignores TERM after its grace", function()
    pair({"ignore:TERM", "ready"}, {"ready"}, {synapse = {grace_ms = 300}}):start()
    run:says "synlua | ready in"
    run:signal "TERM"
    assert.equal(0, run:status(30))
    run:says "synapse did not end in time: killed"
  end)

  it("keeps to its budget when graces are longer", function()
    pair({"ignore:TERM", "ready"}, {"ignore:TERM", "ready"}, {
      synapse = {grace_ms = 60000}, nginx = {grace_ms = 60000}, timeout = 1}):start()
    run:says "synlua | ready in"
    run:signal "TERM"
    assert.equal(0, run:status(30))
  end)

  it("works while a service is starting", function()
    pair({"say:synapse waits"}, {"say:nginx begins"}):start()
    run:says "synapse | synapse waits"
    run:stop()
    assert.equal(0, run:count "nginx begins")
  end)

  it("works while a service waits for its next start", function()
    pair({"exit:1"}, {}):start()
    run:says "synapse starts again"
    run:signal "INT"
    assert.equal(0, run:status())
    assert.equal(1, run:count "synapse died")
  end)

  it("is hurried by a second TERM", function()
    pair({"ignore:TERM", "ready"}, {"ready"}, {synapse = {grace_ms = 60000}, timeout = 60}):start()
    run:says "synlua | ready in"
    run:signal "TERM"
    run:says "SIGTERM: stopping"
    run:signal "TERM"
    assert.equal(0, run:status(30))
    run:says "asked to stop again"
  end)

  it("that began by itself is hurried by the second signal only", function()
    pair({"ignore:TERM", "say:I am synapse", "ready"}, {"await:{run}/go", "exit:1"}, {
      synapse = {grace_ms = 60000}, nginx = {fields = "give_up_after = 1"}}):start()
    run:says "I am synapse"
    support.write(run:path "go", "")
    run:says "nginx has failed for good"
    run:signal "TERM"
    run:says "SIGTERM: stopping already; another signal kills all remaining processes"
    assert.is_true(support.alive(run:pid_of "I am synapse"))
    assert.equal(0, run:count "killed")
    run:signal "TERM"
    assert.equal(70, run:status(30))
    run:says "asked to stop again: killing all remaining processes"
  end)

  it("ends processes that left their service's group", function()
    pair({"say:I am synapse", "escape:{run}/escaped", "ready"}, {"ready"}):start()
    run:says "synlua | ready in"
    local escaped = tonumber(support.read(run:path "escaped"))
    assert.is_true(support.alive(escaped))
    run:stop()
    assert.is_false(support.alive(escaped))
    run:says "left over:"
  end)
end)

-- PID 1 of a namespace; where none may be made, as in a container without that right, the same must hold of a
-- subreaper that is not PID 1.
local NAMESPACE = {"unshare", "--pid", "--fork", "--mount-proc", "--kill-child"}
local can_be_first = os.execute(table.concat(NAMESPACE, " ") .. " true 2>/dev/null")

local function pid_of_synlua()
  if not can_be_first then return tostring(run.pid) end
  local first
  local children = support.capture(("cat /proc/%d/task/%d/children"):format(run.pid, run.pid))
  for pid in children:gmatch "%d+" do first = pid end
  assert.truthy(support.read("/proc/" .. first .. "/status"):find "NSpid:%s+%d+%s+1\n")
  return first
end

describe(can_be_first and "as PID 1" or "as a subreaper", function()
  it("collects orphans, leaves no zombie, and ends leftovers", function()
    pair({"say:I am synapse", "corpse:20", "escape:", "touch:{run}/done", "ready"}, {"ready"},
      {inside = can_be_first and NAMESPACE or nil, level = "DEBUG"}):start()
    run:says "synlua | ready in"
    local first = pid_of_synlua()
    assert(support.poll(support.LONG, function() return run:count "collected orphan" >= 20 end), run:log())
    assert(support.poll(support.LONG, function() return #zombies_below(tonumber(first)) == 0 end), "a zombie stayed")
    assert(os.execute("kill -TERM " .. first))
    assert.equal(0, run:status())
    run:says "left over: python3"
    assert.same({}, run:pids "")
  end)
end)

describe("output", function()
  it("has the service's name before each line, an unfinished last one too", function()
    pair({"say:one", "part:two\nthr", "part:ee", "kill:KILL"}, {}):start()
    run:says "synapse died"
    assert.truthy(run:log():find("synapse | one\nsynapse | two\nsynapse | three\n", 1, true))
  end)

  it("cuts a long line at 16384 bytes and loses nothing of it", function()
    pair({"long:40000", "say:end", "ready"}, {"ready"}):start()
    run:says "synlua | ready in"
    run:says "synapse | end"
    local lengths = {}
    for text in run:log():gmatch "synapse | (x+)\n" do lengths[#lengths + 1] = #text end
    assert.same({16384, 16384, 40000 - 2 * 16384}, lengths)
  end)

  it("that nobody reads delays no service and no stop", function()
    pair({"flood:5000", "touch:{run}/written", "ready"}, {"ready"})
    assert(os.execute("mkfifo " .. run:path "fifo"))
    run:start(run:path "fifo")
    run:has "written"
    run:says "synlua | ready in"
    run:stop()
  end)
end)

describe("a fault in Lua", function()
  it("while running ends no service, and TERM still works", function()
    pair({"say:I am synapse", "ready"}, {"say:I am nginx"}, {
      nginx = {fields = 'phases = {{match = "no pattern", phase = "x"}}'},
      patch = [[
        local find = string.find
        function string.find(text, pattern, ...)
          return find(text, text == "I am nginx" and pattern == "no pattern" and "%" or pattern, ...)
        end
      ]],
    }):start()
    run:says "nginx | I am nginx"
    run:signal "USR1"
    run:says "malformed pattern"
    assert.is_true(support.alive(run:pid_of "I am synapse"))
    assert.is_true(support.alive(run:pid_of "I am nginx"))
    run:stop()
  end)
end)

describe("the user's directory", function()
  it("with a syntax error ends the start with 78 before anything runs", function()
    pair({"touch:{run}/begun"}, {"touch:{run}/begun"})
    support.write(run:path "user/services/nginx.lua", "return {\n  api = = 1\n}\n")
    run:start()
    assert.equal(78, run:status())
    run:says(run:path "user/services/nginx.lua" .. ":2")
    assert.is_false(support.exists(run:path "begun"))
    assert.is_false(support.exists(run:path "run/notify.sock"))
  end)

  it("that others may write is refused with 78 as root", function()
    pair({"touch:{run}/begun"}, {"touch:{run}/begun"})
    assert(os.execute("chmod o+w " .. run:path "user/services"))
    run:start()
    assert.equal(78, run:status())
    run:says(run:path "user/services")
    run:says "synlua would run it as root"
    assert.is_false(support.exists(run:path "begun"))
  end)

  it("that a service's user owns is refused with 78 as root", function()
    pair({"touch:{run}/begun"}, {"touch:{run}/begun"})
    assert(os.execute("chown 991 " .. run:path "user"))
    run:start()
    assert.equal(78, run:status())
    assert.is_false(support.exists(run:path "begun"))
  end)
end)
