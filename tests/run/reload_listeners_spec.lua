-- A reload that changes where nginx listens: what another program holds is told before nginx is asked.

local behind = require "run.behind"
local support = require "run.support"

local run, holder

local HEAD = "server_name: localhost\nreport_stats: no\nlisteners:\n"
local SERVES = "x_forwarded: true, resources: [{names: [client, federation]}]}\n"
local ROW = "- {type: http, port: %d, bind_addresses: ['%s'], " .. SERVES

local function configure(rows) support.write(run:path "data/homeserver.yaml", HEAD .. rows) end
local function row(port, address) return ROW:format(port, address or "127.0.0.1") end

local function reload()
  return support.capture(("env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 60 %s reload 2>&1"):format(run:path "run",
    support.quote(support.SYNLUA)))
end

-- A program that listens somewhere until release().
local function hold(family, address)
  local text = ("import os, socket, time; s = socket.socket(socket.%s); "
    .. "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(%s); s.listen(); print(os.getpid()); "
    .. "time.sleep(300)"):format(family, address)
  local pipe = assert(io.popen(("exec %s -uc %s"):format(support.PYTHON, support.quote(text))))
  holder = {pid = assert(pipe:read "n"), pipe = pipe}
end

local function release()
  if not holder then return end
  os.execute("kill " .. holder.pid)
  holder.pipe:close()
  holder = nil
end

local function answers(port) return (behind.ask("", ("http://127.0.0.1:%d/_matrix/client/versions"):format(port))) end

local function refused(...)
  local output, status = reload()
  assert.equal(78, status, output)
  for _, word in ipairs {...} do assert.is_truthy(output:find(word, 1, true), output) end
  assert.equal(200, answers(run.port))
  return output
end

local function accepted()
  local output, status = reload()
  assert.equal(0, status, output)
  return output
end

local function started(rows)
  run = behind.start({NGINX_LISTEN_ADDRESS = false}, HEAD .. (rows or row(support.port())))
end

describe("a reload that changes where nginx listens", function()
  after_each(function()
    release()
    support.finish()
  end)

  it("is refused where another program has the port, with the address and the listener, until it is free", function()
    started()
    local port = run.port + 50
    hold("AF_INET", ('("127.0.0.1", %d)'):format(port))
    configure(row(run.port) .. row(port))
    refused(("127.0.0.1 port %d: Address already in use"):format(port), run:path "data/homeserver.yaml" .. ":5",
      "stop what listens there")
    run:signal "HUP"
    assert.is_truthy(support.poll(support.LONG, function() return run:count "nginx is not reloaded: " >= 2 end))
    assert.equal(0, run:count "bind() to")
    assert.is_nil(support.read(run:path "run/nginx/nginx.conf"):find(tostring(port), 1, true))
    release()
    accepted()
    assert.is_truthy(support.poll(support.LONG, function() return answers(port) == 200 end))
    accepted() -- its own port is not busy
    configure(row(run.port))
    accepted()
    assert.is_truthy(support.poll(support.LONG, function() return answers(port) == 0 end))
    hold("AF_INET", ('("127.0.0.1", %d)'):format(port))
    configure(row(run.port) .. row(port))
    refused(("127.0.0.1 port %d: Address already in use"):format(port))
  end)

  it("is refused where nginx itself would have to give up an address first, and says so", function()
    started()
    configure(row(run.port, "0.0.0.0"))
    refused(("0.0.0.0 port %d: Address already in use"):format(run.port),
      ("nginx itself listens on 127.0.0.1 port %d"):format(run.port), "start synlua again")
  end)

  it("is refused where another program has the socket; a dead one of nginx's is replaced", function()
    local directory = support.directory()
    assert(os.execute("chmod 777 " .. directory))
    local path = directory .. "/front.sock"
    local rows = ("- {type: http, path: %s, mode: 384, "):format(path) .. SERVES
    started()
    hold("AF_UNIX", ("%q"):format(path))
    configure(row(run.port) .. rows)
    refused(path .. ": Address already in use", run:path "data/homeserver.yaml" .. ":5",
      "stop what listens there, or choose another path")
    release()
    assert.is_true(support.exists(path)) -- a dead one
    refused(path .. ": removing", "remove it: nginx cannot listen in its place")
    assert(os.execute("chown www-data " .. path))
    accepted()
    local function status() return (behind.ask("--unix-socket " .. path, "http://x/_matrix/client/versions")) end
    assert.is_truthy(support.poll(support.LONG, function() return status() == 200 end))
    local function is_closed() return require "core.file".stat(path).mode & 511 == 384 end
    assert.is_truthy(support.poll(support.LONG, is_closed), "open to all users")
    accepted()
    assert.equal(200, status())
    support.remove(directory)
  end)
end)
