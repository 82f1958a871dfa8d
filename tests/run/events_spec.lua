-- What the running instance tells as data: events, metrics, and the variables of services.

local control = require "core.control"
local dkjson = require "dkjson"
local support = require "run.support"

local run

after_each(support.finish)

-- Asks, and returns a function that gives the next line of the answer, or nil after a time.
local function ask(request)
  local client = assert(control.connect(run:path "run/control.sock", 20000))
  assert(client:ask(dkjson.encode(request), 20000))
  return function(ms)
    local line = client:line(ms or support.LONG * 1000)
    return line and dkjson.decode(line)
  end, client
end

local function next_event(take, wanted)
  while true do
    local event = assert(take(), "no event " .. wanted)
    if event.event == wanted then return event end
  end
end

describe("events", function()
  it("come as they happen: exited with the reason, ready, failed, stopping", function()
    run = support.pair({"ready"}, {"ready", "await:{run}/go", "exit:3"},
      {nginx = {on_failure = '"degrade"', fields = "give_up_after = 1"}}):start()
    run:says "synlua | ready in"
    local take = ask {verb = "events", follow = true, last = 100}
    local first, second = next_event(take, "ready"), next_event(take, "ready")
    assert.same({"synapse", "nginx", 1, 2}, {first.service, second.service, first.number, second.number})
    assert.is_true(math.abs(os.time() - first.at) < 120 and first.ready_after_ms >= 0)
    support.write(run:path "go", "")
    local exited = next_event(take, "exited")
    assert.same({"nginx", "status 3", "exit status 3"}, {exited.service, exited.cause, exited.words})
    assert.is_true(exited.ran_ms > 0)
    local failed = next_event(take, "failed")
    assert.same({"nginx", false}, {failed.service, failed.essential})
    run:signal "TERM"
    next_event(take, "stopping")
    assert.equal("stopped", next_event(take, "exited").cause)
    assert.is_nil(take())
  end)

  it("end at once without `follow`, with as many as asked for", function()
    run = support.ready_pair()
    local take = ask {verb = "events", last = 1}
    assert.equal(2, take().number)
    assert.same({ok = true, done = true}, take())
  end)

  it("go on for a reader with a name behind the last one that it was sent", function()
    run = support.ready_pair()
    local take, client = ask {verb = "events", follow = true, reader = "hooks"}
    assert.same({1, 2}, {take().number, take().number})
    client:close()
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    run:says "nginx is ready again"
    take = ask {verb = "events", follow = true, reader = "hooks"}
    local event = take()
    assert.same({3, "exited", "SIGKILL"}, {event.number, event.event, event.cause})
    assert.same({4, 1}, {take().number, run:service "nginx".restarts})
  end)
end)

it("metrics are the text of the page, also where no port serves it", function()
  run = support.ready_pair()
  local answer = ask {verb = "metrics"}()
  assert.is_true(answer.ok)
  assert.is_truthy(answer.text:find('synlua_service_state{service="nginx",state="ready"} 1\n', 1, true))
end)

it("the variables of a service are told without the secrets in them", function()
  local variables = {SYNAPSE_TURN_SECRET = "hush-hush", SYNAPSE_TURN_URIS = "turn:a"}
  run = support.pair({"ready"}, {"ready"}, {variables = variables})
  local path = run:path "user/services/nginx.lua"
  support.write(path, (support.read(path):gsub("environment = {", [[%0"API_TOKEN=x1", "COPY=a hush-hush", "PLAIN=yes",
    "ADDRESS=postgres://me:word@host/db", "KEY_FILE=/k", ]])))
  run:start():says "synlua | ready in"
  variables = ask {verb = "env_of", names = {"nginx"}}().variables.nginx
  assert.same({API_TOKEN = "(hidden)", ADDRESS = "postgres://me:(hidden)@host/db", COPY = "(hidden)", PLAIN = "yes",
    KEY_FILE = "/k", PATH = "/usr/bin:/bin", NOTIFY_SOCKET = run:path "run/notify.sock"}, variables)
  assert.is_truthy(ask {verb = "env_of", names = {"ngin"}}().error:find("did you mean nginx?", 1, true))
end)
