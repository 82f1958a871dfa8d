-- Files of the user directory that are in order, with real processes: simple services, and what docs/lua.md shows.

local documents = require "documents"
local support = require "run.support"

local run

after_each(support.finish)

local function simple(words, fields)
  local argv = {}
  for at, word in ipairs {support.PYTHON, "-I", "{run}/service.py", "of:{run}", table.unpack(words)} do
    argv[at] = ("%q"):format(word)
  end
  return ("return {api = 2, user = \"root\", argv = {%s}, %s}"):format(table.concat(argv, ", "), fields or "")
end

-- Beside a pair of fakes.
local function start(services, variables)
  services.synapse = services.synapse or support.service {"say:I am synapse", "ready"}
  services.nginx = services.nginx or support.service({"say:I am nginx", "ready"}, {after = '{"synapse"}'})
  run = support.run(services, {variables = variables})
  return run
end

describe("a simple service", function()
  it("is ready in each way that it may say", function()
    local port = support.port()
    local code = "import http.server, sys; h = http.server.BaseHTTPRequestHandler; "
      .. "h.do_GET = lambda s: (s.send_response(200), s.end_headers()); "
      .. "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), h).serve_forever()"
    local unix = "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); "
      .. "time.sleep(1000)"
    local function python(text, argument, ready)
      return ("return {api = 2, user = 'root', argv = {%q, '-I', '-c', %q, %q}, ready = %s}"):format(support.PYTHON,
        text, argument, ready)
    end
    start {
      by_notify = simple({"ready"}, 'ready = "notify"'), by_start = simple {"say:I run"},
      by_exit = simple({"say:I am done", "exit:0"}, 'ready = "exit"'),
      by_http = python(code, tostring(port), ("{http = 'http://127.0.0.1:%d/x'}"):format(port)),
      by_tcp = python(code, tostring(port + 1), ("{tcp = %d}"):format(port + 1)),
      by_socket = python(unix, "{run}/own.sock", '{socket = "{run}/own.sock"}'),
    }:start()
    run:says "synlua | ready in"
    for _, name in ipairs {"by_notify", "by_start", "by_exit", "by_http", "by_tcp", "by_socket"} do
      assert.equal("ready", run:service(name).state, name)
    end
    run:stop()
  end)

  it("starts before another that it names", function()
    start {bridge = simple({"await:{run}/go", "ready"}, 'ready = "notify", before = {"synapse"}')}:start()
    run:says "files written"
    assert(support.poll(support.LONG, function() return #run:pids "await" == 1 end))
    assert.equal("waiting", run:service("synapse").state)
    assert.equal(0, run:count "I am synapse")
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    run:stop()
  end)

  it("does not end the homeserver when it fails for good", function()
    start {bridge = simple({"say:odd", "exit:3"}, "limits = {tries = 1}")}:start()
    run:says "bridge has failed for good"
    run:says "synlua | ready in"
    assert.is_true(support.alive(run:pid_of "I am synapse"))
    run:stop()
  end)

  it("gets variables, directories, files and templates of its own, and runs as Synapse's user", function()
    local text = [[return {api = 2, ready = "exit", user = %s,
      argv = function(view)
        return {"/bin/sh", "-c", 'id -u; env | sort; ls -ld "$1" "$1"/*; cat "$2"/*; touch "$1"/media/deep/mine', "sh",
          view.paths.state, view.paths.own}
      end,
      settings = {{name = "BRIDGE_PORT", kind = "port", default = 29318, doc = "Its port."}},
      environment = function(view) return {PORT = view.settings.BRIDGE_PORT} end,
      directories = {"media/deep"},
      files = function(view) return {{path = "a.txt", text = view.server_name .. "\n"}} end,
      templates = function(view)
        return {{path = "b.yaml", template = "bridge.yaml", format = "yaml", values = {url = view.urls.homeserver}}}
      end,
    }]]
    start({bridge = text:format "nil"}, {BRIDGE_PORT = "4711"})
    support.write(run:path "user/templates/bridge.yaml", "url: {{ url }}\n")
    run:start()
    run:says "synlua | ready in"
    local root = require "core.system".identity().uid == 0
    run:says(root and "bridge | 991" or "bridge | ")
    run:says "bridge | PORT=4711"
    run:says "bridge | localhost"
    run:says 'bridge | url: "http://127.0.0.1:8008"'
    assert.equal(0, run:count "SYNAPSE_SERVER_NAME")
    assert.is_true(support.exists(run:path "data/services/bridge/media/deep/mine"))
    run:stop()
  end)
end)

describe("a faulty file beside a running instance", function()
  it("ends the command that reads it, and disturbs nothing that runs", function()
    run = support.ready_pair()
    local before = {run:pid_of "I am synapse", run:pid_of "I am nginx"}
    for _, text in ipairs {"while true do end", '("a"):rep(200):find(("a-"):rep(40) .. "b")', "os.exit(0)",
      "local t = {} while true do t[#t + 1] = ('x'):rep(1 << 20) .. #t end", "coroutine.yield()", "return {"} do
      support.write(run:path "user/services/bridge.lua", text)
      local said, status = support.capture((run:command():gsub(" run$", " check 2>&1")))
      assert.equal(78, status, said)
      assert.is_truthy(said:find(run:path "user/services/bridge.lua:1: ", 1, true), said)
      assert.equal("ready", run:service("synapse").state)
    end
    assert.same(before, {run:pid_of "I am synapse", run:pid_of "I am nginx"})
    assert.equal(0, run:count "the event loop has not turned")
    run:stop()
  end)
end)

describe("a secret variable of a service", function()
  it("is shown by no command, in whatever file or environment its value stands", function()
    local base = support.directory()
    support.write(base .. "/user/services/bridge.lua", [[return {
      api = 2, argv = {"/bin/sleep", "1000"},
      settings = {{name = "BRIDGE_WORD", kind = "string", required = true, secret = true, doc = "A secret."}},
      environment = function(view) return {API_TOKEN = view.settings.BRIDGE_WORD} end,
      files = function(view)
        return {{path = "a.yaml", text = "t: " .. view.settings.BRIDGE_WORD .. "\n"},
          {path = "b.conf", text = view.settings.BRIDGE_WORD .. "\n"}}
      end,
    }]])
    for _, verb in ipairs {"plan", "plan --json", "diff", "env", "explain server_name", "eval -e files",
      "eval -e plan.services.bridge", "eval -e settings.BRIDGE_WORD", "eval -e env.BRIDGE_WORD",
      "eval -e 'render \"a.yaml\"'", "eval -e 'render \"b.conf\"'", "eval -e services"} do
      local text, status = support.capture(("env -i PATH=/usr/sbin:/usr/bin:/bin SYNAPSE_SERVER_NAME=localhost "
        .. "SYNAPSE_REPORT_STATS=no SYNAPSE_DATA_DIR=%s/data SYNAPSE_CONFIG_DIR=%s/data SYNLUA_USER_DIR=%s/user "
        .. "BRIDGE_WORD=hush-hush %s %s 2>&1"):format(base, base, base, support.quote(support.SYNLUA), verb))
      assert.is_nil(text:find("hush", 1, true), verb .. ": " .. text)
      assert.is_true(status <= 1, verb .. ": " .. text)
    end
    support.remove(base)
  end)
end)

describe("copies of all shipped services and worker types", function()
  it("make the same plan and the same files", function()
    local base = support.directory()
    local function made(user, to)
      return support.capture(("env -i PATH=/usr/sbin:/usr/bin:/bin SYNAPSE_SERVER_NAME=localhost "
        .. "SYNAPSE_REPORT_STATS=no SYNAPSE_DATA_DIR=%s/data SYNAPSE_CONFIG_DIR=%s/data SYNLUA_USER_DIR=%s/%s "
        .. "SYNAPSE_WORKER_TYPES=medium %s render %s/%s 2>&1"):format(base, base, base, user,
        support.quote(support.SYNLUA), base, to))
    end
    support.write(base .. "/user/templates/.keep", "")
    assert(os.execute(("cp -r %s/lua/services %s/lua/workers %s/user"):format(support.quote(package.home),
      support.quote(package.home), base)))
    local _, status = made("none", "one")
    assert.equal(0, status)
    local text
    text, status = made("user", "two")
    assert.equal(0, status, text)
    assert.is_truthy(text:find("stands in for the shipped services/nginx.lua", 1, true), text)
    assert.equal("", (support.capture(("diff -r %s/one %s/two"):format(base, base))))
    support.remove(base)
  end)
end)

-- The blocks of Lua in docs/lua.md, each with the file that the sentence before it names.
local function shown()
  local list = {}
  local text = documents.read "docs/lua.md"
  for prose, language, block in text:gmatch "(.-)\n```(%l+)[^\n]*\n(.-)\n```" do
    local at
    for name in prose:gmatch "`([%w_./]+)`" do
      if name:find "^services/[%w_]+%.lua$" or name:find "^workers/[%w_]+%.lua$" or name:find "^templates/[%w_.]+$" then
        at = name
      end
    end
    at = at or block:find "@type synlua.Service" and "services/shown.lua"
    if language ~= "text" or at and at:find "^templates/" then
      list[#list + 1] = {path = assert(at, block), text = block .. "\n"}
    end
  end
  return list
end

describe("what docs/lua.md shows", function()
  it("is in order, all of it at once, and does what the text says", function()
    local base = support.directory()
    local list = shown()
    assert.is_true(#list >= 5)
    for _, file in ipairs(list) do support.write(base .. "/user/" .. file.path, file.text) end
    local function plan(more)
      return support.capture(("env -i PATH=/usr/sbin:/usr/bin:/bin SYNAPSE_SERVER_NAME=localhost "
        .. "SYNAPSE_REPORT_STATS=no SYNAPSE_DATA_DIR=%s/data SYNAPSE_CONFIG_DIR=%s/data SYNLUA_USER_DIR=%s/user "
        .. "SYNAPSE_WORKER_TYPES=room_messages:2,synchrotron %s %s plan --json 2>&1"):format(base, base, base, more,
        support.quote(support.SYNLUA)))
    end
    local text, status = plan ""
    assert.equal(78, status)
    assert.is_truthy(text:find("BRIDGE_TOKEN: is required by services/bridge.lua", 1, true), text)
    text, status = plan "BRIDGE_TOKEN=x"
    assert.equal(0, status, text)
    for _, part in ipairs {'"name":"room_messages2"', '"bridge"', "config.yaml"} do
      assert.is_truthy(text:find(part, 1, true), part .. "\n" .. text)
    end
    support.remove(base)
  end)
end)
