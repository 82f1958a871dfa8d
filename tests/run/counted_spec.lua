-- The metrics of the real nginx's requests, in front of fakes of Synapse.

local support = require "run.support"
local system = require "core.system"

local quoted = support.quote

local run, port, metrics_port

local function start(variables, user)
  port = support.port()
  metrics_port = port + 1
  local all = {SYNAPSE_HTTP_PORT = port, NGINX_LISTEN_ADDRESS = "127.0.0.1", SYNLUA_CONTAINER = "no",
    SYNAPSE_METRICS = "yes", SYNLUA_METRICS_PORT = metrics_port}
  for name, value in pairs(variables) do all[name] = value end
  run = support.run({}, {variables = all, copied = true})
  support.write(run:path "python", support.read(support.FAKES .. "/synapse.py"))
  assert(os.execute("chmod 755 " .. run:path "python"))
  run.options.variables.SYNLUA_SYNAPSE_PYTHON = run:path "python"
  for name, text in pairs(user or {}) do support.write(run:path("user/" .. name), text) end
  run:start()
  run:says "ready in"
end

local function ask(words, path)
  return (support.capture(("curl -s -o /dev/null -w '%%{http_code} ' --max-time 60 %s %s"):format(words,
    quoted(("http://127.0.0.1:%d%s"):format(port, path)))))
end

local function page()
  return (support.capture(("curl -s --max-time 60 http://127.0.0.1:%d/metrics"):format(metrics_port)))
end

-- Waits for a series with a value that passes, and returns the page.
local function await(series, passes)
  local last
  local found = support.poll(support.LONG, function()
    last = page()
    for line in last:gmatch "[^\n]+" do
      local value = line:sub(1, #series + 1) == series .. " " and tonumber(line:sub(#series + 2))
      if value and passes(value) then return last end
    end
  end)
  return assert(found, series .. " did not come; the page:\n" .. tostring(last))
end

local function is(number) return function(value) return value == number end end

local function requests(method, pool, route, status)
  return ('synlua_nginx_requests_total{method="%s",pool="%s",route="%s",status="%s"}'):format(method, pool, route,
    status)
end

after_each(support.finish)

describe("nginx's requests", function()
  it("are counted by method, status, pool and route, and no line of them is shown", function()
    start {SYNAPSE_WORKER_TYPES = "synchrotron:1,event_creator:1"}
    assert.equal("200 ", ask("-H 'Authorization: Bearer syt_secrettoken'", "/_matrix/client/v3/sync?since=a"))
    for _ = 1, 3 do ask("-X PUT -d '{}'", "/_matrix/client/v3/rooms/!a:b/send/m.room.message/1") end
    assert.equal("404 ", ask("", "/nothing"))
    ask("-X PROPFIND", "/_matrix/client/v3/account/whoami")
    local route = "/_matrix/client/{api/v1|r0|v3|unstable}/rooms/{room}/{send|redact}/*"
    local text = await(requests("PUT", "event_creator.room", route, "2xx"), is(3))
    await(requests("GET", "synchrotron.user", "/_matrix/client/{r0|v3|unstable}/sync", "2xx"), is(1))
    await(requests("GET", "synlua", "other", "4xx"), is(1))
    await(requests("other", "main", "other", "5xx"), is(1))
    await('synlua_nginx_request_seconds_count{pool="event_creator.room"}', is(3))
    await('synlua_nginx_upstream_seconds_count{pool="event_creator.room"}', is(3))
    await('synlua_nginx_retries_total{pool="event_creator.room"}', is(0))
    await("synlua_nginx_lines_malformed_total", is(0))
    support.write(run:path "metrics", text)
    local complaints, status = support.capture(("promtool check metrics <%s 2>&1"):format(run:path "metrics"))
    assert.equal("", complaints)
    assert.equal(0, status)
    for _, secret in ipairs {"127.0.0.1", "secrettoken", "/nothing"} do assert.is_nil(text:find(secret, 1, true)) end
    run:stop()
    assert.equal(0, run:count "access | ")
  end)

  it("are counted beside each form of the access log, whose lines stay as they are", function()
    for form, pattern in pairs {
      brief = "access | (200 GET /_matrix/client/v3/one %d+%.%d+ s %d+ B main 127%.0%.0%.1)\n",
      full = "access | (200 GET /_matrix/client/v3/one [^\n]*agent=\"curl[^\n]*)\n",
      json = 'access | ({"time":[^\n]*"path":"/_matrix/client/v3/one"[^\n]*})\n',
    } do
      start {SYNLUA_ACCESS_LOG = form}
      ask("", "/_matrix/client/v3/one")
      ask("", "/_synlua/nothing")
      await(requests("GET", "main", "other", "2xx"), function(value) return value >= 1 end)
      await(requests("GET", "synlua", "other", "4xx"), is(1))
      await("synlua_nginx_lines_malformed_total", is(0))
      run:stop()
      assert.truthy(run:log():match(pattern), run:log())
      for _, mark in ipairs {"\t", "/_synlua/nginx", "0.000;"} do assert.equal(0, run:count(mark)) end
      support.finish()
    end
  end)

  it("keep their route when the main process answers in place of a worker, or nobody does", function()
    start {SYNAPSE_WORKER_TYPES = "synchrotron:1"}
    assert(os.execute(("rm %s/sockets/synchrotron*_public.sock"):format(run:path "run")))
    assert.equal("200 ", ask("", "/_matrix/client/v3/sync?since=a"))
    local route = "/_matrix/client/{r0|v3|unstable}/sync"
    await(requests("GET", "main", route, "2xx"), is(1))
    await('synlua_nginx_retries_total{pool="main"}', is(1))
    assert(os.execute(("env -i SYNLUA_RUNTIME_DIR=%s timeout 60 %s stop synapse >/dev/null"):format(run:path "run",
      quoted(support.SYNLUA))))
    assert.equal("503 ", ask("", "/_matrix/client/v3/sync?since=a"))
    await(requests("GET", "synlua", route, "5xx"), is(1))
  end)

  it("that are no requests for nginx are counted too, and nginx says nothing of it", function()
    start {}
    for _, words in ipairs {"-H 'X-Long: " .. ("x"):rep(20000) .. "'", "-X TRACE"} do ask(words, "/x") end
    assert(os.execute(("timeout 60 %s -I -c %s"):format(support.PYTHON, quoted(([[
import socket, sys
s = socket.create_connection(("127.0.0.1", %d))
s.sendall(b"GET / HTTP/1.1\r\nHost")
s.close()
s = socket.create_connection(("127.0.0.1", %d))
s.sendall(b"nonsense\r\n\r\n")
s.recv(1000)]]):format(port, port)))))
    -- Where nginx answers by a page of its own, it takes the method for GET.
    await(requests("GET", "synlua", "other", "4xx"), is(4))
    await("synlua_nginx_lines_malformed_total", is(0))
    run:stop()
    assert.equal(0, run:count "uninitialized")
  end)

  it("go on being counted by the nginx that follows a killed one", function()
    start {}
    assert.equal("404 ", ask("", "/one"))
    await(requests("GET", "synlua", "other", "4xx"), is(1))
    local found = support.capture(("pgrep -f %s"):format(quoted("master process .*" .. run:path "run")))
    assert(os.execute("kill -KILL " .. assert(found:match "%d+")))
    run:says "nginx is ready again"
    assert.equal("404 ", ask("", "/two"))
    await(requests("GET", "synlua", "other", "4xx"), is(2))
    await("synlua_nginx_lines_lost_total", is(0))
  end)

  it("whose lines did not come are counted as lost", function()
    start({}, {["templates/nginx.conf.d/server/silent.conf"] = "location /silent { access_log off; return 204; }\n"})
    assert.equal(("204 "):rep(30), ask("", "/silent/[1-30]"))
    -- Each page makes a request of its own, whose line may stand for one that is lost. So few pages are asked for.
    local asked, lost = -math.huge, 0
    assert(support.poll(support.LONG, function()
      if system.now() - asked < 3000 then return end
      asked, lost = system.now(), tonumber(page():match "\nsynlua_nginx_lines_lost_total (%d+)")
      return lost > 0
    end))
    assert.is_true(lost > 10 and lost <= 30, lost)
  end)
end)
