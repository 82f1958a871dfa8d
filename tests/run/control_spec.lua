local control = require "core.control"
local dkjson = require "dkjson"
local support = require "run.support"
local system = require "core.system"

local run

local function begin(...) run = support.pair(...):start() end
local function begin_ready(options) run = support.ready_pair(options) end

-- A command as `docker exec` starts it: nothing in its environment but where the instance is. Output and status.
local function synlua(words, before)
  return support.capture(("cd / && %s env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 60 %s %s 2>&1"):format(before or "",
    run:path "run", support.quote(run.synlua), words))
end

local function says(expected, status, words)
  assert.same({expected .. "\n", status}, {synlua(words)})
end

local function begins(expected, status, words)
  local output, got = synlua(words)
  assert.equal(expected, output:sub(1, #expected))
  assert.equal(status, got)
end

local function service(name) return run:service(name) end

local function health_becomes(text, status)
  local output, got
  support.poll(support.LONG, function()
    output, got = synlua "health"
    return output:find(text, 1, true)
  end)
  assert.truthy(output:find(text, 1, true), output)
  assert.equal(status, got)
end

after_each(support.finish)

describe("synlua status", function()
  it("shows the services to people and to programs", function()
    begin_ready()
    local text, status = synlua "status"
    assert.equal(0, status)
    assert.truthy(text:find("^localhost: 2 of 2 ready for %d+ s; up %d+ s %(pid " .. run.pid .. "%)\n\nSERVICE +STATE"))
    assert.truthy(text:find("\nnginx +ready +" .. run:pid_of "I am nginx" .. " +%d+ s +0 +%d%.%d%d s +%d"))
    local answer = dkjson.decode((synlua "status --json"))
    assert.equal(run.pid, answer.pid)
    assert.equal("localhost", answer.server_name)
    assert.equal("synapse", answer.services[2].name)
    assert.equal(run:pid_of "I am synapse", answer.services[2].pid)
    assert.is_true(answer.services[2].usage.rss > 1000000)
    assert.equal(1, answer.services[2].usage.processes)
  end)

  it("shows how a service ended", function()
    begin_ready()
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    run:says "nginx is ready again"
    assert.truthy((synlua "status"):find("\nnginx +ready +%d+ +%d+ s +1 .* killed by SIGKILL, %d+ s ago\n"))
    assert.equal("killed by SIGKILL", service("nginx").last_exit.words)
  end)

  it("says if no instance runs, and if access is denied", function()
    begin_ready {copied = true}
    local denied, status = synlua("status", "setpriv --reuid 991 --regid 991 --clear-groups")
    assert.equal(("synlua: access to %s is denied for uid 991: ask as root, or as the user that runs synlua (uid 0)\n")
      :format(run:path "run/control.sock"), denied)
    assert.equal(1, status)
    run:stop()
    assert.is_false(support.exists(run:path "run/control.sock"))
    begins(("synlua: no synlua runs with %s;"):format(run:path "run"), 1, "status")
    begins("synlua: no synlua runs with", 1, "stop nginx")
  end)

  local function in_background(words)
    local to = run:path "watched"
    local command = ("env -i TERM=xterm SYNLUA_RUNTIME_DIR=%s %s status --watch%s"):format(run:path "run",
      support.SYNLUA, words)
    assert(os.execute(("{ %s & echo $! >%s.pid; wait $!; echo =$?; } >%s 2>&1 </dev/null &"):format(command, to, to)))
    return function(holds)
      local text
      support.poll(support.LONG, function()
        text = support.read(to)
        return holds(text)
      end)
      assert.is_truthy(holds(text), text)
      return tonumber(support.read(to .. ".pid"))
    end
  end

  local function times(text, part) return select(2, text:gsub(part, "")) end

  it("--watch prints a table again and again, until a signal ends it", function()
    begin_ready()
    local shows = in_background ""
    local pid = shows(function(text) return times(text, "localhost: 2 of 2 ready") >= 2 end)
    shows(function(text) return text:find("\n\nlocalhost: ", 1, true) and not text:find "\27" end)
    assert(os.execute("kill -TERM " .. pid))
    shows(function(text) return text:find "=143\n$" end)
    assert.truthy((synlua "health"):find "^healthy")
  end)

  it("--watch --json prints objects, and ends with 1 if the instance does", function()
    begin_ready()
    local shows = in_background " --json"
    shows(function(text) return times(text, '"server_name":"localhost"') >= 2 end)
    run:stop()
    shows(function(text) return text:find "synlua: [^\n]+\n=1\n$" end)
  end)

  it("--watch draws over the last table on a terminal, in 80 columns and colours", function()
    begin_ready()
    local command = ("%s -qec %s /dev/null"):format("script", support.quote(support.SYNLUA .. " status --watch"))
    local to = run:path "drawn"
    assert(os.execute(("env -i PATH=/usr/bin:/bin TERM=xterm SYNLUA_RUNTIME_DIR=%s timeout 60 %s >%s 2>&1 </dev/null &")
      :format(run:path "run", command, to)))
    local function has(part)
      support.poll(support.LONG, function() return support.read(to):find(part) end)
      assert.truthy(support.read(to):find(part), support.read(to))
    end
    has "^\27%[2J\27%[Hlocalhost: 2 of 2 ready[^\n]*\27%[K\r\n"
    has "\27%[32mready\27%[0m"
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    has "last exit: killed by SIGKILL"
    run:stop()
    has "synlua: "
  end)

  it("answers a client that waits for a change as soon as there is one", function()
    begin_ready()
    local client <close> = assert(control.connect(run:path "run/control.sock", 20000))
    assert(client:ask('{"verb": "status"}', 20000))
    local now = dkjson.decode((assert(client:line(20000))))
    local waits <close> = assert(control.connect(run:path "run/control.sock", 20000))
    assert(waits:ask(('{"verb": "status", "ms": 60000, "after": %d}'):format(now.revision), 20000))
    says("healthy: 2 of 2 services are ready", 0, "health") -- the other request was taken before this one
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    local later = dkjson.decode((assert(waits:line(40000))))
    assert.is_true(later.revision > now.revision and later.ok)
  end)

  it("is not disturbed by a second instance, which has no right to the socket", function()
    begin_ready()
    local output, status = support.capture(run:command() .. " 2>&1")
    assert.truthy(output:find("another synlua", 1, true))
    assert.equal(78, status)
    says("healthy: 2 of 2 services are ready", 0, "health")
  end)
end)

describe("synlua health", function()
  it("is 0 from the first moment of a start to its end", function()
    begin({"say:I am synapse", "await:{run}/go", "ready"}, {"ready"}, {nginx = {fields = 'needs = {"synapse"}'}})
    run:says "I am synapse"
    says("starting: synapse is starting; nginx waits for synapse", 0, "health")
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    says("healthy: 2 of 2 services are ready", 0, "health")
  end)

  it("says that a service migrates; where it is set so, that is 1", function()
    local options = {
      synapse = {fields = 'phases = {{match = "schema", phase = "migrating"}}'},
      nginx = {fields = 'needs = {"synapse"}'}, variables = {SYNLUA_HEALTH_STARTING = "yes"},
    }
    begin({"say:Applying schema v90", "await:{run}/go", "ready"}, {"ready"}, options)
    run:says "Applying schema v90"
    says("starting: synapse is migrating: Applying schema v90; nginx waits for synapse", 1, "health")
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    says("healthy: 2 of 2 services are ready", 0, "health")
  end)

  it("is 1 with the reason when a service died, and names services that are not essential", function()
    begin({"ready", "await:{run}/go", "exit:3"}, {"ready", "await:{run}/go", "exit:4"},
      {nginx = {on_failure = '"degrade"', fields = "give_up_after = 1"}, synapse = {fields = "spacing_ms = 30000"}})
    run:says "synlua | ready in"
    support.write(run:path "go", "")
    run:says "nginx has failed for good"
    health_becomes("not healthy: synapse died (exit status 3) and starts again in", 1)
    health_becomes("degraded: nginx has failed for good: exit status 4", 1)
  end)

  it("does not depend on files of the user's", function()
    begin_ready()
    support.write(run:path "user/cli.lua", "no Lua")
    local output, status = support.capture(("env -i SYNLUA_RUNTIME_DIR=%s SYNLUA_USER_DIR=%s %s health 2>&1"):format(
      run:path "run", run:path "user", support.quote(support.SYNLUA)))
    assert.same({"healthy: 2 of 2 services are ready\n", 0}, {output, status})
  end)

  it("is 1 when the instance does not answer", function()
    begin_ready()
    run:signal "STOP"
    begins("not healthy: the synlua of " .. run:path "run" .. " does not answer in time", 1, "health")
    run:signal "CONT"
    says("healthy: 2 of 2 services are ready", 0, "health")
  end)
end)

describe("synlua start, stop and restart", function()
  it("wait until it is done, and a stopped service stays stopped until it is started", function()
    begin_ready()
    local first = run:pid_of "I am nginx"
    says("nginx is ready again", 0, "restart nginx")
    local second = run:pid_of "I am nginx"
    assert.not_equal(first, second)
    says("nginx was stopped by request", 0, "stop nginx")
    assert.same({}, run:pids "I am nginx")
    says("not healthy: nginx was stopped by request", 1, "health")
    assert(os.execute("kill -KILL " .. run:pid_of "I am synapse"))
    run:says "synapse is ready again"
    assert.equal("stopped", service("nginx").state)
    says("nginx was stopped already", 0, "stop nginx")
    says("synapse was ready already\nnginx is ready", 0, "start nginx synapse")
    assert.equal(1, #run:pids "I am nginx")
    assert.equal(0, service("nginx").failures)
  end)

  it("stop what needs a service before it, and bring it back with it", function()
    begin_ready {nginx = {fields = 'needs = {"synapse"}'}}
    says("synapse was stopped by request", 0, "stop synapse")
    assert.same({}, run:pids "")
    says("synlua: nginx waits for synapse, which was stopped by request", 1, "start nginx")
    says("synapse is ready", 0, "start synapse")
    health_becomes("healthy: 2 of 2", 0)
  end)

  it("say at once when a service dies instead of starting", function()
    begin({"ready"}, {"say:I am nginx", "await:{run}/go", "exit:3"}, {nginx = {fields = "spacing_ms = 20000"}})
    run:says "I am nginx"
    support.write(run:path "go", "")
    run:says "nginx died"
    begins("synlua: nginx died (exit status 3) and starts again in", 1, "restart nginx")
  end)

  it("give up waiting, not the service", function()
    begin({"ready"}, {"say:I am nginx", "await:{run}/go", "ready"})
    run:says "I am nginx"
    begins("synlua: not done after 1 s, and still going on: nginx is starting", 1, "start --timeout 1 nginx")
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    says("nginx was ready already", 0, "start nginx")
  end)

  it("overtake a stop that still waits for others", function()
    begin({"say:I am synapse", "ready"}, {"ready", "ignore:TERM", "say:deaf"},
      {nginx = {grace_ms = 60000, fields = 'needs = {"synapse"}'}, timeout = 2})
    run:says "deaf"
    local stop <close> = assert(control.connect(run:path "run/control.sock", 20000))
    assert(stop:ask('{"verb": "stop", "names": ["synapse"]}', 20000))
    run:says "asked to stop synapse"
    says("synapse is ready again", 0, "restart synapse")
    assert(os.execute("kill -KILL " .. run:pid_of "deaf"))
    health_becomes("healthy: 2 of 2", 0)
  end)

  it("do nothing at all when one name is unknown", function()
    begin_ready()
    says('synlua: there is no service "ngnix" (did you mean nginx?); there are nginx, synapse', 1, "stop synapse ngnix")
    says("healthy: 2 of 2 services are ready", 0, "health")
    begins("synlua: missing argument 'names'", 64, "stop")
  end)


  it("shows as many lines as asked for, the last ones", function()
    begin({"ready"}, {"say:one", "say:two", "say:three", "ready"})
    run:says "synlua | ready in"
    says("one\ntwo\nthree", 0, "logs nginx")
    says("two\nthree", 0, "logs -n 2 nginx")
    assert.same({"", 0}, {synlua "logs -n 0 nginx"})
    assert.same({"", 0}, {synlua "logs synapse"})
  end)

  -- In the background; what it printed, and at its end the status.
  local function follow(words)
    local to = run:path "followed"
    local command = ("env -i SYNLUA_RUNTIME_DIR=%s %s logs %s"):format(run:path "run", support.SYNLUA, words)
    assert(os.execute(("{ %s & echo $! >%s.pid; wait $!; echo =$?; } >%s 2>&1 &"):format(command, to, to)))
    return function(expected)
      support.poll(support.LONG, function() return support.read(to) == expected end)
      assert.equal(expected, support.read(to))
      return tonumber(support.read(to .. ".pid"))
    end
  end

  it("follows until Ctrl-C, which ends nothing else", function()
    begin({"ready", "await:{run}/go", "say:not this one"}, {"say:one", "ready", "await:{run}/go", "say:two"})
    run:says "synlua | ready in"
    local shows = follow "-f nginx"
    shows "one\n"
    support.write(run:path "go", "")
    assert(os.execute("kill -INT " .. shows "one\ntwo\n"))
    shows "one\ntwo\n=130\n"
    says("healthy: 2 of 2 services are ready", 0, "health")
  end)

  it("follows to the end of the instance", function()
    begin_ready()
    local shows = follow "-f nginx"
    shows "I am nginx\n"
    run:stop()
    shows "I am nginx\n=0\n"
  end)

  it("tells a slow reader how many lines it lost, and waits for no reader", function()
    begin({"ready"}, {"ready", "await:{run}/go", "flood:8000", "await:{run}/more", "say:the last"})
    run:says "synlua | ready in"
    local client <close> = assert(control.connect(run:path "run/control.sock", 20000))
    assert(client:ask('{"verb": "logs", "name": "nginx", "follow": true}', 20000))
    says("healthy: 2 of 2 services are ready", 0, "health") -- the other request was taken before this one
    support.write(run:path "go", "")
    assert(support.poll(support.LONG, function() return run:count "nginx | yyyy" == 8000 end))
    local lines, skipped = 0, 0
    local function take(ms)
      local line, _, name = client:line(ms)
      if not line then return name end
      local answer = dkjson.decode(line)
      lines, skipped = lines + (answer.line and 1 or 0), skipped + (answer.skipped or 0)
      return answer.line == "the last" and "the last"
    end
    repeat local what = take(500) until what
    support.write(run:path "more", "")
    repeat local what = take(support.LONG * 1000) until what
    assert.equal(8001, lines + skipped)
    assert.is_true(skipped > 0 and lines > 500)
  end)
  it("end with the instance that they wait for", function()
    begin({"ready"}, {"say:I am nginx", "ready", "ignore:TERM", "say:deaf"}, {nginx = {grace_ms = 60000}, timeout = 2})
    run:says "deaf"
    local ending = run:path "ending"
    assert(os.execute(("{ env -i SYNLUA_RUNTIME_DIR=%s %s stop nginx; echo $?; } >%s 2>&1 &"):format(run:path "run",
      support.SYNLUA, ending)))
    run:says "asked to stop nginx"
    run:signal "TERM"
    assert.equal(0, run:status(30))
    assert(support.poll(support.LONG, function() return support.read(ending) == "synlua: synlua is ending\n1\n" end),
      support.read(ending))
  end)
end)

describe("synlua logs", function()
  it("shows the last lines of a service", function()
    begin_ready()
    says("I am nginx", 0, "logs nginx")
    says('synlua: there is no service "nginy" (did you mean nginx?); there are nginx, synapse', 1, "logs nginy")
  end)
end)

describe("synlua logs of several", function()
  local function lines_of(text)
    local list = {}
    for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
    return list
  end

  it("shows everything in the order of time, each line with its service's name", function()
    begin({"say:one", "ready", "await:{run}/go", "say:three"}, {"say:two", "ready"})
    run:says "synlua | ready in"
    support.write(run:path "go", "")
    run:says "synapse | three"
    local text, status = synlua "logs"
    assert.equal(0, status)
    local at = {}
    for n, line in ipairs(lines_of(text)) do
      assert.is_truthy(line:find "^%l+ | ", line)
      at[line] = n
    end
    assert.is_true(at["synapse | one"] < at["nginx | two"] and at["nginx | two"] < at["synapse | three"], text)
    assert.is_truthy(text:find("\nsynlua | ready in", 1, true), text)
    assert.equal("synapse | three\n", (synlua "logs -n 1"))
  end)

  it("shows those that are named, and synlua's own lines by its name", function()
    begin({"say:one", "ready"}, {"say:two", "ready"})
    run:says "synlua | ready in"
    says("synapse | one\nnginx | two", 0, "logs nginx synapse")
    assert.is_truthy((synlua "logs synlua"):find "%f[^\n\0]localhost: %d+ files written\n")
    says('synlua: there is no service "ngnix" (did you mean nginx?); there are nginx, synapse', 1, "logs synapse ngnix")
  end)

  it("follows everything until Ctrl-C", function()
    begin({"ready", "await:{run}/go", "say:three"}, {"say:two", "ready"})
    run:says "synlua | ready in"
    local to = run:path "followed"
    assert(os.execute(("{ env -i SYNLUA_RUNTIME_DIR=%s %s logs -f & echo $! >%s.pid; wait $!; echo =$?; } >%s 2>&1 &")
      :format(run:path "run", support.SYNLUA, to, to)))
    local function has(text)
      support.poll(support.LONG, function() return support.read(to):find(text, 1, true) end)
      assert.is_truthy(support.read(to):find(text, 1, true), support.read(to))
    end
    has "nginx | two\n"
    support.write(run:path "go", "")
    has "synapse | three\n"
    assert(os.execute("kill -INT " .. support.read(to .. ".pid")))
    has "\n=130\n"
  end)

  it("paints names on a terminal, unless NO_COLOR is set", function()
    begin({"say:one", "ready"}, {"say:two", "ready"})
    run:says "synlua | ready in"
    local function on_terminal(variables)
      local command = "cd / && env -i TERM=xterm %s SYNLUA_RUNTIME_DIR=%s script -qec %s /dev/null 2>&1"
      local words = support.quote(support.quote(run.synlua) .. " logs nginx synapse")
      return (support.capture(command:format(variables, run:path "run", words)):gsub("\r", ""))
    end
    assert.is_truthy(on_terminal "":find "^\27%[%d+msynapse\27%[0m | one\n\27%[%d+mnginx\27%[0m | two\n$")
    assert.equal("synapse | one\nnginx | two\n", on_terminal "NO_COLOR=1")
    assert.equal("synapse | one\nnginx | two\n", on_terminal "TERM=dumb")
  end)
end)

describe("beside a running instance", function()
  local function with(words, variables)
    local command = run:command():gsub(" run$", " " .. words)
    for name, value in pairs(variables or {}) do
      command = command:gsub("^env %-i ", ("env -i %s "):format(support.quote(name .. "=" .. value):gsub("%%", "%%%%")))
    end
    return support.capture("timeout -s KILL 60 " .. command .. " 2>&1")
  end

  local OTHER = "synlua: the running instance was started with other variables than this command has: "

  it("plan, route, explain and diff say if it was started with other variables", function()
    begin_ready {variables = {SYNAPSE_MAX_UPLOAD_SIZE = "10M", SYNAPSE_TURN_SECRET = "hush",
      SYNAPSE_TURN_URIS = "turn:a"}}
    for _, words in ipairs {"plan", "route GET /_matrix/client/versions", "explain server_name", "diff"} do
      local text = with(words)
      assert.is_nil(text:find("other variables", 1, true), text)
      text = with(words, {SYNAPSE_ENABLE_REGISTRATION = "no", SYNAPSE_CONFIG__enable_search = "false"})
      local expected = OTHER .. "SYNAPSE_CONFIG__enable_search, SYNAPSE_ENABLE_REGISTRATION\n"
      assert.is_truthy(text:find(expected, 1, true), text)
    end
    run.options.variables = {SYNAPSE_MAX_UPLOAD_SIZE = "20M", SYNAPSE_TURN_SECRET = "other",
      SYNAPSE_TURN_URIS = "turn:a"}
    assert.is_truthy(with "plan":find(OTHER .. "SYNAPSE_MAX_UPLOAD_SIZE, SYNAPSE_TURN_SECRET\n", 1, true))
    run:stop()
    assert.is_nil(with "plan":find("other variables", 1, true))
  end)

  it("diff says what an edit of homeserver.yaml changes for Synapse, and shows no secret", function()
    begin_ready {variables = {SYNAPSE_MAX_UPLOAD_SIZE = "10M"}}
    assert.same({"the next start changes no file\n", 0}, {with "diff"})
    local path = run:path "data/homeserver.yaml"
    local before = support.read(path)
    support.write(path, before .. "\nenable_search: false\nmacaroon_secret_key: hush-new\n")
    local text, status = with "diff"
    assert.equal(1, status)
    assert.is_truthy(text:find("Synapse's options, since the running instance was started:\n", 1, true), text)
    assert.is_truthy(text:find("\n  +enable_search: false\n", 1, true), text)
    assert.is_truthy(text:find("macaroon_secret_key: \"?%(hidden%)"), text)
    assert.is_nil(text:find("hush", 1, true), text)
    support.write(path, before)
    assert.same({"the next start changes no file\n", 0}, {with "diff"})
  end)
end)

describe("the control socket", function()
  local function dial() return assert(control.connect(run:path "run/control.sock", 20000)) end

  local function answer(request)
    local client <close> = dial()
    client:ask(request, 20000) -- may fail: what is too long is not read to its end
    local line, _, name = client:line(20000)
    return line and dkjson.decode(line) or name or "closed"
  end

  it("refuses an invalid request, and goes on", function()
    begin_ready()
    for _, request in ipairs {"", "garbage", "[]", "1", '{"verb": 1}', '{"verb": "logs"}', '{"verb": "stop"}',
      '{"verb": "stop", "names": {"a": 1}}', '{"verb": "__index"}', '{"verb":"stop","names":[null]}', "\0\255"} do
      local got = answer(request)
      assert.equal(false, got.ok, request)
      assert.equal("string", type(got.error))
    end
    assert.is_true(({ECONNRESET = true, closed = true})[answer(("x"):rep(1024 * 1024))])
    assert.is_true(({ECONNRESET = true, closed = true})[answer "health\nhealth"])
    assert.equal(0, run:count "error")
    says("healthy: 2 of 2 services are ready", 0, "health")
  end)

  it("serves two at once, and others beside 200 that ask nothing", function()
    begin_ready()
    local idle = {}
    for at = 1, 200 do idle[at] = dial() end
    local one, two = dial(), dial()
    assert(one:ask('{"verb": "health"}', 20000))
    assert(two:ask('{"verb": "status"}', 20000))
    assert.equal("localhost", dkjson.decode(two:line(20000)).server_name)
    assert.is_true(dkjson.decode(one:line(20000)).healthy)
    says("healthy: 2 of 2 services are ready", 0, "health")
    for _, client in ipairs(idle) do client:close() end
    one:close()
    two:close()
    assert.equal(2, #run:pids "")
  end)

  it("carries out the request of a client that has left", function()
    begin_ready()
    local client = dial()
    assert(client:ask('{"verb": "restart", "names": ["nginx"]}', 20000))
    client:close()
    run:says "nginx is ready again"
    says("healthy: 2 of 2 services are ready", 0, "health")
  end)

  it("answers within milliseconds", function()
    begin_ready()
    local took = {}
    for at = 1, 20 do
      local from = system.now()
      synlua "health"
      took[at] = system.now() - from
    end
    table.sort(took)
    -- With two shells around it, on any machine; what a busy one adds is not in the best of them.
    assert.is_true(took[1] < 500, took[1] .. " ms")
  end)
end)
