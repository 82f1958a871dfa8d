-- A stop works, and services come back, though Lua is spinning or sits in a function of C.

local support = require "run.support"

local run

-- Lua that a service's file runs when it is loaded; `armed` tells that the test has made the file "go".
local PRELUDE = [[
local loop, file = require "core.loop", require "core.file"
local function armed() return file.stat "{run}/go" ~= nil end
]]

local function start(code, options)
  run = support.run({
    synapse = PRELUDE .. code .. support.service({"say:I am synapse", "ready"}),
    nginx = support.service({"say:I am nginx", "ready"}, {after = '{"synapse"}'}),
  }, options)
  run:start()
  run:says "synlua | ready in"
  return run
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

after_each(function()
  if not run then return end
  local left = run:finish()
  run = nil
  assert.same({}, left, "processes were left")
end)

describe("a script that does not end", function()
  it("is ended after 2 s, and services come back as before", function()
    start(every "keep = nil; while true do end")
    support.write(run:path "go", "")
    run:says("ran for more than 2000 ms: ended", 30)
    assert(os.execute("kill -KILL " .. run:pid_of "I am synapse"))
    run:says "synapse is ready again"
    run:signal "TERM"
    assert.equal(0, run:status(4))
  end)

  it("in the middle of the supervisor's own work leaves the supervisor working", function()
    start [[
      local order = require "processes.order"
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
    run:says("ran for more than 2000 ms: ended", 30)
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    run:says("nginx is ready again", 15)
    run:says("synapse is ready again", 15)
  end)
end)

-- Backtracks for hours.
local ENDLESS = 'string.find(("a"):rep(200), ("a-"):rep(40) .. "b")'

describe("a stop while Lua sits in a function of C", function()
  it("is carried through in order by the watchdog, with status 0", function()
    start(every(ENDLESS))
    support.write(run:path "go", "")
    assert.is_nil(run:status(0.3))
    run:signal "TERM"
    assert.equal(0, run:status(6))
    run:says "asked to stop, but the event loop does not turn"
  end)

  it("has a limit for the stubborn", function()
    run = support.run({
      synapse = PRELUDE .. every(ENDLESS) .. support.service({"ignore:TERM", "say:I am synapse", "ready"},
        {grace_ms = 60000}),
      nginx = support.service({"escape:{run}/escaped", "ready"}, {after = '{"synapse"}'}),
    }, {timeout = 1})
    run:start()
    run:says "synlua | ready in"
    support.write(run:path "go", "")
    assert.is_nil(run:status(0.3))
    run:signal "TERM"
    assert.equal(0, run:status(8))
    run:says "synapse did not end in time: killed"
    run:says "left over: python3"
  end)

  it("that sat there from the start ends it too", function()
    run = support.run {synapse = PRELUDE .. ENDLESS .. "\n" .. support.service {"ready"}}
    run:start()
    assert.is_nil(run:status(0.3))
    run:signal "TERM"
    assert.equal(0, run:status(6))
  end)
end)

it("a loop that stands for long is told, and nothing is stopped", function()
  start(every("os.remove '{run}/go'; os.execute 'sleep 8'"))
  support.write(run:path "go", "")
  run:says("the event loop has not turned for 5 s", 10)
  run:says("the event loop turns again, after", 10)
  assert.is_true(support.alive(run:pid_of "I am synapse"))
  assert.is_true(support.alive(run:pid_of "I am nginx"))
  assert.is_false(run:ended())
end)
