local support = require "run.support"

local PORT = support.port()

local run

after_each(support.finish)

local function start(variables)
  variables = variables or {SYNLUA_METRICS_PORT = PORT}
  run = support.pair({"say:I am synapse", "ready"}, {"say:I am nginx", "ready"}, {variables = variables}):start()
  return run
end

local function stop(name)
  local said, status = support.capture(("env -i SYNLUA_RUNTIME_DIR=%s %s stop %s 2>&1"):format(run:path "run",
    support.quote(run.synlua), name))
  assert.equal(0, status, said)
end

-- Status and body of a page.
local function fetch(path, token)
  local code = ([[
import sys, urllib.request, urllib.error
asked = urllib.request.Request("http://127.0.0.1:%d%s")
if "%s":
    asked.add_header("Authorization", "Bearer %s")
try:
    r = urllib.request.urlopen(asked, timeout=60)
except urllib.error.HTTPError as e:
    r = e
print(r.status, r.headers["Content-Type"])
sys.stdout.write(r.read().decode())]]):format(PORT, path, token or "", token or "")
  local output = support.capture(("%s -I -c %s 2>&1"):format(support.PYTHON, support.quote(code)))
  local head, body = output:match "^([^\n]*)\n(.*)$"
  return head, body
end

local function metric(series)
  local _, body = fetch "/metrics"
  for line in body:gmatch "[^\n]+" do
    if line:sub(1, #series + 1) == series .. " " then return tonumber(line:sub(#series + 2)) end
  end
end

describe("synlua's own metrics", function()
  it("are a page that Prometheus finds no fault with", function()
    start():says "synlua | ready in"
    local head, body = fetch "/metrics"
    assert.equal("200 text/plain; version=0.0.4; charset=utf-8", head)
    support.write(run:path "metrics", body)
    local complaints, status = support.capture(("promtool check metrics <%s 2>&1"):format(run:path "metrics"))
    assert.equal("", complaints)
    assert.equal(0, status)
    for _, name in ipairs {"nginx", "synapse"} do
      assert.truthy(body:find(('synlua_service_state{service="%s",state="ready"} 1\n'):format(name), 1, true), body)
      local memory = body:match(('synlua_service_resident_memory_bytes{service="%s"} (%%d+)'):format(name))
      local shared = body:match(('synlua_service_proportional_memory_bytes{service="%s"} (%%d+)'):format(name))
      assert.is_true(tonumber(memory) > 1000000 and tonumber(shared) > 100000)
      assert.truthy(body:find(('synlua_service_start_to_ready_seconds{service="%s"} %%d'):format(name)))
    end
    assert.truthy(body:find 'synlua_build_info{libuv="[%d.]+",lua="5%.4%.%d+",version="[^"]+"} 1\n')
    assert.equal("404 text/plain; charset=utf-8", (fetch "/none"))
  end)

  it("come with a page for people, which shows each service with its state and why", function()
    start():says "synlua | ready in"
    assert(os.execute("kill -KILL " .. run:pid_of "I am nginx"))
    run:says "nginx is ready again"
    support.write(run:path "data/homeserver.db", ("x"):rep(3000000))
    support.write(run:path "data/homeserver.db.old", ("x"):rep(5000000)) -- somebody's copy
    local head, body = fetch "/"
    assert.equal("200 text/html; charset=utf-8", head)
    for _, text in ipairs {"<h1>localhost</h1>", ">nginx</th>", ">synapse</th>", "healthy: 2 of 2 services are ready",
      "<strong>nginx</strong>: killed by SIGKILL", ">SQLite<div class=\"small muted\">3.0 MB<", '<svg class="plan"'} do
      assert.truthy(body:find(text, 1, true), text .. "\n" .. body)
    end
    assert.matches('data%-name="CPU" role="cell"><span class="value">[%d.–]+', body)
    assert.matches('data%-name="Memory" role="cell"><span class="value">%d+%.?%d* MB<', body)
    for _, word in ipairs {"<script", "src=", "href=", "url("} do assert.is_nil(body:find(word, 1, true), word) end
    support.write(run:path "page.html", body:gsub("^<!DOCTYPE html>", ""):gsub('<meta charset="utf%-8">', "")
      :gsub('(<meta [^>]-)/?>', "%1/>"))
    local complaints = support.capture(("%s -I -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' %s "
      .. "2>&1"):format(support.PYTHON, run:path "page.html"))
    assert.equal("", complaints)
  end)

  it("come with those of a service that serves some, and with the list of both, also while nginx is stopped", function()
    run = support.pair({"measure:{run}/run/metrics.sock", "ready"}, {"say:I am nginx", "ready"}, {
      variables = {SYNLUA_METRICS_PORT = PORT},
      synapse = {fields = 'metrics = {socket = context.paths.runtime .. "/metrics.sock", uri = "/health"}'}}):start()
    run:says "synlua | ready in"
    local _, list = fetch "/targets"
    assert.same({
      {targets = {"127.0.0.1:" .. PORT}, labels = {__metrics_path__ = "/metrics", job = "synlua", index = "1",
        instance = "Synapse", server_name = "localhost"}},
      {targets = {"127.0.0.1:" .. PORT}, labels = {__metrics_path__ = "/metrics/synapse", job = "synapse", index = "1",
        instance = "Synapse", server_name = "localhost"}},
    }, require "dkjson".decode(list))
    stop "nginx"
    local head, body = fetch "/metrics/synapse"
    assert.same({"200 text/plain; version=0.0.4; charset=utf-8", "fake_up 1\n"}, {head, body})
    stop "synapse"
    head, body = fetch "/metrics/synapse"
    assert.same({"502 text/plain; charset=utf-8", "connection refused\n"}, {head, body})
  end)

  it("count a death by its cause, and the restart", function()
    start():says "synlua | ready in"
    local series = 'synlua_service_exits_total{cause="%s",service="synapse"}'
    assert.equal(0, metric 'synlua_service_restarts_total{service="synapse"}')
    local before = metric 'synlua_service_cpu_seconds_total{service="synapse"}'
    assert(os.execute("kill -KILL " .. run:pid_of "I am synapse"))
    run:says "synapse is ready again"
    assert.equal(1, metric 'synlua_service_restarts_total{service="synapse"}')
    local _, body = fetch "/metrics"
    local cause = body:match 'synlua_service_exits_total{cause="([^"]*)",service="synapse"} 1\n'
    assert.truthy(cause, body)
    assert.equal(1, metric(series:format(cause)))
    assert.is_true(metric 'synlua_service_cpu_seconds_total{service="synapse"}' >= before)
  end)

  it("come with the verdict that synlua health gives, as a status", function()
    run = support.pair({"say:I am synapse", "await:{run}/go", "ready"}, {"ready"},
      {variables = {SYNLUA_METRICS_PORT = PORT, SYNLUA_HEALTH_STARTING = "yes"}}):start()
    run:says "synapse | I am synapse"
    local head, body = fetch "/health"
    assert.equal("503 text/plain; charset=utf-8", head)
    assert.truthy(body:find("starting: synapse", 1, true), body)
    support.write(run:path "go", "")
    run:says "synlua | ready in"
    head, body = fetch "/health"
    assert.equal("200 text/plain; charset=utf-8", head)
    assert.equal("healthy: 2 of 2 services are ready\n", body)
  end)

  it("are for those alone who say the token that was made once, where the address is not loopback", function()
    start {SYNLUA_METRICS_ADDRESS = "0.0.0.0", SYNLUA_METRICS_PORT = PORT}:says "synlua | ready in"
    local path = run:path "data/metrics.token"
    local token = support.read(path):match "^(%x+)\n$"
    assert.equal(64, #token)
    assert.equal("600", (support.capture("stat -c %a " .. path):match "%d+"))
    for _, page in ipairs {"/metrics", "/targets", "/health", "/metrics/synapse", "/"} do
      assert.matches("^401 ", (fetch(page)))
      assert.matches("^401 ", (fetch(page, ("0"):rep(64))))
    end
    assert.matches("^200 ", (fetch("/metrics", token)))
    local _, list = fetch("/targets", token)
    assert.equal("127.0.0.1:" .. PORT, require "dkjson".decode(list)[1].targets[1])
    assert.is_nil(run:log():find(token, 1, true))
    run:stop()
    for _, name in ipairs {"status", "pid", "log"} do assert(os.remove(run:path(name))) end
    run:start():says "synlua | ready in"
    assert.equal(token .. "\n", support.read(path))
    assert.matches("^200 ", (fetch("/metrics", token)))
  end)

  it("are for those alone who say a token that is set, also on loopback", function()
    start {SYNLUA_METRICS_PORT = PORT, SYNLUA_METRICS_TOKEN = "0123456789abcdef"}:says "synlua | ready in"
    assert.matches("^401 ", (fetch "/metrics"))
    assert.matches("^200 ", (fetch("/metrics", "0123456789abcdef")))
    assert.is_false(support.exists(run:path "data/metrics.token"))
  end)

  it("are not served unless asked for", function()
    start({}):says "synlua | ready in"
    local head, rest = fetch "/metrics"
    assert.matches("Connection refused", head .. rest)
  end)

  it("refuse the port of a client listener that only homeserver.yaml names", function()
    run = support.pair({"ready"}, {"ready"}, {variables = {SYNLUA_METRICS_PORT = PORT}})
    support.write(run:path "data/homeserver.yaml", ([[
server_name: localhost
listeners:
  - {port: %d, type: http, resources: [{names: [client]}]}
]]):format(PORT))
    run:start():says(("SYNLUA_METRICS_PORT: port %d for synlua's own metrics is also that of nginx "
      .. "(%s/homeserver.yaml:3)"):format(PORT, run:path "data"))
    assert.equal(78, run:status())
  end)

  it("refuse to start on a port that is taken, and name the variable", function()
    local server = support.listen()
    finally(function() server:close() end)
    start {SYNLUA_METRICS_PORT = server.port}
    run:says(("SYNLUA_METRICS_PORT: 127.0.0.1 port %d: Address already in use"):format(server.port))
    assert.equal(78, run:status())
  end)
end)
