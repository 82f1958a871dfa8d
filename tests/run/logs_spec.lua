local json = require "dkjson"
local support = require "run.support"

local run

local function pair(synapse, nginx, variables)
  run = support.pair(synapse, nginx, {variables = variables})
  return run
end

after_each(support.finish)

local FILES = {SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK = "yes", SYNLUA_LOG_FILE_SIZE = "65536", SYNLUA_LOG_FILE_COUNT = "2"}
local LINES = 1000000

local function whole(path)
  local from <close> = assert(io.open(path))
  return from:read "a"
end

-- How many numbered lines of the service are in text, each exactly once and in order.
local function numbered(text, prefix)
  local count, last = 0, 0
  for number in text:gmatch(prefix .. "number (%d+) x+\n") do
    count, number = count + 1, tonumber(number)
    assert(number > last, ("%d after %d"):format(number, last))
    last = number
  end
  return count
end

-- The lines that notices say were lost, by service.
local function told_lost(text)
  local lost = {}
  for count, name in text:gmatch "synlua | warning: (%d+) lines of (%S+) were dropped: nobody read our output\n" do
    lost[name] = (lost[name] or 0) + tonumber(count)
  end
  return lost
end

-- Reads the FIFO into the file; gives what waits until there is nobody any more who could write to it.
local function reader(fifo, out)
  local pid = tonumber((support.capture(("cat %s >%s & echo $!"):format(fifo, out))))
  return function() assert(support.poll(support.LONG, function() return not support.alive(pid) end)) end
end

describe("lines", function()
  it("of a traceback stay together, whatever others write meanwhile", function()
    pair({"ready", "await:{run}/go", "part:fault\nTraceback (most recent call last):\n  File 1\n",
      "touch:{run}/begun", "part:  File", "part: 2\n    code\n", "part:ValueError: x\n", "say:after",
      "touch:{run}/end"},
      {"ready", "await:{run}/begun", "say:from nginx", "touch:{run}/said"}):start()
    run:says "synlua | ready in"
    run:signal "STOP" -- or its patience would depend on how long the machine keeps a writer waiting
    support.write(run:path "go", "")
    run:has "end"
    run:has "said"
    run:signal "CONT"
    run:says "synapse | after\n"
    run:says "nginx | from nginx\n"
    assert.truthy(run:log():find("synapse | Traceback (most recent call last):\nsynapse |   File 1\n"
      .. "synapse |   File 2\nsynapse |     code\nsynapse | ValueError: x\n", 1, true), run:log())
  end)

  it("are not lost over a restart, an unfinished one neither", function()
    pair({"ready", "await:{run}/go", "say:begin", "part:unfinished", "kill:KILL"}, {"ready"}):start()
    run:says "synlua | ready in"
    support.write(run:path "go", "")
    run:says "synapse | begin\nsynapse | unfinished\nsynlua | warning: synapse "
    assert(support.poll(support.LONG, function() return run:count "synapse | unfinished\n" >= 2 end))
    local second = run:log():match "^.-synapse | unfinished\n.-synapse | unfinished\n" -- a third life may go on
    assert.equal(2, select(2, second:gsub("synapse | begin\n", "")))
  end)

  it("are JSON objects where that is wanted, synlua's own too", function()
    pair({"say:\"quoted\"", "ready"}, {"ready"}, {SYNLUA_LOG_FORMAT = "json"}):start()
    run:says "ready in"
    run:stop()
    local seen = {}
    for line in run:log():gmatch "[^\n]+" do
      local event = assert(json.decode(line), line)
      seen[event.service .. " " .. event.stream .. " " .. (event.level or "")] = event.msg
    end
    assert.equal('"quoted"', seen["synapse out "])
    assert.truthy(seen["synlua err info"])
  end)
end)

describe("a flood of a million lines", function()
  it("is complete if it is read", function()
    pair({"ready", "lines:" .. LINES, "say:the end", "touch:{run}/written"}, {"ready"}):start()
    run:has "written"
    run:stop()
    local text = whole(run:path "log")
    assert.equal(LINES, numbered(text, "synapse | "))
    assert.truthy(text:find("synapse | the end\n", 1, true))
    assert.same({}, told_lost(text))
  end)

  it("that is not read for a while loses only counted lines, and delays no service", function()
    pair({"ready", "await:{run}/go", "lines:" .. LINES, "touch:{run}/written", "say:the end"}, {"ready"})
    local fifo, out = run:path "fifo", run:path "out"
    assert(os.execute(("mkfifo %s"):format(fifo)))
    run:start(fifo)
    run:says "ready in"
    support.write(run:path "go", "")
    run:has "written"
    local read_to_the_end = reader(fifo, out)
    assert(support.poll(support.LONG, function() return told_lost(support.read(out)).synapse end))
    run:stop()
    read_to_the_end()
    local text = support.read(out)
    local count, lost = numbered(text, "synapse | "), told_lost(text).synapse
    local the_end = text:find("synapse | the end\n", 1, true) and 1 or 0
    assert.is_true(lost > 0 and count > 0)
    assert.equal(LINES + 1, count + lost + the_end)
  end)

  it("that nobody reads until the end loses only lines that are counted then", function()
    pair({"ready", "await:{run}/go", "lines:" .. LINES, "touch:{run}/written"}, {"ready"})
    assert(os.execute("mkfifo " .. run:path "fifo"))
    run:start(run:path "fifo")
    run:says "ready in"
    local unread <close> = assert(io.open(run:path "fifo"))
    support.write(run:path "go", "")
    run:has "written"
    run:stop()
    local text = unread:read "a"
    local lost = run:log():match "synlua | warning: the last (%d+) lines were dropped: nobody read our output\n"
    assert.equal(LINES, numbered(text, "synapse | ") + assert(lost, run:log()))
    assert.same({}, told_lost(text))
  end)

  it("waits for its reader where that is wanted, and then nothing is lost", function()
    pair({"ready", "await:{run}/go", "lines:" .. LINES, "say:the end", "touch:{run}/written"}, {"ready"},
      {SYNLUA_LOG_WHEN_BLOCKED = "wait"})
    local fifo, out = run:path "fifo", run:path "out"
    assert(os.execute(("mkfifo %s"):format(fifo)))
    run:start(fifo)
    run:says "ready in"
    support.write(run:path "go", "")
    assert.is_nil(support.poll(0.3, function() return support.exists(run:path "written") end))
    local read_to_the_end = reader(fifo, out)
    run:has "written"
    run:stop()
    read_to_the_end()
    assert.equal(LINES, numbered(whole(out), "synapse | "))
    assert.truthy(whole(out):find("synapse | the end\n", 1, true))
  end)

  it("that waits for a reader who never comes does not hold up the end", function()
    pair({"ready", "await:{run}/go", "lines:" .. LINES}, {"ready"}, {SYNLUA_LOG_WHEN_BLOCKED = "wait"})
    assert(os.execute(("mkfifo %s"):format(run:path "fifo")))
    run:start(run:path "fifo")
    run:says "ready in"
    support.write(run:path "go", "")
    assert.is_nil(support.poll(0.3, function() return run:ended() end))
    run:stop()
  end)
end)

describe("log files", function()
  it("hold what each service and synlua wrote, and no more than is kept", function()
    pair({"say:plain", "ready", "lines:3000", "say:the end"}, {"ready"}, FILES):start()
    run:says "synapse | the end\n"
    run:says "ready in"
    run:stop()
    local logs = run:path "data/logs"
    local text = support.read(logs .. "/synapse.log")
    assert.truthy(text:find "the end\n$")
    assert.is_true(#support.read(logs .. "/synapse.log.1") <= 65536 * 2)
    assert.is_true(support.exists(logs .. "/synapse.log.2"))
    assert.is_false(support.exists(logs .. "/synapse.log.3"))
    assert.truthy(support.read(logs .. "/synlua.log"):find("ready in", 1, true))
  end)

  it("are opened anew at SIGHUP", function()
    pair({"say:before", "ready", "await:{run}/go", "say:after"}, {"ready"}, FILES):start()
    run:says "ready in"
    local log = run:path "data/logs/synapse.log"
    assert(os.rename(log, log .. ".moved"))
    run:signal "HUP"
    run:signal "USR1" -- what it says shows that HUP was taken
    run:says "synlua | synapse: ready"
    support.write(run:path "go", "")
    run:says "synapse | after\n"
    assert.truthy(support.poll(support.LONG, function() return support.read(log) == "after\n" end))
    assert.equal("before\n", support.read(log .. ".moved"))
  end)

  it("that cannot be written delay nothing, are reported once, and go on", function()
    pair({"say:one", "ready", "await:{run}/go", "say:two", "await:{run}/on", "say:three"}, {"ready"}, FILES)
    local log = run:path "data/logs/synapse.log"
    assert(os.execute(("mkdir -p %s"):format(log)))
    run:start()
    run:says "synlua | warning: log file synapse.log: "
    run:says "ready in"
    support.write(run:path "go", "")
    run:says "synapse | two\n"
    assert.equal(1, run:count "warning: log file synapse.log")
    assert(os.remove(log))
    support.poll(1.1, function() return false end) -- it is not tried more often than once a second
    support.write(run:path "on", "")
    run:says "the log file of synapse is written again; 2 lines are missing in it"
    assert.equal("three\n", support.read(log))
  end)

  it("that cannot be written until the end are reported then", function()
    pair({"say:one", "say:two", "ready"}, {"ready"}, FILES)
    assert(os.execute(("mkdir -p %s"):format(run:path "data/logs/synapse.log")))
    run:start()
    run:says "ready in"
    run:signal "TERM"
    assert.equal(0, run:status())
    assert.equal(1, run:count "warning: 2 lines are missing in the log file of synapse\n")
  end)
end)
