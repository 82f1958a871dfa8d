-- A start with a real nginx beside a fake of Synapse: what it refuses, and when it is asked.

local lfs = require "lfs"
local support = require "run.support"

local quoted = support.quote

local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or lfs.currentdir() .. "/.venv/bin/python"

local run

-- An nginx that counts what it is asked, and then is the real one.
local COUNTING = [[#!/bin/sh
echo "$*" >>%s/asked
exec /usr/sbin/nginx "$@"
]]

local SOCKETS = "directories = {{base = context.paths.runtime, path = 'sockets', mode = 493, uid = 0, gid = 0}}"

local function made(options)
  local serves = {"say:I am synapse", "serve:{run}/run/sockets/main_public.sock", "ready"}
  run = support.run({synapse = support.service(serves, {fields = SOCKETS})}, options)
  support.write(run:path "nginx-program", COUNTING:format(run.directory))
  support.write(run:path "asked", "")
  assert(os.execute(("cd %s && chmod 755 nginx-program && chmod 666 asked"):format(quoted(run.directory))))
  options.variables.SYNLUA_NGINX = run:path "nginx-program"
  return run
end

local function variables(more)
  local list = {SYNAPSE_HTTP_PORT = support.port(), NGINX_LISTEN_ADDRESS = "127.0.0.1"}
  for name, value in pairs(more or {}) do list[name] = value end
  return list
end

local function trials()
  local count = 0
  for line in support.read(run:path "asked"):gmatch "[^\n]+" do
    if line:find("-t", 1, true) == 1 then count = count + 1 end
  end
  return count
end

-- One more start with the same directories.
local function again()
  for _, name in ipairs {"pid", "status", "log"} do os.remove(run:path(name)) end
  run:start():says "synlua | ready in"
end

-- The status of `synlua check` with the run's variables.
local function checked()
  local _, _, status = os.execute(("%s >/dev/null 2>&1"):format(run:command "check"))
  return status
end

-- A self-signed pair NAME.pem and NAME.key that every user can read.
local function pair(directory, name, more)
  assert(os.execute(("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
    .. "-subj /CN=localhost -keyout %s.key -out %s.pem %s 2>/dev/null && chmod 644 %s.key"):format(quoted(directory),
    name, name, more or "-days 30", name)))
end

-- A pair that is good from and until these seconds from now, for the run's variables.
local function dated(name, from, till, ocsp)
  assert(os.execute(("cd %s && %s -I %s/certificate.py %s %d %d %s"):format(quoted(run.directory), quoted(PYTHON),
    support.FAKES, name, from, till, ocsp or "")))
  run.options.variables.SYNAPSE_TLS_CERT = run:path(name .. ".pem")
  run.options.variables.SYNAPSE_TLS_KEY = run:path(name .. ".key")
end

-- What a client sees at an address; the status is that of the command.
local function curl(address, more)
  return support.capture(("curl -s -k -m 20 %s -o /dev/null -w '%%{http_code} %%{http_version}' %s"):format(more or "",
    quoted(address)))
end

local function handshake(port, more)
  local output = support.capture(("timeout 20 openssl s_client -connect 127.0.0.1:%d %s </dev/null 2>&1"):format(port,
    more))
  return output:match "\nNew, ([%w.]+), Cipher is [^(]" or "none"
end

describe("nginx", function()
  after_each(support.finish)

  it("tries its files before the first start, and again only after a change", function()
    local given = variables()
    made {variables = given}
    run:start():says "synlua | ready in"
    run:stop()
    assert.equal(1, trials())
    again()
    run:stop()
    assert.equal(1, trials())
    given.SYNAPSE_MAX_UPLOAD_SIZE = "7M"
    again()
    run:stop()
    assert.equal(2, trials())
  end)

  it("is not asked by check either, where nothing has changed since a start", function()
    local given = variables()
    made {variables = given}
    assert.equal(0, (checked()))
    assert.equal(1, trials())
    run:start():says "synlua | ready in"
    run:stop()
    assert.equal(2, trials())
    assert.equal(0, (checked()))
    assert.equal(2, trials())
    given.SYNAPSE_MAX_UPLOAD_SIZE = "7M"
    assert.equal(0, (checked()))
    assert.equal(3, trials())
  end)

  it("ends a start at once that it refuses, with its own words and status 78", function()
    local at = support.directory()
    pair(at, "a")
    pair(at, "b")
    made {variables = variables {SYNAPSE_TLS_CERT = at .. "/a.pem", SYNAPSE_TLS_KEY = at .. "/b.key"}}
    run:start()
    local status = run:status()
    support.remove(at)
    assert.equal(78, status, run:log())
    assert.equal(0, run:count "I am synapse")
    assert.is_truthy(run:log():find("key values mismatch", 1, true), run:log())
  end)

  it("has TLS 1.2 and 1.3 and HTTP/2 on each port, and nothing older", function()
    local first = support.port()
    made {variables = variables {SYNLUA_TLS_PORTS = ("%d,%d"):format(first + 1, first + 2)}}
    pair(run.directory, "a")
    run.options.variables.SYNAPSE_TLS_CERT, run.options.variables.SYNAPSE_TLS_KEY = run:path "a.pem", run:path "a.key"
    run:start():says "synlua | ready in"
    for port = first + 1, first + 2 do
      assert.equal("TLSv1.3", handshake(port, ""))
      assert.equal("TLSv1.2", handshake(port, "-tls1_2"))
      for _, old in ipairs {"-tls1", "-tls1_1"} do
        assert.equal("none", handshake(port, old .. " -cipher DEFAULT:@SECLEVEL=0"))
      end
      assert.equal("none", handshake(port, "-tls1_2 -cipher AES128-SHA256:@SECLEVEL=0"))
      assert.equal("204 2", (curl(("https://127.0.0.1:%d/_synlua/nginx"):format(port), "--http2")))
      assert.equal("204 1.1", (curl(("https://127.0.0.1:%d/health"):format(port), "--http1.1")))
    end
    run:stop()
  end)

  it("is watched for the end of its certificate, which is told 14 days before", function()
    made {variables = variables {SYNLUA_SYNAPSE_PYTHON = PYTHON, SYNLUA_TLS_PORTS = support.port() + 1}}
    dated("a", -60, 14 * 86400 + 5)
    run:start():says "synlua | ready in"
    run:says(run:path "a.pem" .. " ends in 13 days, on ")
    run:stop()
  end)

  it("staples what the certificate's authority says, and does not wait for it", function()
    local port = support.port()
    made {variables = variables {SYNLUA_SYNAPSE_PYTHON = PYTHON, SYNAPSE_HTTP_PORT = port, SYNLUA_TLS_PORTS = port + 1}}
    dated("a", -60, 90 * 86400, ("http://127.0.0.1:%d/ocsp"):format(port + 2))
    run:start():says "synlua | ready in"
    local function stapled()
      return support.capture(("timeout 20 openssl s_client -connect 127.0.0.1:%d -status </dev/null 2>&1"):format(
        port + 1)):find("OCSP Response Status: successful", 1, true)
    end
    assert.is_nil(stapled()) -- nobody answers there yet
    run:stop()
    os.execute(("%s -I %s/ocsp.py %s %d >%s 2>&1 & echo $! >%s"):format(quoted(PYTHON), support.FAKES, run:path "a",
      port + 2, run:path "asked-for", run:path "authority.pid"))
    assert.is_truthy(support.poll(support.LONG, function()
      return not require("core.system").can_listen("127.0.0.1", port + 2)
    end))
    again()
    local found = support.poll(support.LONG, stapled)
    -- A proxy on this machine has the address of nginx itself, and passes on what anybody asks.
    for _, words in ipairs {"-A '' -H 'X-Forwarded-For: 203.0.113.7'", "-A '' -H 'Connection: close'", "-A any"} do
      local address = ("http://127.0.0.1:%d/_synlua/authority/ocsp/x"):format(port)
      assert.equal("404 1.1", (curl(address, "--http1.0 " .. words)))
    end
    os.execute("kill " .. support.read(run:path "authority.pid"))
    assert.is_truthy(found, run:log() .. support.read(run:path "asked-for"))
    assert.matches("^/ocsp/%S+ 127.0.0.1:" .. port + 2, support.read(run:path "asked-for"))
    run:stop()
  end)

  it("starts at once where the name of the certificate's authority cannot be looked up", function()
    local port = support.port()
    made {variables = variables {SYNLUA_SYNAPSE_PYTHON = PYTHON, SYNAPSE_HTTP_PORT = port, SYNLUA_TLS_PORTS = port + 1}}
    dated("a", -60, 90 * 86400, "http://ocsp.example.invalid")
    local began = require("core.system").now()
    run:start():says("synlua | ready in", 20)
    assert.equal("TLSv1.3", handshake(port + 1, "-status"))
    assert.is_true(require("core.system").now() - began < 20000)
    assert.is_truthy(support.read(run:path "run/nginx/nginx.conf"):find("ssl_stapling on;", 1, true))
    run:stop()
  end)

  it("takes over a listener with TLS of homeserver.yaml, with its certificate", function()
    local port = support.port()
    made {variables = variables {SYNAPSE_HTTP_PORT = port}}
    pair(run.directory, "own")
    support.write(run:path "data/homeserver.yaml", ([[
server_name: localhost
report_stats: false
tls_certificate_path: %s
tls_private_key_path: %s
listeners:
  - {type: http, port: %d, bind_addresses: ['127.0.0.1'], resources: [{names: [client, federation]}]}
  - {type: http, tls: true, port: %d, bind_addresses: ['127.0.0.1'], resources: [{names: [client, federation]}]}
]]):format(run:path "own.pem", run:path "own.key", port, port + 1))
    run:start():says "synlua | ready in"
    assert.equal("204 2", (curl(("https://127.0.0.1:%d/health"):format(port + 1), "--http2")))
    assert.equal("204 1.1", (curl(("http://127.0.0.1:%d/health"):format(port))))
    assert.is_nil(support.read(run:path "run/homeserver.yaml"):find("tls: true", 1, true))
    run:stop()
  end)

  it("passes on the host and port that the client said, and nothing that is none", function()
    made {variables = variables()}
    local command = ("umask 0; exec %s -I %s/http.py %s"):format(support.PYTHON, support.FAKES,
      run:path "run/sockets/main_public.sock")
    support.write(run:path "user/services/synapse.lua", (support.service({}, {fields = SOCKETS,
      ready = "{started = true}", argv = ('{"/bin/sh", "-c", %q}'):format(command)}):gsub("api = 2,",
        '%0 replaces = "0",')))
    run:start():says "synlua | ready in"
    local at = ("http://127.0.0.1:%d/_matrix/echo"):format(run.options.variables.SYNAPSE_HTTP_PORT)
    for _, host in ipairs {"Example.org:8443", "[2001:db8::1]:443", "example.org"} do
      assert.matches("^200", (curl(at, "-H 'Host: " .. host .. "'")))
      run:says("synapse | Host: " .. host .. "\r")
    end
    assert.matches("^200", (curl(at, "-H 'Host: exa$mple\"org' -H 'X-Last: yes'")))
    run:says "synapse | X-Last: yes"
    assert.equal(0, run:count "Host: exa$mple")
    run:stop()
  end)

  -- Where no network of its own may be made, only what this host has can be tried.
  local may, of_host = os.execute "unshare --net true 2>/dev/null", io.open "/proc/net/if_inet6"
  for _, on in ipairs(may and {true, false} or {of_host and of_host:read "a" ~= "" or false}) do
    it("listens on IPv6 " .. (on and "where the host has it" or "not at all where the host has none"), function()
      local off = on and "" or "sysctl -qw net.ipv6.conf.all.disable_ipv6=1; "
      local inside = may and {"unshare", "--net", "sh", "-c", quoted(off .. 'ip link set lo up; exec "$@"'), "sh"}
      local port = support.port()
      made {inside = inside or nil, variables = variables {NGINX_LISTEN_ADDRESS = "all", SYNAPSE_HTTP_PORT = port,
        SYNLUA_TLS_PORTS = port + 1}}
      pair(run.directory, "a")
      run.options.variables.SYNAPSE_TLS_CERT, run.options.variables.SYNAPSE_TLS_KEY = run:path "a.pem", run:path "a.key"
      run:start():says "synlua | ready in"
      local function seen(address)
        local enter = may and ("nsenter -t %d -n "):format(run.pid) or ""
        return (support.capture(("%scurl -s -k -m 20 -o /dev/null -w '%%{http_code}' '%s'"):format(enter, address)))
      end
      for _, at in ipairs {"http://%s:" .. port, "https://%s:" .. port + 1} do
        assert.equal("204", seen(at:format "127.0.0.1" .. "/_synlua/nginx"))
        assert.equal(on and "204" or "000", seen(at:format "[::1]" .. "/_synlua/nginx"))
      end
      run:stop()
    end)
  end
end)

-- The serial number or, as here, the public key that a client is shown tells two certificates apart.
local function shown(port)
  return (support.capture(("timeout 20 openssl s_client -connect 127.0.0.1:%d </dev/null 2>/dev/null | openssl x509 "
    .. "-noout -serial 2>&1"):format(port)):match "serial=(%x+)")
end

local function serial(path)
  return (support.capture(("openssl x509 -noout -serial -in %s"):format(quoted(path))):match "serial=(%x+)")
end

local function reload(more)
  return support.capture(("env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 60 %s reload %s 2>&1"):format(run:path "run",
    quoted(support.SYNLUA), more or ""))
end

local function exchange(from)
  assert(os.execute(("cd %s && cp %s.pem a.pem.new && cp %s.key a.key.new && chmod 644 a.*.new && "
    .. "mv a.pem.new a.pem && mv a.key.new a.key"):format(quoted(run.directory), from, from)))
end

-- A pair that Synapse's user alone can read, as on a volume on which Synapse itself had TLS.
local function closed(name)
  assert(os.execute(("cd %s && chown 991:991 %s.pem %s.key && chmod 600 %s.pem %s.key"):format(quoted(run.directory),
    name, name, name, name)))
end

local function in_the_run(text)
  return support.capture(("grep -rlF -e %s %s 2>/dev/null"):format(quoted(text), quoted(run:path "run"))):match "[^\n]+"
end

describe("a key that Synapse's user alone can read", function()
  local port

  before_each(function()
    port = support.port()
    made {variables = variables {SYNAPSE_HTTP_PORT = port, SYNLUA_TLS_PORTS = port + 1,
      SYNLUA_SYNAPSE_PYTHON = PYTHON}}
    dated("b", -60, 90 * 86400)
    dated("a", -60, 90 * 86400)
    closed "a"
  end)
  after_each(support.finish)

  local function serves(at, name)
    return support.poll(support.LONG, function() return shown(at) == serial(run:path(name .. ".pem")) end)
  end

  local function takes_the_next(at)
    closed "b"
    assert(os.execute(("cd %s && mv b.pem a.pem && mv b.key a.key"):format(quoted(run.directory))))
    run:says "nginx takes over its new configuration"
    assert.is_truthy(serves(at, "a"))
    dated("a", -60, 90 * 86400)
    closed "a"
    local output, status = reload()
    assert.equal(0, status, output)
    assert.is_truthy(serves(at, "a"))
  end

  it("serves a listener of homeserver.yaml as before, and so does the next key", function()
    run.options.variables.SYNAPSE_TLS_CERT, run.options.variables.SYNAPSE_TLS_KEY = nil, nil
    run.options.variables.SYNLUA_TLS_PORTS = nil
    support.write(run:path "data/homeserver.yaml", ([[
server_name: localhost
report_stats: false
tls_certificate_path: %s
tls_private_key_path: %s
listeners:
  - {type: http, port: %d, bind_addresses: ['127.0.0.1'], resources: [{names: [client, federation]}]}
  - {type: http, tls: true, port: %d, bind_addresses: ['127.0.0.1'], resources: [{names: [client, federation]}]}
]]):format(run:path "a.pem", run:path "a.key", port, port + 1))
    run:start():says "synlua | ready in"
    assert.equal(serial(run:path "a.pem"), shown(port + 1))
    assert.equal(1, run:count(("nginx's user cannot read %s and %s"):format(run:path "a.pem", run:path "a.key")))
    takes_the_next(port + 1)
    run:stop()
  end)

  it("serves the ports of the variables, in a copy that is root's and that nginx alone can read", function()
    run:start():says "synlua | ready in"
    assert.equal(serial(run:path "a.pem"), shown(port + 1))
    local at = in_the_run(support.read(run:path "a.key"):match "\n([^\n]+)\n")
    local stat, _, gid = require "core.file".stat(at), require "core.system".user "www-data"
    assert.same({0, gid, tonumber("640", 8)}, {stat.uid, stat.gid, stat.mode & 4095})
    assert.is_truthy(at:find(run:path "run/nginx/copies/", 1, true), at)
    takes_the_next(port + 1)
    run:stop()
  end)

  it("is checked like any other, under its own name", function()
    assert(os.execute(("cp %s %s"):format(run:path "b.key", run:path "a.key")))
    run:start()
    assert.equal(78, run:status(), run:log())
    assert.is_truthy(run:log():find(("%s: is not the key of the certificate %s"):format(run:path "a.key",
      run:path "a.pem"), 1, true), run:log())
  end)

  it("is no way to a file that Synapse's user cannot read: through a link, nothing is copied or told", function()
    support.write(run:path "roots", "hunter2-of-root\n" .. support.read(run:path "b.key"))
    assert(os.execute(("cd %s && chmod 600 roots && rm a.key && ln -s roots a.key && chown -h 991:991 a.key"):format(
      quoted(run.directory))))
    run:start()
    assert.equal(78, run:status(), run:log())
    assert.is_truthy(run:log():find("cannot be read by nginx", 1, true), run:log())
    assert.is_nil(run:log():find("hunter2", 1, true))
    assert.is_nil(in_the_run "hunter2")
    assert(os.execute(("cd %s && rm a.key && cp b.key a.key && cp b.pem a.pem"):format(quoted(run.directory))))
    closed "a"
    again()
    assert(os.execute(("cd %s && ln -sfn /etc/shadow a.key"):format(quoted(run.directory))))
    run:says "nginx is not reloaded: "
    assert.is_nil(in_the_run "root:")
    assert.is_nil(run:log():find("root:", 1, true))
    assert.equal(serial(run:path "b.pem"), shown(port + 1))
    run:stop()
  end)
end)

describe("a reload of nginx", function()
  local port

  before_each(function()
    port = support.port()
    made {variables = variables {SYNAPSE_HTTP_PORT = port, SYNLUA_TLS_PORTS = port + 1,
      SYNLUA_SYNAPSE_PYTHON = PYTHON}}
    dated("b", -60, 90 * 86400)
    dated("a", -60, 90 * 86400)
  end)
  after_each(support.finish)

  it("takes over a new certificate by the command, and says what it has done", function()
    run:start():says "synlua | ready in"
    local pid = run:service("nginx").pid
    exchange "b"
    local output, status = reload()
    assert.equal("nginx takes over its new configuration\n", output)
    assert.equal(0, status)
    assert.is_truthy(support.poll(support.LONG, function() return shown(port + 1) == serial(run:path "b.pem") end))
    assert.equal(pid, run:service("nginx").pid)
    assert.equal(1, run:count "nginx takes over its new configuration")
    run:stop()
  end)

  it("is refused with 78 where the new files are no good, and nginx keeps the old ones", function()
    run:start():says "synlua | ready in"
    local before = shown(port + 1)
    assert(os.execute(("cp %s %s"):format(run:path "b.key", run:path "a.key")))
    local output, status = reload "nginx"
    assert.equal(78, status)
    assert.is_truthy(output:find("a.key: is not the key of the certificate", 1, true), output)
    assert.is_truthy(run:says "nginx is not reloaded: ")
    assert.equal(before, shown(port + 1))
    assert.equal(1, select(2, reload "nothing"))
    run:stop()
  end)

  it("loses no request under load but those on kept connections that were idle", function()
    run:start():says "synlua | ready in"
    assert(os.execute(("/usr/bin/python3 -I %s/load.py %d 8 %s >%s 2>&1 &"):format(support.FAKES, port + 1,
      run:path "stop", run:path "load")))
    local names = {serial(run:path "a.pem"), serial(run:path "b.pem")}
    assert(os.execute(("cd %s && cp a.pem c.pem && cp a.key c.key"):format(quoted(run.directory))))
    for at = 1, 6 do
      local from = at % 2 == 1 and "b" or "c"
      exchange(from)
      assert.equal(0, select(2, reload()))
      assert.is_truthy(support.poll(support.LONG, function() return shown(port + 1) == names[at % 2 + 1] end))
    end
    support.write(run:path "stop", "")
    local said = support.poll(support.LONG, function()
      return require "dkjson".decode(support.read(run:path "load"):match "{.*}" or "")
    end)
    assert(said, support.read(run:path "load"))
    table.sort(names)
    assert.same({names, 0}, {said.shown, said.failed}, table.concat(said.faults, "\n"))
    assert.is_true(said.answered > 100)
    run:stop()
  end)

  it("comes with SIGHUP, and names the services that need a new start", function()
    support.write(run:path "data/homeserver.d/10.yaml", "{}\n")
    run:start():says "synlua | ready in"
    run:signal "HUP"
    run:says "nothing has changed for nginx"
    support.write(run:path "data/homeserver.d/10.yaml", "max_upload_size: 7M\n")
    run:signal "HUP"
    run:says "nginx takes over its new configuration"
    local own = run:path "user/services/synapse.lua"
    support.write(own, (support.read(own):gsub("I am synapse", "I am another")))
    run:signal "HUP"
    run:says "what has changed for synapse takes effect when synlua itself is started again"
    run:stop()
  end)

  it("says nothing of a service that had one thing to do, and is planned no more since that is done", function()
    support.write(run:path "data/homeserver.d/10.yaml", "{}\n")
    support.write(run:path "user/services/once.lua", (support.service({}, {argv = '{"/bin/true"}',
      ready = "{exit = true}"}):gsub("plan = function%(context%)",
      '%0 if context.homeserver.options.max_upload_size == "7M" then return end')))
    run:start():says "synlua | ready in"
    support.write(run:path "data/homeserver.d/10.yaml", "max_upload_size: 7M\n")
    assert.same({"nginx takes over its new configuration\n", 0}, {reload()})
    run:stop()
  end)

  it("leaves no memory of its planning in the instance", function()
    run:start():says "synlua | ready in"
    local function size()
      local text = support.read(("/proc/%d/status"):format(run.pid)) -- smaps_rollup is closed to root in a container
      return tonumber(text:match "RssAnon:%s*(%d+)")
    end
    assert.equal(0, select(2, reload()))
    local before = size()
    for _ = 1, 10 do assert.equal(0, select(2, reload())) end
    assert.is_true(size() < before + 300, ("%d kB, then %d kB"):format(before, size()))
    run:stop()
  end)

  -- The run's certificate lies there from now on; `steps` put the pair b there in the way of a tool.
  local function noticed(layout, steps, certificate, key)
    local function sh(text) assert(os.execute(("cd %s && set -e; %s"):format(quoted(run.directory), text))) end
    sh(layout)
    local given = run.options.variables
    given.SYNAPSE_TLS_CERT, given.SYNAPSE_TLS_KEY = run:path(certificate), run:path(key)
    run:start():says "synlua | ready in"
    assert.equal(serial(run:path "a.pem"), shown(port + 1))
    sh(steps)
    run:says "nginx takes over its new configuration"
    assert.is_truthy(support.poll(support.LONG, function() return shown(port + 1) == serial(run:path "b.pem") end))
    assert.equal(0, run:count "nginx is not reloaded")
    -- And back: what is watched is what the links lead to now.
    sh((steps:gsub("%f[%w]b%.", "a."):gsub("%f[%w]two", "three")))
    assert.is_truthy(support.poll(support.LONG, function() return shown(port + 1) == serial(run:path "a.pem") end))
    run:stop()
  end

  it("comes by itself where files are replaced", function()
    noticed("mkdir t; cp a.pem t/c; cp a.key t/k; chmod 644 t/*",
      "for of in pem key; do cp b.$of t/$of.new; chmod 644 t/$of.new; done; mv t/pem.new t/c; mv t/key.new t/k",
      "t/c", "t/k")
  end)

  it("comes by itself where the new files have the size of the old ones and their second", function()
    local function made_alike(name, word)
      return ("for of in pem key; do { head -c $((4000 - $(stat -c %%s %s.$of))) /dev/zero | tr '\\0' '\\n'; "
        .. "cat %s.$of; } >t/$of.new; chmod 644 t/$of.new; w=%s; touch -d @1700000000.${#w} t/$of.new; done; "
        .. "mv t/pem.new t/c; mv t/key.new t/k"):format(name, name, word)
    end
    noticed("mkdir t; " .. made_alike("a", "none"), made_alike("b", "two"), "t/c", "t/k")
  end)

  it("comes by itself where certbot has changed its links", function()
    noticed("mkdir -p live/x archive/x; cp a.pem archive/x/c1; cp a.key archive/x/k1; chmod 644 archive/x/*; "
      .. "ln -s ../../archive/x/c1 live/x/c; ln -s ../../archive/x/k1 live/x/k",
      "cp b.pem archive/x/ctwo; cp b.key archive/x/ktwo; chmod 644 archive/x/*; "
      .. "ln -sfn ../../archive/x/ctwo live/x/c; ln -sfn ../../archive/x/ktwo live/x/k", "live/x/c", "live/x/k")
  end)

  it("comes by itself where Kubernetes has swapped its directory", function()
    noticed("mkdir -p t/..one; cp a.pem t/..one/c; cp a.key t/..one/k; chmod 644 t/..one/*; ln -s ..one t/..data; "
      .. "ln -s ..data/c t/c; ln -s ..data/k t/k",
      "mkdir t/..two; cp b.pem t/..two/c; cp b.key t/..two/k; chmod 644 t/..two/*; ln -s ..two t/..tmp; "
      .. "mv -T t/..tmp t/..data; find t -mindepth 1 -maxdepth 1 -type d ! -name ..two -exec rm -r {} +", "t/c", "t/k")
  end)

  it("waits for the other file of a pair that is half written, and goes on with the old one", function()
    run:start():says "synlua | ready in"
    local before = shown(port + 1)
    assert(os.execute(("cd %s && cp b.pem a.pem"):format(quoted(run.directory))))
    run:says "a.key: is not the key of the certificate"
    assert.equal(before, shown(port + 1))
    assert(os.execute(("cd %s && cp b.key a.key"):format(quoted(run.directory))))
    run:says "nginx takes over its new configuration"
    assert.is_truthy(support.poll(support.LONG, function() return shown(port + 1) == serial(run:path "b.pem") end))
    run:stop()
  end)
end)
