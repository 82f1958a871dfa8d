-- The version of nginx is read from the program itself, and decides how HTTP/2 is written.

local support = require "run.support"

local base

local function rendered(program, more)
  local words = {"env -i PATH=/usr/bin:/bin:/usr/sbin SYNAPSE_SERVER_NAME=localhost SYNAPSE_REPORT_STATS=no",
    ("SYNLUA_SYNAPSE_PYTHON=%s/python SYNLUA_RUNTIME_DIR=%s/run SYNLUA_USER_DIR=%s/user"):format(base, base, base),
    ("SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data"):format(base, base),
    more or ("SYNAPSE_TLS_CERT=%s/c SYNAPSE_TLS_KEY=%s/k"):format(base, base),
    program and "SYNLUA_NGINX=" .. program or "", "timeout -s KILL 60", support.quote(support.SYNLUA),
    ("render %s/out 2>&1"):format(base)}
  local output, status = support.capture(table.concat(words, " "))
  assert.equal(0, status, output)
  local text = support.read(("%s/out%s/run/nginx/nginx.conf"):format(base, base))
  assert(os.execute(("rm -r %s/out"):format(base)))
  return text
end

local function is_new(text) return text:find("\n        http2 on;\n", 1, true) ~= nil end
local function is_old(text) return text:find(" ssl http2", 1, true) ~= nil end

describe("the form of HTTP/2", function()
  before_each(function()
    base = support.directory()
    assert(os.execute(("mkdir %s/data && cp %s/synapse.py %s/python"):format(base, support.FAKES, base)))
    assert(os.execute(("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
      .. "-subj /CN=localhost -keyout k -out c 2>/dev/null && chmod 644 k"):format(base)))
  end)
  after_each(function() support.remove(base) end)

  it("fits the nginx that is installed", function()
    local major, minor, patch = support.capture "nginx -v 2>&1":match "nginx/(%d+)%.(%d+)%.(%d+)"
    local number = tonumber(major) * 1000000 + tonumber(minor) * 1000 + tonumber(patch)
    local text = rendered()
    assert.equal(number >= 1025001, is_new(text))
    assert.equal(number < 1025001, is_old(text))
  end)

  it("follows another program, and stays the old one for a script", function()
    local function program(bytes)
      support.write(base .. "/nginx", bytes)
      assert(os.execute(("chmod 755 %s/nginx"):format(base)))
      return rendered(base .. "/nginx")
    end
    assert.is_true(is_new(program "\0\1nginx version: nginx/1.26.3\0"))
    assert.is_true(is_old(program "\0\1nginx version: nginx/1.24.0\0"))
    assert.is_true(is_old(program "#!/bin/sh\nexec /usr/sbin/nginx \"$@\"\n"))
  end)

  it("follows it for a listener of homeserver.yaml too", function()
    support.write(base .. "/nginx", "nginx version: nginx/1.26.3\0")
    assert(os.execute(("chmod 755 %s/nginx"):format(base)))
    support.write(base .. "/data/homeserver.yaml", ("server_name: localhost\nreport_stats: no\n"
      .. "tls_certificate_path: %s/c\ntls_private_key_path: %s/k\nlisteners:\n"
      .. "- {type: http, tls: true, port: 8448, resources: [{names: [client, federation]}]}\n"):format(base, base))
    assert.is_true(is_new(rendered(base .. "/nginx", "A=b")))
  end)
end)
