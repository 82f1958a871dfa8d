-- NGINX_LISTEN_UNIX_SOCKET before a start: whose its directory is, and what may lie in its place.

local support = require "run.support"
local system = require "core.system"

local base

local function check(more)
  local words = {"env -i PATH=/usr/bin:/bin:/usr/sbin SYNAPSE_SERVER_NAME=localhost SYNAPSE_REPORT_STATS=no",
    "SYNLUA_CONTAINER=no NGINX_LISTEN_ADDRESS=127.0.0.1", "SYNAPSE_HTTP_PORT=" .. support.port(),
    ("SYNLUA_SYNAPSE_PYTHON=%s/python SYNLUA_RUNTIME_DIR=%s/run SYNLUA_USER_DIR=%s/user"):format(base, base, base),
    ("SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data"):format(base, base),
    ("NGINX_LISTEN_UNIX_SOCKET=%s/front/matrix.sock"):format(base), more or "", "timeout -s KILL 60",
    support.quote(support.SYNLUA), "check 2>&1"}
  return support.capture(table.concat(words, " "))
end

local function shell(command) assert(os.execute((command:gsub("{}", base)))) end

local function refused(what)
  local output, status = check()
  assert.equal(78, status, output)
  assert.is_truthy(output:find(base .. "/front", 1, true) and output:find(what, 1, true), output)
  return output
end

describe("the socket of NGINX_LISTEN_UNIX_SOCKET", function()
  before_each(function()
    base = support.directory()
    shell(("mkdir {}/data && cp %s/synapse.py {}/python"):format(support.FAKES))
  end)
  after_each(function() support.remove(base) end)

  it("may be in a directory that is missing, and is not made by `check`", function()
    local output, status = check()
    assert.equal(0, status, output)
    assert.is_false(support.exists(base .. "/front"))
  end)

  it("takes the place of one that a killed nginx left", function()
    shell "mkdir -m 777 {}/front"
    shell "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"{}/front/matrix.sock\")'"
    local output, status = check()
    assert.equal(0, status, output)
  end)

  it("takes the place of nothing else", function()
    shell "mkdir -m 777 {}/front && echo mine >{}/front/matrix.sock"
    refused "exists already and is no socket"
    shell "rm {}/front/matrix.sock && mkdir {}/front/matrix.sock"
    refused "exists already and is no socket"
    shell "rmdir {}/front/matrix.sock && rmdir {}/front && touch {}/front"
    refused "is no directory"
  end)

  it("takes the place of no socket at which another program listens", function()
    shell "mkdir -m 777 {}/front"
    local listen = "import os, socket, time; s = socket.socket(socket.AF_UNIX); s.bind(\"%s/front/matrix.sock\"); "
      .. "s.listen(); print(os.getpid()); time.sleep(60)"
    local pipe = assert(io.popen(("exec python3 -uc '%s'"):format(listen:format(base))))
    local pid = pipe:read "n"
    local output, status = check()
    assert(os.execute("kill " .. pid))
    pipe:close()
    assert.equal(78, status, output)
    assert.is_truthy(output:find("stop what listens there, or choose another path", 1, true), output)
  end)

  it("must be in a directory to which nginx can write", function()
    if system.identity().uid ~= 0 then return end
    shell "mkdir -m 755 {}/front"
    local output = refused "cannot be written to by nginx"
    assert.is_truthy(output:find("choose another path in NGINX_LISTEN_UNIX_SOCKET", 1, true), output)
  end)
end)
