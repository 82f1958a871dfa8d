-- Jobs of the user directory, run by a real instance: by their schedule, on request, stopped, killed, and after a kill.

local dkjson = require "dkjson"
local support = require "run.support"

local run

after_each(support.finish)

local function quoted(words)
  local list = {}
  for at, word in ipairs(words) do list[at] = support.quote(word) end
  return table.concat(list, " ")
end

-- A job runs a line of the shell; "{run}" is the directory of the run.
local function job(line, more)
  return ('return {api = 2, user = "root", argv = {"/bin/sh", "-c", %q}, %s}\n'):format(line, more or "")
end

local function start(jobs, options)
  run = support.pair({"ready"}, {"ready"}, options)
  for name, text in pairs(jobs) do
    support.write(run:path(("user/jobs/%s.lua"):format(name)), (text:gsub("{run}", run.directory)))
  end
  run:start()
  run:says "synlua | ready in"
end

local function synlua(...)
  return support.capture(("env -i SYNLUA_RUNTIME_DIR=%s TZ=UTC timeout -s KILL 60 %s %s 2>&1"):format(run:path "run",
    support.quote(support.SYNLUA), quoted {...}))
end

local function status_of(name)
  for _, one in ipairs(dkjson.decode((synlua("job", "list", "--json")))) do
    if one.name == name then return one end
  end
end

local function last_of(name)
  local status = status_of(name)
  return status.results[#status.results]
end

local function file_says(path, text)
  return support.poll(support.LONG, function() return support.read(run:path(path)) == text end)
end

describe("a job", function()
  it("runs on request, with its lines under its name, its environment and its limits", function()
    start {hello = job("echo hello $WHO; nice; ulimit -d; ionice",
      'environment = {WHO = "you"}, memory_mb = 64, ionice = "idle", nice = 3')}
    local output, code = synlua("job", "run", "hello", "-f")
    assert.equal(0, code)
    local nice = tonumber((support.capture "nice"))
    assert.equal(("hello you\n%d\n65536\nidle\n"):format(math.min(19, nice + 3)),
      output:match "^(.-)job hello: success in ")
    assert.equal(1, run:count "job.hello | hello you")
    assert.equal(0, code)
    assert.is_truthy(synlua("logs", "job.hello"):find("hello you", 1, true))
    local last = last_of "hello"
    assert.same({"success", "request", "exit status 0", "idle"}, {last.result, last.by, last.words, last.line})
  end)

  it("that fails says how and why, and affects nothing else", function()
    start {bad = job "echo the disk is full; exit 3", mute = job "exit 4"}
    local output, code = synlua("job", "run", "bad", "-f")
    assert.equal(1, code)
    assert.is_truthy(output:find("job bad: exit status 3 after [%d.]+ s: the disk is full\n"))
    assert.equal(1, run:count "synlua | warning: job bad: exit status 3 after")
    local _, health = synlua "health"
    assert.equal(0, health)
    synlua("job", "run", "mute", "-f")
    assert.equal("exit status 4", last_of "mute".words)
    assert.is_nil(last_of "mute".line)
  end)

  it("has as its last line one of the same run, and none of the run before", function()
    start {twice = job "[ -e {run}/again ] || echo first; touch {run}/again"}
    synlua("job", "run", "twice", "-f")
    assert.equal("first", last_of "twice".line)
    synlua("job", "run", "twice", "-f")
    assert.is_nil(last_of "twice".line)
  end)

  it("runs once at a time, and ends when it is asked to", function()
    start {long = job "trap 'echo bye; exit 5' TERM; touch {run}/begun; while :; do sleep 0.05; done"}
    assert.equal("job long began; its lines: synlua logs -f job.long\n", (synlua("job", "run", "long")))
    run:has "begun"
    assert.is_truthy(status_of "long".running.pid)
    assert.equal("synlua: job long runs already\n", (synlua("job", "run", "long")))
    local output, code = synlua("job", "stop", "long")
    assert.equal(0, code)
    assert.is_truthy(output:find("^job long: stopped %(exit status 5%) after [%d.]+ s: bye\n$"))
    assert.equal("synlua: job long does not run\n", (synlua("job", "stop", "long")))
    assert.same({"stopped", 1}, {last_of "long".result, status_of "long".counts.stopped})
  end)

  it("that takes too long is ended, and what it has started with it", function()
    start {slow = job("sleep 1000 & echo $! >{run}/inner; wait", "limit_s = 1")}
    local output, code = synlua("job", "run", "slow", "-f")
    assert.equal(1, code)
    assert.is_truthy(output:find("it took longer than it may (killed by SIGTERM)", 1, true))
    assert.is_true(support.poll(support.LONG, function()
      return not support.alive(tonumber(support.read(run:path "inner")))
    end))
    assert.equal("timeout", last_of "slow".result)
  end)

  it("runs by its schedule", function()
    start {often = job("echo x >>{run}/often", 'schedule = "* * * * *"')}
    assert.is_truthy(status_of "often".next <= os.time() + 60)
    assert.is_true(support.poll(150, function() return support.read(run:path "often") ~= "" end))
    assert.is_true(file_says("often", "x\n"))
    assert.equal("schedule", support.poll(support.LONG, function() return last_of "often" end).by)
  end)

  it("that cannot be started has failed", function()
    run = support.pair({"ready"}, {"ready"})
    support.write(run:path "own", "#!/bin/sh\n")
    os.execute("chmod 755 " .. run:path "own")
    support.write(run:path "user/jobs/gone.lua",
      ('return {api = 2, user = "root", argv = {%q}}\n'):format(run:path "own"))
    run:start()
    run:says "synlua | ready in"
    os.remove(run:path "own")
    assert.is_truthy(synlua("job", "run", "gone", "-f"):find "job gone: exit status 127 after")
  end)
end)

describe("jobs", function()
  it("that run end first in a stop, and that is recorded", function()
    start {long = job "trap 'echo bye; exit 1' TERM; touch {run}/begun; while :; do sleep 0.05; done"}
    synlua("job", "run", "long")
    run:has "begun"
    run:stop()
    local text = support.read(run:path "data/.synlua.jobs")
    -- A last line may be anything.
    assert.equal("600\n", (support.capture("stat -c %a " .. run:path "data/.synlua.jobs")))
    local results = dkjson.decode(text).jobs.long.results
    assert.same({"stopped", "bye"}, {results[1].result, results[1].line})
    local log = run:log()
    assert.is_true(log:find("job long: stopped", 1, true) ~= nil)
  end)

  it("are remembered when synlua was killed, and a missed run is made up for", function()
    start {
      long = job "touch {run}/begun; sleep 1000",
      late = job("echo x >>{run}/late", 'schedule = "0 0 1 1 *", missed = "once"'),
      lost = job("echo x >>{run}/lost", 'schedule = "0 0 1 1 *"'),
    }
    synlua("job", "run", "long")
    run:has "begun"
    run:signal "KILL"
    run:status()
    local record = dkjson.decode(support.read(run:path "data/.synlua.jobs"))
    assert.is_truthy(record.jobs.long.running)
    record.jobs.late.considered, record.jobs.lost.considered = 1, 1
    support.write(run:path "data/.synlua.jobs", dkjson.encode(record))
    os.execute(("cd %s && rm status log pid"):format(run.directory))
    run:start()
    run:says "synlua | ready in"
    run:says "job late began, because a run was missed"
    assert.is_true(file_says("late", "x\n"))
    assert.equal("synlua ended while it ran", last_of "long".words)
    assert.equal("interrupted", last_of "long".result)
    assert.same({}, status_of "lost".results)
    assert.is_truthy(synlua("job", "history"):find "long +request +synlua ended while it ran")
  end)

  it("are told by name where one is meant that there is not", function()
    start {hello = job "true", off = job("true", 'enabled = function() return false, "it is not wanted" end')}
    assert.equal('synlua: there is no job "helo" (did you mean hello?); there are backup, hello\n',
      (synlua("job", "run", "helo")))
    assert.equal("synlua: job off is off: it is not wanted\n", (synlua("job", "run", "off")))
    assert.equal('synlua: there is no job "helo"; synlua job list shows all\n', (synlua("job", "history", "helo")))
    assert.is_truthy(synlua("job", "list"):find("off: off (it is not wanted)\n", 1, true))
    local listed = support.capture(run:command():gsub(" run$", " override list 2>&1"))
    assert.is_truthy(listed:find "used +jobs/hello.lua")
    assert.is_truthy(listed:find "unused +jobs/off.lua\n +it is not wanted")
  end)

  it("may be broken in any way of their record", function()
    start {hello = job "true"}
    run:stop()
    for _, text in ipairs {"", "{", '{"jobs": [1, 2]}', '{"jobs": {"hello": {"results": [{"at": "x"}]}}}',
      ("["):rep(900000)} do
      support.write(run:path "data/.synlua.jobs", text)
      os.execute(("cd %s && rm status log pid"):format(run.directory))
      run:start()
      run:says "synlua | ready in"
      assert.same({}, status_of "hello".results)
      run:stop()
    end
  end)
end)
