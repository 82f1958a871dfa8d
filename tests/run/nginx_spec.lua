-- A start with a real nginx beside a fake of Synapse: what it refuses, and when it is asked.

local support = require "run.support"

local quoted = support.quote

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

  it("ends a start at once that it refuses, with its own words and status 78", function()
    local at = support.directory()
    assert(os.execute(("cd %s && for of in a b; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
      .. "-nodes -days 30 -subj /CN=localhost -keyout $of.key -out $of.pem 2>/dev/null || exit 1; done; chmod 644 *")
      :format(quoted(at))))
    made {variables = variables {SYNAPSE_TLS_CERT = at .. "/a.pem", SYNAPSE_TLS_KEY = at .. "/b.key"}}
    run:start()
    local status = run:status()
    support.remove(at)
    assert.equal(78, status, run:log())
    assert.equal(0, run:count "I am synapse")
    assert.is_truthy(run:log():find("key values mismatch", 1, true), run:log())
  end)
end)
