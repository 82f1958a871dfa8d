-- `synlua top` on a terminal.

local support = require "run.support"
local terminals = require "run.terminal"

local run

local function on_terminal(width, height, variables)
  local script = ("echo $$ >%s; exec %s%s top"):format(run:path "top.pid", variables or "", support.quote(run.synlua))
  return terminals.new(run.directory, "sh -c " .. support.quote(script), {SYNLUA_RUNTIME_DIR = run:path "run"}, width,
    height)
end

after_each(function()
  terminals.finish()
  support.finish()
end)

local function start()
  run = support.pair({"say:I am synapse", "ready"}, {"say:I am nginx", "ready"}):start()
  run:says "synlua | ready in"
end

describe("synlua top", function()
  it("shows the services, and again after a change, in every size", function()
    start()
    local terminal = on_terminal(80, 24)
    terminal:shows "^localhost  healthy: 2 of 2 services are ready +up "
    terminal:shows "SERVICE +STATE +SINCE +CPU +MEMORY +RESTARTS\nnginx +ready .-\nsynapse +ready "
    terminal:shows "\nq quit [^\n]*$"
    terminal:shows "nginx +ready +[%d a-z]+ %d[%d.]* %% +%d[%d.]* MB +0\n"
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    terminal:shows "nginx +ready [^\n]* 1\n"
    terminal:resize(200, 60):shows "RESTARTS +LAST HOUR +WHY\n"
    terminal:resize(80, 24):type("", "Down"):shows "MB +0\n"
    terminal:type("q"):shows "ended 0$"
  end)

  it("sorts, restarts a service after a question, and follows a log", function()
    start()
    local terminal = on_terminal(80, 24)
    terminal:shows "\nnginx +ready .-\nsynapse +ready "
    terminal:type("", "Down"):type("r"):shows "restart synapse%? y: yes"
    terminal:type("y"):shows "synapse is ready again\n"
    terminal:type("t"):shows "\nsynapse +ready [^\n]* 1\nnginx "
    terminal:type("l"):shows "LOG OF synapse\nI am synapse\n"
    assert(os.execute("kill -KILL " .. run:pid_of "I am synapse"))
    terminal:shows "LOG OF synapse\n.*I am synapse\n.*I am synapse\n"
    terminal:type("q"):shows "SERVICE +STATE"
    terminal:type("", "Tab"):shows "JOB +NEXT +LAST RUN\nbackup +on request +%-\n"
    terminal:type("", "Tab"):shows "LAST EVENTS\n.* synapse exited: killed by SIGKILL\n"
    terminal:type("?"):shows "KEYS\n"
    terminal:type("", "C-c"):shows "ended 0$"
  end)

  it("says that nobody runs, or that the instance has ended, and gives the terminal back", function()
    run = support.pair({"ready"}, {"ready"})
    on_terminal():shows "synlua: no synlua runs with .*\nended 1$"
    run:start():says "synlua | ready in"
    local terminal = on_terminal()
    terminal:shows "\nsynapse +ready "
    run:signal "TERM"
    assert.equal(0, run:status())
    terminal:shows "synlua: no synlua runs with .*\nended 1$"
  end)

  it("ends by a signal, and gives the terminal back", function()
    start()
    local terminal = on_terminal()
    terminal:shows "\nsynapse +ready "
    assert(os.execute("kill -TERM " .. support.read(run:path "top.pid")))
    terminal:shows "ended %d+$"
  end)

  it("needs a terminal that ncurses knows", function()
    start()
    local text, status = support.capture(("env -i SYNLUA_RUNTIME_DIR=%s %s top </dev/null 2>&1"):format(run:path "run",
      support.quote(run.synlua)))
    assert.same({"synlua: top: standard input and output must be a terminal\n", 1}, {text, status})
    local terminal = on_terminal(80, 24, "env TERM=none ")
    terminal:shows "this terminal is not known to ncurses: set TERM, for example to xterm%-256color\nended 1$"
  end)
end)
