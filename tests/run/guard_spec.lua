-- A stop works, and services are restarted, although Lua loops or waits in a C function.

local support = require "run.support"

local run

-- Lua that the program itself runs at its start, as no file of the user directory can; `armed` tells that the test has
-- made the file "go".
local PRELUDE = [[
local loop, file = require "core.loop", require "core.file"
local function armed() return file.stat "{run}/go" ~= nil end
]]

local function start(code, options)
  options = options or {}
  options.patch = PRELUDE .. code
  run = support.ready_pair(options)
end

local EVERY = [[
local function every()
  if armed() then BODY end
  keep = loop.timer(20, every)
end
every()
]]

local function every(body)
  return (EVERY:gsub("BODY", function() return body end))
end

after_each(support.finish)

describe("a script that does not end", function()
  it("is ended after 2 s, and services come back as before", function()
    start(every "keep = nil; while true do end")
    support.write(run:path "go", "")
    run:says "ran for more than 2000 ms: ended"
    assert(os.execute("kill -KILL " .. run:pid_of "I am synapse"))
    run:says "synapse is ready again"
    run:stop()
  end)

  it("in the middle of the supervisor's own work leaves the supervisor working", function()
    start [[
      local order = require "lib.order"
      local may_start = order.may_start
      function order.may_start(...)
        if armed() then
          os.remove "{run}/go"
          while true do pcall(function() while true do end end) end
        end
        return may_start(...)
      end
    ]]
    support.write(run:path "go", "")
    assert(os.execute("kill -KILL " .. run:pid_of "I am synapse"))
    run:says "ran for more than 2000 ms: ended"
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    run:says "nginx is ready again"
    run:says "synapse is ready again"
  end)
end)

describe("os.exit in the program's own Lua", function()
  it("stops everything in order once services run, and its status is the end", function()
    start(every "os.remove '{run}/go'; os.exit(9)", {level = "DEBUG"})
    support.write(run:path "go", "")
    assert.equal(9, run:status())
    run:says "lua/patch.lua:4: os.exit(9): stopping"
    assert.equal(0, run:count "left over")
    assert.equal(0, run:count "did not end in time")
    assert.equal(0, run:count "starts again")
  end)

  it("ends synlua at once before that", function()
    run = support.run({synapse = support.service {"ready"}}, {patch = "os.exit(9)"})
    run:start()
    assert.equal(9, run:status())
    assert.equal("", run:log())
  end)
end)

-- Backtracks for hours, and tells before.
local ENDLESS = [[file.replace("{run}", "stands", "", {}) string.find(("a"):rep(200), ("a-"):rep(40) .. "b")]]

describe("a stop while Lua sits in a function of C", function()
  it("is carried through in order by the watchdog, with status 0", function()
    start(every(ENDLESS))
    support.write(run:path "go", "")
    run:has "stands"
    run:stop()
    run:says "asked to stop, but the event loop does not turn"
  end)

  it("has a limit for the stubborn", function()
    run = support.pair({"ignore:TERM", "say:I am synapse", "ready"}, {"escape:{run}/escaped", "ready"},
      {synapse = {grace_ms = 60000}, timeout = 1, patch = PRELUDE .. every(ENDLESS)}):start()
    run:says "synlua | ready in"
    support.write(run:path "go", "")
    run:has "stands"
    run:signal "TERM"
    assert.equal(0, run:status(30))
    run:says "synapse did not end in time: killed"
    run:says "left over: python3"
  end)

  it("that sat there from the start ends it too", function()
    run = support.run({synapse = support.service {"ready"}}, {patch = PRELUDE .. ENDLESS, into = "services/migrate"})
    run:start()
    run:has "stands"
    run:stop()
  end)
end)

it("a loop that does not turn for long is logged, and nothing is stopped", function()
  start(every("os.remove '{run}/go'; os.execute 'while [ ! -e {run}/on ]; do sleep 0.1; done'"))
  support.write(run:path "go", "")
  run:says "the event loop has not turned for 5 s"
  support.write(run:path "on", "")
  run:says "the event loop turns again, after"
  assert.is_true(support.alive(run:pid_of "I am synapse"))
  assert.is_true(support.alive(run:pid_of "I am nginx"))
  assert.is_false(run:ended())
end)

it("a service that was stopped by a signal is logged and left alone, and a stop ends it", function()
  start ""
  local pid = run:pid_of "I am nginx"
  assert(os.execute("kill -STOP " .. pid))
  run:says "nginx was stopped by a signal: it waits for SIGCONT"
  assert(os.execute("kill -CONT " .. pid))
  run:says "nginx goes on"
  assert(os.execute("kill -STOP " .. pid))
  assert.is_true(support.poll(support.LONG, function() return run:count "nginx was stopped by a signal" == 2 end))
  assert.equal(0, run:count "died")
  run:stop()
end)

local function pair(options)
  run = support.pair({"say:I am synapse", "corpse:5", "escape:", "ready"}, {"say:I am nginx", "ready"}, options)
  return run
end

local is_root = support.capture "id -u" == "0\n"

describe(is_root and "synlua as a user whom nobody knows" or "synlua as who we are", function()
  it("runs services as itself, brings them back and ends them", function()
    pair {copied = true, inside = is_root and {"setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"} or nil}
    if is_root then assert(os.execute("chown -R 54321:54321 " .. run.directory)) end
    run:start()
    run:says "synlua | ready in"
    local uid = support.read(("/proc/%d/status"):format(run:pid_of "I am nginx")):match "Uid:%s+(%d+)"
    assert.equal(is_root and "54321" or support.capture "id -u":match "%d+", uid)
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    run:says "nginx is ready again"
    run:stop()
    run:says "left over: python3"
  end)
end)

-- Services that are to lose what synlua has.
local function without_rights(inside)
  local text = support.service {"ready"}:gsub('user = "root"', 'user = "991:991"')
  run = support.run({synapse = text, nginx = text}, {inside = inside})
  assert(os.execute("chmod 755 " .. run.directory))
  run:start():says "synlua | ready in"
  return run:count "the bounding set of capabilities stays for services"
end

if is_root then
  it("without CAP_SETPCAP it says once what services keep, and with it nothing", function()
    assert.equal(0, without_rights())
    run:stop()
    support.finish()
    assert.equal(1, without_rights {"setpriv", "--bounding-set=-setpcap"})
  end)
end

-- As `docker --init` does it: another PID 1, which passes signals on and collects what is its own.
local INIT = [['"$@" & child=$!; trap "kill -TERM $child" TERM; wait $child; wait $child; exit $?']]
local NAMESPACE = {"unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", INIT, "init"}
local may = os.execute "unshare --pid --fork --mount-proc --kill-child true 2>/dev/null"

it(may and "below another PID 1 it collects, stops and says the same" or "below another process likewise", function()
  pair({inside = may and NAMESPACE or nil, level = "DEBUG"}):start()
  run:says "synlua | ready in"
  assert(support.poll(support.LONG, function() return run:count "collected orphan" >= 5 end), run:log())
  local pid = run.pid
  for _ = 1, may and 2 or 0 do
    pid = tonumber(support.capture(("cat /proc/%d/task/%d/children"):format(pid, pid)):match "%d+")
  end
  assert(os.execute("kill -TERM " .. pid))
  assert.equal(0, run:status())
  run:says "left over: python3"
end)
