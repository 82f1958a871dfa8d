-- Dependencies, failures for good, one-shots and the runtime directory, with real processes.

local support = require "run.support"

local run

local function start(services, options)
  run = support.run(services, options)
  return run:start()
end

local function service(words, fields, ready)
  return support.service(words, {fields = fields, ready = ready})
end

after_each(support.finish)

describe("a service that fails for good", function()
  it("leaves the others running where its file says degrade", function()
    start {synapse = service({"say:I am synapse", "ready"}),
      nginx = service({"say:odd", "exit:3"}, 'on_failure = "degrade", give_up_after = 2')}
    run:says "nginx has failed for good: exit status 3 (2 failures in a row)"
    run:says "synlua | ready in"
    run:says "nginx: its last line: odd"
    assert.is_true(support.alive(run:pid_of "I am synapse"))
    assert.is_false(run:ended())
  end)

  it("never does where its file says keep-trying, even when it cannot be run", function()
    start {synapse = service({"say:I am synapse", "ready"}), nginx = support.service({}, {
      argv = '{"/nonexistent/nginx"}', fields = 'on_failure = "keep-trying", give_up_after = 1'})}
    run:says "nginx starts again in 60.0 s"
    run:says "synapse | I am synapse"
    run:says "; not running: nginx;"
    assert.equal(0, run:count "for good")
    assert.is_true(support.alive(run:pid_of "I am synapse"))
  end)

  it("stops the services that need it, and no others", function()
    start {
      redis = service({"say:I am redis", "ready", "await:{run}/go", "exit:1"},
        'on_failure = "degrade", give_up_after = 1'),
      synapse = service({"say:I am synapse", "ready"}, 'needs = {"redis"}'),
      nginx = service({"say:I am nginx", "ready"}, 'after = {"redis"}'),
    }
    run:says "synlua | ready in"
    support.write(run:path "go", "")
    run:says "redis has failed for good"
    assert(support.poll(support.LONG, function() return #run:pids "I am synapse" == 0 end))
    assert.is_true(support.alive(run:pid_of "I am nginx"))
  end)

  it("fails at the first try with a configuration error", function()
    start {synapse = service({"say:Error in configuration at 'x'", "exit:1"},
      'give_up_after = 5, causes = {{match = "^Error in conf", cause = "configuration", permanent = true}}'),
      nginx = service({"say:nginx begins", "ready"}, 'after = {"synapse"}')}
    assert.equal(78, run:status())
    run:says "synapse: configuration: Error in configuration at 'x'"
    run:says "synapse has failed for good: exit status 1 (another try would not help)"
    assert.equal(0, run:count "nginx begins")
    assert.equal(1, run:count "synapse died")
  end)
end)

describe("a service that cannot be started as its file says", function()
  it("is refused with its line if its readiness probe is unknown, before anything starts", function()
    start {synapse = service({"say:I am synapse", "ready"}),
      nginx = service({"say:I am nginx"}, 'on_failure = "degrade", give_up_after = 2, spacing_ms = 50',
        '{probe = {kind = "gopher", address = "127.0.0.1"}}')}
    assert.equal(78, run:status())
    run:says(run:path "user/services/nginx.lua" .. ":7: ready.probe.kind: must be one of")
    assert.equal(0, run:count "I am")
    assert.equal(0, run:count "traceback")
  end)

  it("is refused if its environment is no list, and gets one if it says none", function()
    local text = [[return {api = 2, user = "root", plan = function()
      return {process = {argv = {"/usr/bin/env"}%s}, ready = {exit = true}}
    end}]]
    start {synapse = service({"say:I am synapse", "ready"}), nginx = text:format ""}
    run:says "nginx | PATH=/usr/local/bin:/usr/bin:/bin"
    support.finish()
    start {synapse = service({"say:I am synapse", "ready"}), nginx = text:format ", environment = 5"}
    assert.equal(78, run:status())
    run:says "process.environment: must be a list of texts NAME=value, but is 5"
  end)

  it("ends the container where it is essential, with the reason in the last line", function()
    start {synapse = support.service({}, {argv = '{"/nonexistent/synapse"}'}),
      a = service({"say:I am a", "ready"}), z = service({"say:I am z", "ready"})}
    assert.equal(70, run:status())
    assert.equal(0, run:count "starts again")
    assert.equal(0, run:count "everything is stopping")
    local last = run:log():match "([^\n]*)\n$"
    assert.truthy(last:find("exit 70: synapse does not run and is essential: ", 1, true), run:log())
    assert.truthy(last:find("/nonexistent/synapse", 1, true), last)
  end)
end)

describe("a service with ready = \"started\"", function()
  it("is", function()
    start {synapse = service({"say:I am synapse"}, nil, '"started"'), nginx = service({"ready"}, 'needs = {"synapse"}')}
    run:says "synlua | ready in"
    assert.equal("ready", run:service("synapse").state)
  end)
end)

describe("a check that fails for good", function()
  local function ends_with(status, fields)
    start {synapse = service({"say:no", "exit:" .. status}, fields .. "give_up_after = 1", "{exit = true}"),
      nginx = service({"ready"}, 'needs = {"synapse"}')}
    return run:status()
  end

  it("says by its own status which end this is", function()
    assert.equal(69, ends_with(69, "passes_status = true, "))
    run:says "exit 69: synapse does not run and is essential"
  end)

  it("ends synlua with 70 if its status is not passed on", function()
    assert.equal(70, ends_with(3, "passes_status = true, "))
  end)

  it("ends synlua with 70 if its file passes on no status", function()
    assert.equal(70, ends_with(69, ""))
  end)
end)

describe("the files that a killed process left", function()
  it("are removed before each start, in every place that its file names", function()
    run = support.run {synapse = service({"say:begun", "ready"},
      'leftovers = {{base = "{run}/data", path = "x/old.pid"}}, sockets = {"s.sock"}'),
      nginx = service {"ready"}}
    support.write(run:path "data/x/old.pid", "1\n")
    run:start()
    run:says "synapse | begun"
    assert.is_false(support.exists(run:path "data/x/old.pid"))
  end)
end)

describe("a one-shot", function()
  it("is ready by ending with 0, and what needs it starts then", function()
    start({synapse = service({"say:first", "exit:0"}, nil, "{exit = true}"),
      nginx = service({"say:second", "ready"}, 'needs = {"synapse"}')}, {level = "DEBUG"})
    run:says "synlua | ready in"
    assert.is_true(run:says "synapse | first" < run:says "nginx | second")
    run:says "synapse ended: exit status 0"
    assert.equal(0, run:count "died")
    run:stop()
  end)

  it("that does nothing for longer than its limit is killed by synlua, which says so", function()
    start {synapse = service({"ready"}), nginx = support.service({}, {argv = '{"/bin/sleep", "1000"}',
      ready = "{exit = true}", on_failure = '"degrade"', fields = "start_limit_ms = 300, give_up_after = 1"})}
    run:says "nginx was not ready in 0.30 s: killed"
    run:says "nginx died: killed by SIGKILL (by synlua: it did nothing for 0.30 s)"
    assert.equal(0, run:count "out of memory")
    assert.same({["start limit"] = 1}, run:service("nginx").exits)
  end)

  it("that works is not killed, however long it takes", function()
    start {synapse = service({"ready"}), nginx = support.service({}, {
      argv = ('{"/bin/sh", "-c", "while ! test -e {run}/go; do :; done"}'), ready = "{exit = true}",
      fields = "start_limit_ms = 1000"})}
    local function worked()
      local one = run:service "nginx"
      local stat = one.pid and support.read(("/proc/%d/stat"):format(one.pid))
      local ticks = stat and stat:match("%) %a" .. (" %S+"):rep(10) .. " (%d+)")
      return ticks and tonumber(ticks) > 150 -- hundredths of a second
    end
    assert(support.poll(support.LONG, function() return support.exists(run:path "run/control.sock") end))
    assert(support.poll(support.LONG, worked), run:log())
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    assert.equal(0, run:count "killed")
  end)

  it("that ends with another status is tried again, and services that need it wait", function()
    start {synapse = support.service({}, {argv = ('{"/bin/sh", "-c", "test -e {run}/once && exit 0; '
      .. 'touch {run}/once; exit 4"}'), ready = "{exit = true}"}),
      nginx = service({"say:second", "ready"}, 'needs = {"synapse"}')}
    run:says "synapse died: exit status 4"
    run:says "synlua | ready in"
    assert.is_true(run:says "synapse died" < run:says "nginx | second")
  end)
end)

describe("heavy services", function()
  it("start so many at once as there may be", function()
    local services = {synapse = service({"say:I am synapse", "ready"})}
    for _, name in ipairs {"a", "b", "c"} do
      services[name] = service({"say:" .. name .. " waits", "await:{run}/" .. name, "ready"}, "heavy = true")
    end
    services.nginx = service({"ready"})
    start(services, {variables = {SYNLUA_START_CONCURRENCY = "2"}})
    run:says "a | a waits"
    run:says "b | b waits"
    run:says "synapse | I am synapse"
    assert.same({}, run:pids "c waits")
    support.write(run:path "b", "")
    run:says "c | c waits"
    support.write(run:path "a", "")
    support.write(run:path "c", "")
    run:says "synlua | ready in"
  end)

  it("give their place to the next when they die", function()
    start({synapse = service({"say:I am synapse", "exit:1"}, "heavy = true"),
      nginx = service({"say:I am nginx", "ready"}, "heavy = true")}, {variables = {SYNLUA_START_CONCURRENCY = "1"}})
    run:says "synapse starts again"
    run:says "nginx | I am nginx"
  end)
end)

describe("the runtime directory", function()
  local function pair()
    run = support.pair({"ready"}, {"ready"})
    return run
  end

  it("holds nothing of an earlier start", function()
    pair()
    support.write(run:path "run/.synlua.lock", "")
    support.write(run:path "run/old/deep/file", "x")
    support.write(run:path "run/stale.sock", "x")
    run:start()
    run:says "synlua | ready in"
    assert.is_false(support.exists(run:path "run/old"))
    assert.is_false(support.exists(run:path "run/stale.sock"))
    assert.is_true(support.exists(run:path "run/notify.sock"))
  end)

  it("with somebody else's files is refused with 78 and not changed", function()
    pair()
    support.write(run:path "run/precious", "x")
    run:start()
    assert.equal(78, run:status())
    run:says "holds files that synlua did not make"
    assert.equal("x", support.read(run:path "run/precious"))
  end)

  it("can serve one instance only, whatever the data directory", function()
    pair():start()
    run:says "synlua | ready in"
    support.write(run:path "other/readme", "")
    run.options.variables = {SYNAPSE_DATA_DIR = run:path "other", SYNAPSE_CONFIG_DIR = run:path "other"}
    local output, status = support.capture(run:command() .. " 2>&1")
    assert.equal(78, status, output)
    assert.truthy(output:find("another synlua runs with this", 1, true), output)
    assert.is_true(support.alive(run.pid))
    assert.is_true(support.exists(run:path "run/notify.sock"))
  end)
end)

it("SIGUSR1 makes synlua say how every service is", function()
  start {synapse = service({"ready"}), nginx = service({"say:nginx waits", "await:{run}/go", "ready"},
    'after = {"synapse"}')}
  run:says "nginx | nginx waits"
  run:signal "USR1"
  run:says "nginx: starting for"
  run:says "synapse: ready for"
end)
