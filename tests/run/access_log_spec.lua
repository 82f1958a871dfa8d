-- The access log of the real nginx, in front of a fake Synapse.

local json = require "dkjson"
local support = require "run.support"

local quoted = support.quote

local run, port

local TOKEN = "syt_secrettoken"

-- A homeserver whose Synapse only answers who it is; the interpreter must be one that every user can reach.
local function start(variables, stdout)
  port = support.port()
  local all = {SYNAPSE_HTTP_PORT = port, NGINX_LISTEN_ADDRESS = "127.0.0.1", SYNLUA_CONTAINER = "no"}
  for name, value in pairs(variables) do all[name] = value end
  run = support.run({}, {variables = all, copied = true})
  support.write(run:path "python", support.read(support.FAKES .. "/synapse.py"))
  assert(os.execute("chmod 755 " .. run:path "python"))
  run.options.variables.SYNLUA_SYNAPSE_PYTHON = run:path "python"
  if stdout then assert(os.execute("mkfifo " .. run:path(stdout))) end
  run:start(stdout and run:path(stdout))
  run:says "ready in"
  return run
end

local function ask(words, path)
  return (support.capture(("curl -s -o /dev/null -w '%%{http_code}' --max-time 60 %s %s"):format(words,
    quoted(("http://127.0.0.1:%d%s"):format(port, path)))))
end

local function line_of(pattern)
  local whole = "access | ([^\n]*" .. pattern .. "[^\n]*)"
  return assert(support.poll(support.LONG, function() return run:log():match(whole) end),
    "no line with " .. pattern .. "; the log:\n" .. run:log())
end

after_each(support.finish)

describe("the access log", function()
  it("is off unless it is asked for", function()
    start {}
    assert.equal("200", ask("", "/_matrix/client/v3/one"))
    run:stop()
    assert.equal(0, run:count "access | ")
    assert.is_false(support.exists(run:path "run/nginx/access.fifo"))
  end)

  it("has one brief line for each request, and no query", function()
    start {SYNLUA_ACCESS_LOG = "brief"}
    local fifo = assert(require("core.file").stat(run:path "run/nginx/access.fifo"))
    assert.equal(require("lib.octal") "0600", fifo.mode & 511)
    assert.equal("200", ask("", "/_matrix/client/v3/one?access_token=" .. TOKEN))
    local line = line_of "/one"
    assert.truthy(line:match "^200 GET /_matrix/client/v3/one %d+%.%d+ s %d+ B main 127%.0%.0%.1$", line)
    assert.equal("404", ask("", "/_synlua/long_field"))
    line = line_of "long_field"
    assert.truthy(line:find "^404 GET /_synlua/long_field %d+%.%d+ s %d+ B %- ", line)
    run:stop()
    assert.equal(1, run:count "/one")
    assert.equal(0, run:count "/_synlua/nginx")
    assert.equal(0, run:count(TOKEN))
  end)

  it("holds no token, wherever a client puts one", function()
    start {SYNLUA_ACCESS_LOG = "full"}
    ask(("-H 'Authorization: Bearer %s' -H 'Referer: https://u:%s@app.example.org:8443/x?%s'"):format(TOKEN, TOKEN,
      TOKEN), "/_matrix/client/v3/two?access_token=" .. TOKEN)
    ask("", "/_synapse/admin/v1/registration_tokens/" .. TOKEN)
    ask("", "/_synapse/admin/v1/registration%5Ftokens/" .. TOKEN)
    ask("", "/_matrix/client/unstable/org.matrix.msc4108/rendezvous/" .. TOKEN)
    for _, path in ipairs {"/_matrix/client/v1/%72endezvous/", "/_matrix/client/v1/rende%7Avous/",
      "/_matrix/client//v1/%2e/rendezvous/", "/_matrix/x/../client/v1/rendezvous/",
      "/_matrix/client%2Fv1/rendezvous%2f", "/_matrix/%2e%2e/_synapse/admin/v1/registration_tokens/",
      "//_matrix/client/v1/rendezvous/"} do
      ask("", path .. TOKEN)
    end
    -- nginx answers these in a location of its own, and no longer knows the decoded path.
    for _, words in ipairs {"-H 'X-Long: " .. ("x"):rep(20000) .. "'", "-X TRACE"} do
      ask(words, "/_synapse/admin/v1/registration%5Ftokens/" .. TOKEN)
      ask(words, "/_matrix/client/unstable/org.matrix.msc4108/rendezvous/" .. TOKEN)
    end
    ask("", "/_matrix/client/v3/three%0d%0aaccess%20%7c%20forged")
    ask(("-X POST -A 'A \"quoted\" agent' -H 'Referer: https://%s'"):format(TOKEN:gsub("_", "")), "/four")
    local line = line_of "/two"
    assert.truthy(line:find
      '^200 GET /_matrix/client/v3/two %d+%.%d+ s %d+ B main 127%.0%.0%.1 HTTP/1%.1 id=%x+ connect="',
      line)
    assert.truthy(line:find('from="app.example.org" agent="curl/', 1, true), line)
    line_of "registration_tokens/%*%*%*"
    line_of "rendezvous/%*%*%*"
    line_of "/three%%0d%%0aaccess%%20%%7c%%20forged"
    assert.truthy(line_of "/four":find([[agent="A \x22quoted\x22 agent"]], 1, true), line_of "/four")
    run:stop()
    assert.equal(0, run:count(TOKEN))
  end)

end)

describe("the access log as JSON", function()
  it("is one object for each request", function()
    start {SYNLUA_ACCESS_LOG = "json"}
    ask([[-A 'A "quoted" \agent']], "/_matrix/client/v3/%22five%5C?x=y")
    local made = assert(json.decode((line_of "five")))
    assert.equal("/_matrix/client/v3/%22five%5C", made.path)
    assert.equal([[A "quoted" \agent]], made.agent)
    assert.same({200, "GET", "main", "127.0.0.1", "HTTP/1.1"},
      {made.status, made.method, made.upstream, made.client, made.protocol})
    assert.is_number(made.seconds)
    assert.equal("integer", math.type(made.bytes))
    run:stop()
  end)

  it("is a part of the line's own object where all lines are JSON", function()
    start {SYNLUA_ACCESS_LOG = "json", SYNLUA_LOG_FORMAT = "json"}
    ask("", "/_matrix/client/v3/%22seven")
    local line = assert(support.poll(support.LONG, function() return run:log():match "[^\n]*seven[^\n]*" end))
    local made = assert(json.decode(line))
    assert.same({"access", "out", "/_matrix/client/v3/%22seven"}, {made.service, made.stream, made.request.path})
    run:stop()
  end)
end)

describe("the files of the access log", function()
  it("take its lines in place of stdout, and no other service's", function()
    start {SYNLUA_ACCESS_LOG = "brief", SYNLUA_ACCESS_LOG_TO = "files", SYNLUA_LOG_FILE_SIZE = "65536",
      SYNLUA_LOG_FILE_COUNT = "2"}
    local file = run:path "data/logs/access.log"
    ask("", "/_matrix/client/v3/six")
    assert(support.poll(support.LONG, function() return support.read(file):find("/v3/six ", 1, true) end))
    for _ = 1, 3 do ask("", "/_matrix/client/v3/[1-300]" .. ("x"):rep(200)) end
    assert(support.poll(support.LONG, function() return support.exists(file .. ".1") end))
    local said = support.capture(("env -i SYNLUA_RUNTIME_DIR=%s timeout 60 %s logs access -n 3 2>&1"):format(
      run:path "run", quoted(support.SYNLUA)))
    assert.truthy(said:find "200 GET /_matrix/client/v3/%d+xxx", said)
    run:stop()
    assert.equal(0, run:count "access | ")
    assert.is_false(support.exists(run:path "data/logs/nginx.log"))
  end)
end)

local MANY = 8000 -- with their paths more than the FIFO and all pipes and buffers behind it hold

describe("nginx", function()
  it("answers while nobody takes the lines, and the lost ones are counted", function()
    local began = os.time()
    start({SYNLUA_ACCESS_LOG = "brief", SYNLUA_LOG_WHEN_BLOCKED = "wait"}, "nobody")
    local command = "curl -s --max-time 300 -o /dev/null -w '%%{http_code}\\n' %s | sort | uniq -c"
    local made = support.capture(command:format(
      quoted(("http://127.0.0.1:%d/_matrix/%s/[1-%d]"):format(port, ("x"):rep(490), MANY))))
    assert.equal(("%d 200"):format(MANY), made:match "^%s*(.-)%s*$")
    local out = support.capture(("timeout 60 cat %s >%s & echo $!"):format(run:path "nobody", run:path "out"))
    run:says "lines of access were dropped: they came faster than synlua could pass them on"
    run:stop()
    assert(support.poll(support.LONG, function() return not support.alive(tonumber(out)) end))
    local lost, passed = 0, select(2, support.read(run:path "out"):gsub("access | 200 GET /_matrix/xxx", ""))
    for count in run:log():gmatch "(%d+) lines of access were dropped" do lost = lost + tonumber(count) end
    -- synlua itself asks through nginx once a minute, and that line may be among the lost.
    local own = math.max(0, math.min(passed + lost - MANY, (os.time() - began) // 60 + 1))
    assert.equal(MANY, passed + lost - own)
  end)

  it("is not stuck on the log of a synlua that was killed", function()
    start {SYNLUA_ACCESS_LOG = "brief"}
    assert.equal("200", ask("", "/"))
    local found = support.capture(("pgrep -f %s"):format(quoted("master process .*" .. run:path "run")))
    local master = assert(tonumber(found:match "%d+"))
    run:signal "KILL"
    assert(run:status())
    local began = os.time()
    for _ = 1, 200 do ask("--max-time 20", "/" .. ("x"):rep(100)) end
    assert.is_true(os.time() - began < 20)
    if support.alive(master) then os.execute("kill -TERM " .. master) end
    assert(support.poll(support.LONG, function() return not support.alive(master) end))
  end)
end)
