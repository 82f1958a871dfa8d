-- A start on a terminal.

local support = require "run.support"

local run

after_each(support.finish)

-- Starts it on a terminal of its own; what it shows goes to "log".
local function begin(synapse, nginx, words, options)
  run = support.pair(synapse, nginx, options)
  local command = run:command() .. (words or "")
  local path = run:path "terminal"
  support.write(path, ("#!/bin/sh\necho $$ >%s.new; mv %s.new %s; exec %s\n"):format(run:path "pid", run:path "pid",
    run:path "pid", command))
  assert(os.execute(("{ script -qefc %s /dev/null </dev/null; echo $? >%s; } >%s 2>&1 &"):format(
    support.quote("sh " .. path), run:path "status", run:path "log")))
  run.pid = assert(support.poll(support.LONG, function() return tonumber(support.read(run:path "pid")) end))
end

local WARNING = "2026-01-01 10:00:00,000 - synapse.x - 12 - WARNING - main - watch out"

describe("a start on a terminal", function()
  it("shows one line for each service, warnings, and a box, and no other line", function()
    begin({"say:I am synapse", "say:" .. WARNING, "ready"}, {"say:I am nginx", "ready", "await:{run}/go",
      "say:fatal error"})
    run:says "localhost is ready in "
    run:says "user add NAME --admin"
    run:says "synlua | synapse is ready after "
    run:says "synlua | nginx is ready after "
    run:says("synlua | synapse | " .. WARNING)
    support.write(run:path "go", "")
    run:says "synlua | nginx | fatal error"
    local log = run:log():gsub("\r", "")
    assert.is_nil(log:find("I am", 1, true), log)
    assert.is_truthy(log:find "\nsynlua | %+%-+%+\nsynlua | | localhost is ready in [^\n]* |\n")
    for line in log:gmatch "[^\n]+" do assert.is_truthy(line:find "^synlua | ", line) end
    local logs = support.capture(("env -i SYNLUA_RUNTIME_DIR=%s %s logs nginx"):format(run:path "run",
      support.quote(run.synlua)))
    assert.equal("I am nginx\nfatal error\n", logs)
  end)

  it("shows every line with -v", function()
    begin({"say:I am synapse", "ready"}, {"say:I am nginx", "ready"}, " -v")
    run:says "synlua | ready in "
    run:says "synapse | I am synapse"
    run:says "nginx | I am nginx"
    assert.equal(0, run:count "is ready after")
    assert.equal(0, run:count "no meaning")
  end)

  it("goes on showing warnings after somebody has followed the lines", function()
    begin({"ready"}, {"say:I am nginx", "ready", "await:{run}/go", "say:error: late"})
    run:says "user add NAME --admin"
    local to = run:path "followed"
    assert(os.execute(("env -i SYNLUA_RUNTIME_DIR=%s %s logs -f nginx >%s 2>&1 & echo $! >%s.pid"):format(
      run:path "run", support.quote(run.synlua), to, to)))
    assert(support.poll(support.LONG, function() return support.read(to) == "I am nginx\n" end))
    local pid = tonumber(support.read(to .. ".pid"))
    assert(os.execute("kill -TERM " .. pid))
    assert(support.poll(support.LONG, function() return not support.alive(pid) end))
    support.capture(("env -i SYNLUA_RUNTIME_DIR=%s %s health"):format(run:path "run", support.quote(run.synlua)))
    support.write(run:path "go", "")
    run:says "synlua | nginx | error: late"
  end)
end)
