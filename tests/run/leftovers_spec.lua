-- Processes that a dead service leaves behind, in any session, are ended before its next start.

local support = require "run.support"

local PROGRAMS = support.postgres_programs()

local run

local function kill(pid) assert(os.execute("kill -KILL " .. pid)) end

local function pid_in(name) return tonumber(support.read(run:path(name))) end

after_each(support.finish)

describe("a helper with a session of its own", function()
  local WORDS = {"lock:{run}/lock", "say:I am synapse", "escape:{run}/helper", "ready"}

  it("is ended when its service is killed, and blocks no start", function()
    run = support.pair(WORDS, {"ready"}):start()
    run:says "synlua | ready in"
    local helper = pid_in "helper"
    assert.is_true(support.alive(helper))
    kill(run:service("synapse").pid)
    run:says "synapse is ready again"
    assert.is_false(support.alive(helper))
    assert.equal(0, run:count "another has the lock")
    assert.equal(1, run:count "synapse died")
    run:says "synapse left 1 process behind: killed"
  end)

  it("is ended when its service ends by itself", function()
    run = support.pair({"lock:{run}/lock", "escape:{run}/helper", "ready", "await:{run}/go", "exit:3"}, {"ready"})
    run:start()
    run:says "synlua | ready in"
    local helper = pid_in "helper"
    support.write(run:path "go", "")
    run:says "synapse died: exit status 3"
    assert.is_false(support.alive(helper))
    assert.equal(0, run:count "another has the lock")
  end)

  it("that goes on after its service ended with 0, before it was ready, is one too many: no second start", function()
    run = support.pair({"lock:{run}/lock", "escape:{run}/helper", "exit:0"}, {"say:I am nginx", "ready"}):start()
    assert.equal(70, run:status())
    assert.is_false(support.alive(pid_in "helper"))
    assert.equal(1, run:count "synapse died: exit status 0, and what it started went on without it")
    assert.equal(0, run:count "synapse starts again")
    run:says "synlua | error: exit 70: synapse does not run and is essential: exit status 0, and what it started"
    run:says "run it in the foreground"
  end)

  it("lives on when another service dies", function()
    run = support.pair(WORDS, {"say:I am nginx", "ready"}):start()
    run:says "synlua | ready in"
    local helper = pid_in "helper"
    kill(run:service("nginx").pid)
    run:says "nginx is ready again"
    assert.is_true(support.alive(helper))
  end)
end)

-- A real one: each of its processes leads a session, and one that works does not see its server die.
describe("PostgreSQL", function()
  local is_root = require "core.system".identity().uid == 0
  local as = is_root and "setpriv --reuid=postgres --regid=postgres --init-groups " or ""

  local function begin()
    run = support.pair({"say:I am synapse", "ready"}, {"ready"},
      {variables = {SYNLUA_NEW_SIGNING_KEY = "yes"}})
    local data = run:path "data/postgres/" .. PROGRAMS:match "/(%d+)/bin$"
    assert(os.execute(("mkdir -p %s && chmod 755 %s %s/.. && { test -z '%s' || chown -R postgres: %s/..; }"):format(
      data, run:path "data", data, as, data)))
    assert(os.execute(("cd / && %s %s/initdb -D %s -U postgres -A trust --locale=C --encoding=UTF8 --no-sync >/dev/null"
      ):format(as, PROGRAMS, data)))
    run:start()
    run:says "synlua | ready in"
  end

  local function psql(sql, more)
    return ("%s %s/psql -X -h %s -U postgres -d postgres -c %s %s"):format(as, PROGRAMS, run:path "run/postgres/run",
      support.quote(sql), more)
  end

  it("that is killed while it works comes back at its first try", function()
    begin()
    local server = run:service("postgres").pid
    assert(os.execute(psql("DO $$ BEGIN LOOP END LOOP; END $$", ">/dev/null 2>&1 &")))
    local busy = support.poll(support.LONG, function()
      return tonumber((support.capture(("pgrep -P %d -f ' DO$'"):format(server))))
    end)
    assert.is_true(support.alive(busy))
    kill(server)
    run:says "postgres is ready again"
    assert.is_false(support.alive(busy))
    assert.equal(1, run:count "postgres died")
    assert.equal(0, run:count "pre-existing shared memory block")
    assert(os.execute(psql("SELECT 1", ">/dev/null")))
    run:stop()
  end)
end)
