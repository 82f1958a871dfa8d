-- init.lua: hooks that change what a stage has made, and one that hears of events.

local support = require "run.support"

local run

after_each(support.finish)

-- A run of two fakes beside an init.lua with these fields; "{run}" stands for the directory.
local function with(fields, options)
  run = support.pair({"say:I am synapse", "ready"}, {"say:I am nginx", "ready"}, options)
  local text = fields:gsub("{run}", run.directory)
  support.write(run:path "user/init.lua", ("return {\n  api = 2,\n%s\n}\n"):format(text))
  return run
end

-- What a command writes; `also`: where its complaints go.
local function command(words, also)
  return support.capture("timeout -s KILL 60 " .. run:command():gsub(" run$", " " .. words) .. (also or " 2>&1"))
end

local function answer(words) return command(words, " 2>/dev/null") end

-- Waits until a file of the run has these words.
local function holds(name, words)
  local found = support.poll(support.LONG, function() return support.read(run:path(name)):find(words, 1, true) end)
  assert(found, ("%q is not in %s:\n%s\nthe log:\n%s"):format(words, name, support.read(run:path(name)), run:log()))
end

local RECORD = [[
  on = function(event, act)
    local line = event.event .. " " .. (event.service or "all") .. " " .. (event.cause or "") .. "\n"
    act.run{argv = {"/bin/sh", "-c", "cat >>{run}/events"}, input = line, user = "root"}
  end,]]

describe("the hook `on`", function()
  it("hears of every event, in a process of its own", function()
    with(RECORD):start():says "synlua | ready in"
    for _, name in ipairs {"hooks", "nginx", "synapse"} do holds("events", "ready " .. name .. " \n") end
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    holds("events", "exited nginx SIGKILL\n")
    run:stop()
    holds("events", "stopping all \n")
  end)

  it("goes on behind the last event where its process was started again", function()
    with(RECORD):start():says "synlua | ready in"
    holds("events", "ready nginx")
    assert(os.execute("kill -KILL " .. run:service "hooks".pid))
    run:says "hooks is ready again"
    holds("events", "exited hooks SIGKILL\n")
    local text = support.read(run:path "events")
    assert.equal(1, select(2, text:gsub("ready nginx", "")), text)
  end)

  it("calls a web address, which is in no argument and in no line of the log", function()
    local server = [==[
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open(sys.argv[1], "ab").write(self.path.encode() + b" " + body + b"\n")
        self.send_response(500 if b"synapse" in body else 200); self.end_headers()
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
open(sys.argv[1] + ".port", "w").write(str(server.server_port) + "\n")
server.serve_forever()]==]
    with [[
  on = function(event, act)
    if event.event ~= "ready" or event.service == "hooks" then return end
    act.post("http://127.0.0.1:PORT/hush?a=\"b\"", {text = event.service .. " \"is\"\n\\ready @x"})
  end,]]
    support.write(run:path "server.py", server)
    assert(os.execute(("python3 -I %s %s & echo $! >%s"):format(run:path "server.py", run:path "posts",
      run:path "server.pid")))
    finally(function() os.execute("kill " .. support.read(run:path "server.pid")) end)
    holds("posts.port", "\n")
    local text = support.read(run:path "user/init.lua")
    local port = support.read(run:path "posts.port"):match "%d+"
    support.write(run:path "user/init.lua", (text:gsub("PORT", port)))
    run:start():says "synlua | ready in"
    holds("posts", [[/hush?a="b" {"text":"nginx \"is\"\n\\ready @x"}]])
    run:says "the request to 127.0.0.1:"
    run:says "ended: exit status 22"
    assert.is_nil(run:log():find("hush", 1, true), run:log())
  end)

  it("waits for what it has started when everything stops", function()
    with [[
  on = function(event, act)
    if event.event == "stopping" then act.run{argv = {"/bin/sh", "-c", "sleep 1; id -u >{run}/data/late"}} end
  end,]]
    assert(os.execute(("chmod 777 %s"):format(run:path "data")))
    run:start():says "synlua | ready in"
    run:stop()
    assert.equal("991\n", support.read(run:path "data/late"))
  end)

  it("may fail, loop or ask for the impossible: the place is logged, and every service lives", function()
    with [[
  on = function(event, act)
    if event.service == "hooks" then error "no" end
    if event.event == "exited" then while true do end end
    if event.service == "synapse" then act.run{argv = {"relative"}} end
    if event.service == "nginx" then act.post("ftp://x", {}) end
  end,]]
    run:start():says "synlua | ready in"
    run:says(run:path "user/init.lua" .. ":4: on: no (")
    run:says(run:path "user/init.lua" .. ":6: on: act.run: argv begins with the absolute path of a program")
    run:says(run:path "user/init.lua" .. ":7: on: act.post takes an address")
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    run:says(run:path "user/init.lua" .. ":5: on: runs for more than 2 s: it was ended")
    assert.equal(0, run:service "hooks".restarts)
    assert.equal(2, #run:pids "")
  end)

  it("is told which call or field it may have meant", function()
    with [[
  on = function(event, act)
    if event.service == "synapse" then act.rn{argv = {"/bin/true"}} end
    if event.service == "nginx" then act.run{arg = {"/bin/true"}} end
  end,]]
    run:start():says "synlua | ready in"
    run:says(run:path "user/init.lua" .. ":4: on: act has no rn; did you mean run?")
    run:says(run:path "user/init.lua" .. ":5: on: act.run has no arg; did you mean argv?")
  end)

  it("may hand over what is something else when it is read again: nothing of it breaks the process", function()
    with [[
  on = function(event, act)
    if event.service ~= "nginx" then return end
    local count = 0
    pcall(act.run, {argv = {"/bin/true"}, environment = {A = "x\0y"}})
    pcall(act.run, {argv = {"/bin/true"}, environment = 5})
    pcall(act.run, setmetatable({argv = {"/bin/true"}}, {__index = function(_, name)
      count = count + 1
      if name == "input" and count > 2 then return {} end
      return name == "input" and "x" or nil
    end}))
    local _, why = pcall(act.run, {argv = {"/bin/true"}, environment = {A = setmetatable({}, {__tostring = error})}})
    print(why)
    print(select(2, pcall(act.post, "http://127.0.0.1:1/", setmetatable({}, {__tojson = function() return 5 end}))))
  end,]]
    run:start():says "synlua | ready in"
    run:says "act.run: a variable is text without a byte 0, or a number"
    assert.equal(0, run:count "stack traceback")
    assert.equal(0, run:service "hooks".restarts)
  end)

  it("may fill the queue when everything stops: the stop keeps its time", function()
    with [[
  on = function(event, act)
    if event.event ~= "stopping" then return end
    print "it stops"
    for _ = 1, 1000 do pcall(act.run, {argv = {"/bin/sleep", "1000"}, seconds = 3600}) end
    while true do end
  end,]]
    run:start():says "synlua | ready in"
    run:signal "TERM"
    assert.equal(0, run:status(30))
    run:says "it stops"
    assert.equal(0, #run:pids "")
  end)

  it("may hang in a function of C: its process ends, and starts again behind that event", function()
    with [[
  on = function(event)
    if event.service == "nginx" then return (("a"):rep(40)):find((".-"):rep(40) .. "b") end
    print("heard " .. event.service)
  end,]]
    run:start():says "synlua | ready in"
    run:says "init.lua:3: on: does not return from a function of Lua's libraries"
    run:says "hooks is ready again"
    run:says "heard hooks"
    assert.equal(2, #run:pids "")
  end)

  it("may print without end: the log stays small, and services come back", function()
    with [[
  on = function(event)
    while event.event == "ready" and event.service == "nginx" do print(("x"):rep(1000)) end
  end,]]
    run:start():says "synlua | ready in"
    run:says "init.lua: prints more than 64 KiB: the rest is left out"
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    run:says "nginx is ready again"
    assert.is_true(#run:log() < 1024 * 1024, #run:log())
    run:signal "TERM"
    assert.equal(0, run:status(30))
  end)

  it("kills what does not end in its time, and says so", function()
    with [[
  on = function(event, act)
    if event.service == "nginx" then act.run{argv = {"/bin/sleep", "100"}, seconds = 1} end
  end,]]
    run:start():says "/bin/sleep did not end in 1 s: killed"
  end)
end)

-- Each body of a stage's function, and what `check` says of it.
local function refuses(stage, cases)
  for body, words in pairs(cases) do
    with(("  %s = function(%s) %s\n    return %s\n  end,"):format(stage, stage, body, stage))
    local text, status = command "check"
    assert.is_truthy(text:find(words, 1, true), text)
    assert.equal(78, status)
    support.finish()
  end
end

describe("the hook `settings`", function()
  it("changes variables, which are checked as any", function()
    with('  settings = function(settings)\n    settings.SYNAPSE_MAX_UPLOAD_SIZE = "12M"\n    return settings\n  end,')
    local text, status = answer "explain max_upload_size"
    assert.same({'max_upload_size: "12M"\n    set by SYNAPSE_MAX_UPLOAD_SIZE\n', 0}, {text, status})
  end)

  it("chooses worker types, also where no variable names any", function()
    with('  settings = function(settings)\n    settings.SYNAPSE_WORKER_TYPES = "typing"\n    return settings\n  end,')
    local text = answer "eval -e 'why \"SYNAPSE_WORKER_TYPES\"'"
    assert.matches("set by .*/user/init.lua:3\n", text)
    assert.equal('"typing1"\n', (answer "eval -e 'plan.instances[2].name'"))
  end)

  it("is told of a fault with its place", function()
    refuses("settings", {
      ["settings.SYNAPSE_MAX_UPLOAD_SIZ = '1M'"] = "init.lua:3: settings: returns SYNAPSE_MAX_UPLOAD_SIZ, which is no "
        .. "variable; did you mean SYNAPSE_MAX_UPLOAD_SIZE?",
      ["settings.SYNAPSE_MAX_UPLOAD_SIZE = 'x'"] = "SYNAPSE_MAX_UPLOAD_SIZE, set by ",
      ["settings.SYNAPSE_DATA_DIR = '/x'"] = "settings: changes SYNAPSE_DATA_DIR, which was read before init.lua",
      ["settings.SYNAPSE_MAX_UPLOAD_SIZE = {}"] = "settings: sets SYNAPSE_MAX_UPLOAD_SIZE to a table",
      ["settings = 3"] = "settings: must return a table or nil, but returns a number",
      ["error 'no'"] = "init.lua:3: settings: no",
      ["while true do end"] = "settings: runs for more than 2 s: it was ended",
    })
  end)
end)

describe("the hook `plan`", function()
  it("changes how a service runs", function()
    with [[
  plan = function(plan)
    plan.services.nginx.on_failure = "degrade"
    plan.services.nginx.process.grace_ms = 1234
    return plan
  end,]]
    assert.equal('"degrade"\n1234\n"exit"\n', (answer("eval -e 'plan.services.nginx.on_failure, "
      .. "plan.services.nginx.process.grace_ms, plan.services.synapse.on_failure'")))
    run:start():says "synlua | ready in"
  end)

  it("is told of a fault with its place", function()
    refuses("plan", {
      ["plan.services.nginx.on_failur = 1"] = "init.lua:3: plan: services.nginx.on_failur is not known; did you mean "
        .. "on_failure?",
      ["plan.services.ngin = {}"] = "plan: returns a service ngin, which the plan has not; did you mean nginx?",
      ["plan.url = 'x'"] = "plan: changes plan.url",
      ["plan.services.synapse = nil"] = "waits for unknown service synapse",
      ["plan.services.nginx.process.argv = {}"] = "plan: services.nginx.process.argv is empty",
      ["plan = 1"] = "plan: must return the plan or nil",
      ["plan.services.synapse.on_failur = 1"] = "1 problem:\n",
      ["plan.services.synapse = 1"] = "1 problem:\n",
    })
  end)
end)

describe("the hook `files`", function()
  it("changes the text of files, and adds some to the runtime directory", function()
    with [[
  files = function(files)
    for _, file in ipairs(files) do
      if file.path:find "main.yaml$" then file.bytes = file.bytes .. "# mine\n" end
    end
    files[#files + 1] = {path = "own/note.txt", bytes = "hello\n"}
    files[#files + 1] = {path = "own/text.txt", bytes = "a\n", mode = "0604"}
    files[#files + 1] = {path = "own/number.txt", bytes = "b\n", mode = 388}
    return files
  end,]]
    assert.equal("hello\n", (answer "eval -e 'render \"note.txt\"'"))
    assert.matches("made by init.lua\n$", (answer "eval -e 'why \"note.txt\"'"))
    run:start():says "synlua | ready in"
    assert.equal("hello\n", support.read(run:path "run/own/note.txt"))
    for _, name in ipairs {"text", "number"} do
      assert.equal("604\n", support.capture(("stat -c %%a %s/%s.txt"):format(run:path "run/own", name)))
    end
  end)

  it("is told of a fault with its place", function()
    refuses("files", {
      ["files[#files + 1] = {path = '../x', bytes = ''}"] = "init.lua:3: files: has a path ../x",
      ["files[#files + 1] = {path = 'x'}"] = "files: x has no bytes",
      ["files[#files + 1] = {base = '/etc', path = 'x', bytes = ''}"] = "files: x is a new file below /etc",
      ["files[1].bytes = nil"] = " has no bytes",
      ["files[#files + 1] = {path = 'x', bytes = '', mode = '640'}"] = "files: x has the mode 640",
      ["files = 'x'"] = "files: must return a list of files or nil, but returns a string",
    })
  end)
end)

it("reload() in the shell reads init.lua again, and says what is wrong with it", function()
  with ""
  support.write(run:path "script.lua", (([[
    local function write(text) local to <close> = io.open("{run}/user/init.lua", "w") to:write(text) end
    print(settings.SYNAPSE_MAX_UPLOAD_SIZE)
    write "return {api = 2, settings = function(s) s.SYNAPSE_MAX_UPLOAD_SIZE = '12M' return s end}"
    reload()
    print(settings.SYNAPSE_MAX_UPLOAD_SIZE)
    write "return {api = 2, settings = 1}"
    print(select(2, pcall(reload)))
  ]]):gsub("{run}", run.directory)))
  local text = answer("eval " .. run:path "script.lua")
  assert.matches("^50M\n12M\n1 problem:\n  .*init.lua:1: settings: must be a function, but is 1\n", text)
end)

it("the example in docs/hooks.md works", function()
  with ""
  local text = support.read "docs/hooks.md":match "\n```lua\n(.-)```"
  support.write(run:path "user/init.lua", text)
  local shown, status = command "plan"
  assert.equal(0, status, shown)
  assert.matches("\n  hooks +same user +ready by started ", shown)
end)
