-- The shell and commands that ask the running instance, by --live.

local support = require "run.support"
local Terminal = require "run.terminal"

local run

local SECRET = "hush-hush-turn"
local is_root = support.capture "id -u" == "0\n"

after_each(function()
  Terminal.finish()
  support.finish()
end)

-- As `docker exec` starts it: nothing in its environment but where the instance is.
local function synlua(words, before)
  return support.capture(("cd / && %s env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 60 %s %s 2>&1"):format(before or "",
    run:path "run", support.quote(run.synlua), words))
end

local function live(code, options)
  return synlua(("eval %s --live -e %s"):format(options or "", support.quote(code)))
end

local function shell()
  local variables = {SYNLUA_RUNTIME_DIR = run:path "run", HOME = run:path "home", NO_COLOR = "1"}
  return Terminal.new(run.directory, support.quote(run.synlua) .. " eval --live", variables, 100):shows "\n>$"
end

describe("eval --live", function()
  it("shows events as they happen, until Ctrl-C ends the loop", function()
    run = support.ready_pair()
    local terminal = shell()
    terminal:type("for e in events(1) do print(e) end", "Enter"):shows "\n%d+:%d%d:%d%d nginx is ready after [%d.]+ s$"
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    terminal:shows "\n%S+ nginx ended: killed by SIGKILL\n%S+ nginx is ready after [%d.]+ s$"
    terminal:type("", "C-c"):shows "interrupted.*\n>$"
    terminal:enter("status 'nginx'.restarts", "\n1")
  end)

  it("ends the loop with the instance", function()
    run = support.ready_pair()
    local terminal = shell():type("for e in events(1) do print(e) end print 'over'", "Enter")
    terminal:shows "\n%S+ nginx is ready after [%d.]+ s$" -- it follows from now on
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    terminal:shows "nginx ended: killed by SIGKILL"
    run:stop()
    terminal:shows "synlua is stopping\n.*over\n.*>$"
  end)

  it("completes its functions and the names of services", function()
    run = support.ready_pair()
    local terminal = shell()
    terminal:type("env_", "Tab"):shows "\n> env_of$":type(" 'ngi", "Tab"):shows "\n> env_of 'nginx'$"
    terminal:type("", "C-u"):type('logs("syn', "Tab"):shows '\n> logs%("synapse"$'
    terminal:type("", "C-u"):enter("help 'restart'", "so many seconds\n.*with synlua eval %-%-live")
  end)

  it("asks for states, lines, metrics and variables", function()
    run = support.ready_pair()
    local text = live "status 'nginx'.state, status().services[1].pid"
    assert.equal(('"ready"\n%d\n'):format(run:pid_of "I am nginx"), text)
    assert.matches("^localhost: 2 of 2 ready", (live "status()"))
    assert.equal("I am nginx\n", (live "logs 'nginx'"))
    assert.equal("synapse | I am synapse\nnginx | I am nginx\n", (live "logs('synapse', 'nginx', 10)"))
    assert.equal("nginx | I am nginx\n", (live "logs({'synapse', 'nginx'}, 1)"))
    assert.equal("1\n", (live "metrics()['synlua_service_state{service=\"nginx\",state=\"ready\"}']"))
    assert.equal('"/usr/bin:/bin"\n', (live "env_of 'nginx'.PATH"))
    text = live("for e in events(1) do return {e.event, e.service, e.number} end", "--json")
    assert.equal('["ready","nginx",2]\n', text)
  end)

  it("takes the requests of the commands, and says why one failed", function()
    run = support.ready_pair()
    assert.equal("nginx was stopped by request\n", (live "stop 'nginx'"))
    assert.equal("synapse was ready already\nnginx is ready\n", (live "start('nginx', 'synapse')"))
    assert.equal("nginx is ready again\n", (live "restart('nginx', 30)"))
    for code, words in pairs {["stop 'ngin'"] = "did you mean nginx?", ["logs 'ngin'"] = "did you mean nginx?",
      ["status 'ngin'"] = "did you mean nginx?", ["env_of 'ngin'"] = "did you mean nginx?",
      ["env_of 'nginx'.NOTIFY_SOCKE"] = "did you mean NOTIFY_SOCKET?", ["evnts()"] = "did you mean events?"} do
      local text, status = live(code)
      assert.is_truthy(text:find(words, 1, true), code .. ": " .. text)
      assert.equal(1, status)
    end
    local text = support.capture(("env -i %s eval -e 'status()' 2>&1"):format(support.quote(run.synlua)))
    assert.matches("status is there with synlua eval %-%-live", text)
  end)

  it("reads variables and files again by reload()", function()
    run = support.ready_pair()
    local terminal = shell():enter("settings.SYNAPSE_SERVER_NAME", '"localhost"')
    terminal:enter("reload()", "\nnothing differs")
    support.write(run:path "data/homeserver.yaml", support.read(run:path "data/homeserver.yaml")
      .. "\nenable_search: false\n")
    terminal:enter("reload()", "\n%+ option enable_search: false")
    run:stop()
    run.options.variables = {SYNAPSE_MAX_UPLOAD_SIZE = "20M"}
    assert(os.execute(("rm -f %s %s"):format(run:path "status", run:path "pid")))
    run:start()
    assert(support.poll(support.LONG, function() return run:count "ready in" == 2 end))
    terminal:enter("reload()", '\n~ setting SYNAPSE_MAX_UPLOAD_SIZE: "50M" %-> "20M"')
  end)
end)

describe("plan, route, diff, explain and eval with --live", function()
  local variables = {SYNAPSE_WORKER_TYPES = "", SYNAPSE_TURN_SECRET = SECRET, SYNAPSE_TURN_URIS = "turn:a",
    SYNAPSE_MAX_UPLOAD_SIZE = "11M"}

  it("work with the variables of the running instance, and print no secret", function()
    run = support.pair({"ready"}, {"ready"}, {variables = variables}):start()
    run:says "synlua | ready in"
    for words, pattern in pairs {plan = "^localhost", ["route GET /_matrix/client/versions"] = "\nprocesses  main\n",
      ["explain max_upload_size"] = '^max_upload_size: "11M"\n', diff = "^the next start changes no file\n$",
      ["eval -e settings.SYNAPSE_MAX_UPLOAD_SIZE"] = '^"11M"\n$',
      ["eval -e env"] = 'SYNAPSE_TURN_SECRET = "%(secret%)"'} do
      local text, status = synlua(words .. " --live")
      assert.is_truthy(text:find(pattern), words .. ": " .. text)
      assert.equal(0, status)
      assert.is_nil(text:find("other variables", 1, true), text)
      assert.is_nil(text:find(SECRET, 1, true))
    end
  end)

  it("get each value as it was, byte by byte, also as root without CAP_SYS_PTRACE", function()
    local odd = {ODD_BYTES = "a\255\194\173\226\128\168b\"\\", ODD_LINES = "one\ntwo=\t3\n", ODD_EMPTY = ""}
    run = support.pair({"ready"}, {"ready"}, {variables = odd}):start()
    run:says "synlua | ready in"
    local bare = is_root and "setpriv --bounding-set=-sys_ptrace" or nil
    for name, value in pairs(odd) do
      local text, status = synlua(("eval --live -e 'io.write(os.getenv %q) return'"):format(name), bare)
      assert.equal(value, text)
      assert.equal(0, status)
    end
  end)

  it("know the configuration that an argument of run has named", function()
    run = support.pair({"ready"}, {"ready"}, {variables = {SYNAPSE_SERVER_NAME = "my.example.org"}})
    support.write(run:path "data/my.yaml", "server_name: my.example.org\nreport_stats: false\n")
    local command = run.command
    run.command = function(self) return command(self) .. " --config-path " .. self:path "data/my.yaml" end
    run:start():says "synlua | ready in"
    assert.equal('"my.example.org"\n', (synlua "eval --live -e plan.server_name"))
  end)

  it("say why they cannot: nobody runs, or access is denied", function()
    run = support.ready_pair {copied = true}
    local text, status = synlua("plan --live", "setpriv --reuid 991 --regid 991 --clear-groups")
    assert.matches("^synlua: access to .* is denied for uid 991: ask as root, or as the user that runs synlua", text)
    assert.equal(1, status)
    run:stop()
    text, status = synlua "plan --live"
    assert.matches("^synlua: no synlua runs with ", text)
    assert.equal(1, status)
  end)

  it("leave the arguments of a script alone", function()
    run = support.pair({"ready"}, {"ready"})
    support.write(run:path "script.lua", "print(...)")
    assert.equal("--live\n", (synlua("eval " .. run:path "script.lua" .. " --live")))
    assert.equal("--json\t--help\n", (synlua("eval --json " .. run:path "script.lua" .. " --json --help")))
    run:start():says "synlua | ready in"
    support.write(run:path "script.lua", "print(status 'nginx'.state, ...)")
    assert.equal("ready\t-x\t--help\n", (synlua("eval --live " .. run:path "script.lua" .. " -x --help")))
    assert.equal("ready\t-x\n", (synlua("eval --live - -x <" .. run:path "script.lua")))
  end)
end)

-- The second session in docs/shell.md.
local SESSION = {
  'status "nginx".state', "for e in events() do print(e) end", 'logs("nginx", 5)', 'status "nginx".last_exit.words',
  'env_of "nginx"', 'restart "nginx"', 'metrics()[\'synlua_service_restarts_total{service="nginx"}\']', "reload()",
}

local function session()
  run = support.pair({"say:I am synapse", "ready"}, {"say:no more room for connections", "ready"}):start()
  run:says "synlua | ready in"
  local terminal = shell()
  for _, line in ipairs(SESSION) do
    local before = #terminal:screen()
    if line:find "events" then
      terminal:type(line, "Enter"):shows "print%(e%) end$"
      assert(os.execute("kill -KILL " .. run:pid_of "no more room"))
      terminal:shows "nginx is ready after [%d.]+ s$":type("", "C-c")
    else
      terminal:type(line, "Enter")
    end
    assert(support.poll(support.LONG, function()
      local now = terminal:screen()
      return #now > before + #line and now:find "\n>$"
    end), terminal:screen())
  end
  local text = terminal:type("", "C-d"):shows "ended 0":screen()
  text = text:gsub("%s*ended 0.*", "\n"):gsub("\n>[ ^D]*\n?$", "\n"):gsub("%(%d+%.%d+ s%)\n", "")
  text = text:gsub("\n%d%d:%d%d:%d%d ", "\n18:30:05 "):gsub("after [%d.]+ s", "after 0.08 s")
  return (text:gsub(run:path "run":gsub("%p", "%%%0"), "/run/synlua"))
end

it("the second session in docs/shell.md is what the shell shows; GOLDEN=1 writes it", function()
  support.golden("docs/shell.md", "^(.*live_spec.lua %-%->\n```text\n)(.-)(```\n.*)$", session())
end)
