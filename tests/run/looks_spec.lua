-- Services that hang after they were ready: synlua notices and logs it, and restarts them if their file says so.

local support = require "run.support"
local system = require "core.system"

local run

-- A health probe every 30 ms by default.
local function service(words, more, every_ms)
  return support.service(words, {fields = ('sockets = {"s.sock"}, alive = {probe = {kind = "http", '
    .. 'socket = context.paths.runtime .. "/s.sock", uri = "/"}, every_ms = %d, timeout_ms = 200, patience = 3, %s}')
    :format(every_ms or 30, more or "")})
end

local function start(synapse, options)
  run = support.run({synapse = synapse, nginx = support.service {"ready"}}, options)
  run:start()
  run:says "synlua | ready in"
  return run
end

local SERVES = {"say:I am synapse", "serve:{run}/run/s.sock", "ready"}

local function kill(signal, pid) assert(os.execute(("kill -%s %d"):format(signal, pid))) end

local function health()
  return support.capture(("env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 60 %s health 2>&1"):format(run:path "run",
    support.quote(support.SYNLUA)))
end

local function wait_ms(ms)
  local ends = system.now() + ms
  assert(support.poll(support.LONG, function() return system.now() >= ends end))
end

after_each(function()
  for _, pid in ipairs(run and run:pids "" or {}) do os.execute(("kill -CONT %d 2>/dev/null"):format(pid)) end
  support.finish()
end)

describe("a service that hangs", function()
  it("is called unhealthy, and well again once it answers", function()
    start(service(SERVES))
    local pid = run:pid_of "I am synapse"
    assert.equal(0, select(2, health()))
    kill("STOP", pid)
    run:says "synapse does not answer (no answer in time), 3 times in a row"
    local text, status = health()
    assert.equal(1, status)
    assert.truthy(text:find("not healthy: synapse does not answer", 1, true), text)
    assert.equal("unhealthy", run:service("synapse").shown)
    kill("CONT", pid)
    run:says "synapse answers again"
    assert.equal(0, select(2, health()))
    assert.equal("ready", run:service("synapse").shown)
    assert.equal(pid, run:pid_of "I am synapse")
  end)

  it("is started again where its file says so", function()
    start(service(SERVES, "restart_after = 5"))
    local pid = run:pid_of "I am synapse"
    kill("STOP", pid)
    run:says "synapse hangs: it did not answer 5 times in a row; it is started again"
    run:says "synapse is ready again"
    assert.is_true(pid ~= run:pid_of "I am synapse")
    assert.same({hung = 1}, run:service("synapse").exits)
    assert.equal("ready", run:service("synapse").shown)
    assert.equal(1, run:count "hangs")
  end)

  it("has four times as long where it works meanwhile", function()
    -- So seldom that the kernel's clock of the processor, which counts in hundredths of a second, sees it each time.
    start(service({"say:I am synapse", "ready", "spin:"}, "", 500))
    run:says "synapse does not answer (no such file or directory)"
    local times = tonumber(run:log():match "directory%), (%d+) times")
    assert.is_true(times >= 8, run:log()) -- the first counts whole, as nothing is known of before
  end)
end)

describe("a start that answers, but does not send READY", function()
  it("is killed by synlua, which says so, and is tried again", function()
    run = support.run {nginx = support.service {"ready"},
      synapse = service {"say:I am synapse", "serve:{run}/run/s.sock", "await:{run}/go", "ready"}}
    run:start()
    run:says "synapse answers, but has not sent READY: killed"
    run:says "synapse died: killed by SIGKILL (by synlua: it answered, but did not send READY) before it was ready"
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    assert.truthy(run:service("synapse").exits.silent)
  end)
end)

describe("a service that answers", function()
  it("is not taken for one that hangs when it and synlua were paused", function()
    start(service(SERVES, "restart_after = 4"))
    local pid = run:pid_of "I am synapse"
    for _ = 1, 3 do
      kill("STOP", run.pid)
      kill("STOP", pid)
      wait_ms(700)
      kill("CONT", pid)
      kill("CONT", run.pid)
      wait_ms(200)
    end
    assert.equal(0, run:count "does not answer")
    assert.equal(pid, run:pid_of "I am synapse")
  end)

  it("is not looked at while it is being stopped", function()
    start(service({"ignore:TERM", table.unpack(SERVES)}, "restart_after = 4"), {level = "DEBUG"})
    run:signal "TERM"
    run:says "SIGTERM: stopping"
    kill("KILL", run:pid_of "I am synapse")
    assert.equal(0, run:status())
    assert.equal(0, run:count "does not answer")
  end)
end)
