-- Whether requests pass through a service to the one behind it: nothing is ready before, and it is looked at later.

local support = require "run.support"

local run

local FIELDS = 'sockets = {"s.sock"}, leads_to = {service = "synapse", probe = {kind = "http", '
  .. 'socket = context.paths.runtime .. "/s.sock", uri = "/health"}, every_ms = 30, timeout_ms = 200, patience = 3}'

local function start(nginx, synapse)
  run = support.run {
    synapse = support.service(synapse or {"say:I am synapse", "ready"}),
    nginx = support.service(nginx, {fields = FIELDS}),
  }
  return run:start()
end

local function kill(signal, pid) assert(os.execute(("kill -%s %d"):format(signal, pid))) end

local function health()
  return support.capture(("env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 60 %s health 2>&1"):format(run:path "run",
    support.quote(support.SYNLUA)))
end

after_each(function()
  for _, pid in ipairs(run and run:pids "" or {}) do os.execute(("kill -CONT %d 2>/dev/null"):format(pid)) end
  support.finish()
end)

describe("a service that leads to another", function()
  it("is not all ready before a request has passed", function()
    start {"say:I am nginx", "ready", "await:{run}/go", "serve:{run}/run/s.sock"}
    run:says "nginx does not lead to synapse"
    assert.equal(0, run:count "synlua | ready in")
    local text, status = health()
    assert.equal(1, status)
    assert.matches("not healthy: nginx does not lead to synapse %(.+%)", text)
    assert.equal("unhealthy", run:service("nginx").shown)
    support.write(run:path "go", "")
    run:says "nginx leads to synapse"
    run:says "synlua | ready in"
    assert.equal(0, select(2, health()))
  end)

  it("is called unhealthy when no request passes any more, and well again afterwards", function()
    start {"say:I am nginx", "ready", "serve:{run}/run/s.sock"}
    run:says "synlua | ready in"
    assert.equal(0, run:count "nginx leads to synapse")
    local pid = run:pid_of "I am nginx"
    kill("STOP", pid)
    run:says "nginx does not lead to synapse (no answer in time), 3 times in a row"
    assert.equal(1, select(2, health()))
    kill("CONT", pid)
    run:says "nginx leads to synapse again"
    assert.equal(0, select(2, health()))
    assert.equal(0, run:count "nginx died")
  end)

  it("is not blamed where the other does not answer itself", function()
    run = support.run {
      synapse = support.service({"say:I am synapse", "serve:{run}/run/t.sock", "ready"}, {fields =
        'sockets = {"t.sock"}, alive = {probe = {kind = "http", socket = context.paths.runtime .. "/t.sock", '
        .. 'uri = "/"}, every_ms = 30, timeout_ms = 200, patience = 20}'}),
      nginx = support.service({"say:I am nginx", "ready", "serve:{run}/run/s.sock"}, {fields = FIELDS}),
    }
    run:start()
    run:says "synlua | ready in"
    local both = {run:pid_of "I am synapse", run:pid_of "I am nginx"}
    for _, pid in ipairs(both) do kill("STOP", pid) end
    run:says "20 times in a row"
    assert.equal(1, run:count "synapse does not answer")
    assert.equal(0, run:count "does not lead")
    for _, pid in ipairs(both) do kill("CONT", pid) end
    run:says "synapse answers again"
  end)

  it("is not looked at while the other is away, and again when it is back", function()
    start({"say:I am nginx", "ready", "serve:{run}/run/s.sock"},
      {"say:I am synapse", "ready", "await:{run}/go", "exit:3"})
    run:says "synlua | ready in"
    support.write(run:path "go", "")
    run:says "synapse died"
    os.remove(run:path "go")
    run:says "synapse is ready again"
    assert.truthy(support.poll(support.LONG, function() return select(2, health()) == 0 end))
    assert.equal(0, run:count "does not lead")
  end)
end)
