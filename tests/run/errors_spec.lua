-- The errors that a real nginx makes itself: for clients of Matrix each is JSON that a browser's page may read.

local behind = require "run.behind"
local support = require "run.support"

local run

-- What comes back for these bytes, with so many more behind them; the connection closes on its own. tls: over TLS.
local function send(bytes, port, tls, more)
  return support.capture(([[printf '%%s' %s | timeout 60 %s -I -c '
import socket, ssl, sys
link = socket.create_connection(("127.0.0.1", %d), 50)
if %s:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    link = context.wrap_socket(link)
link.sendall(sys.stdin.buffer.read().decode("unicode_escape").encode("latin-1") + b"x" * %d)
try:
    while part := link.recv(65536):
        sys.stdout.write(part.decode("latin-1"))
except ConnectionResetError:
    print("reset")
']]):format(support.quote(bytes), support.PYTHON, port or run.port, tls and "True" or "False", more or 0))
end

local function is_matrix(status, code, text, why)
  assert.equal(status, tonumber(text:match "^HTTP/1%.1 (%d+)"), why .. ":\n" .. text)
  assert.matches('\r\n\r\n{"errcode":"' .. code .. '","error":"', text, 1, true)
  assert.matches("\nContent%-Type: application/json\r", text)
  assert.matches("\nAccess%-Control%-Allow%-Origin: %*\r", text)
  assert.is_nil(text:find("<html", 1, true))
end

local END = [[\r\nConnection: close\r\n\r\n]]
local UPLOAD = [[POST /_matrix/media/v3/upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked]]

after_each(support.finish)

describe("an error that nginx makes", function()
  it("is Matrix's where the request is none", function()
    run = behind.start {}
    for bytes, expected in pairs {
      [ [[GET /_matrix/x HTTP/1.1]] .. END] = 400, -- no host
      [ [[GET /_matrix/x HTTP/1.1\r\nHost: a\r\nHost: b]] .. END] = 400,
      [ [[GET /_matrix/x HTTP/1.1\r\nHost: a\r\nContent-Length: x]] .. END] = 400,
      [ [[GET /_matrix/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked]] .. END] = 400,
      [ [[GET /_matrix/../../x HTTP/1.1\r\nHost: a]] .. END] = 400,
      [ [[GET /_matrix/%zz HTTP/1.1\r\nHost: a]] .. END] = 400,
      [ [[GET /_matrix/x HTTP/3.1\r\nHost: a]] .. END] = 505,
      [ [[TRACE /_matrix/x HTTP/1.1\r\nHost: a]] .. END] = 405,
      [ [[PUT /_matrix/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked]] .. END .. [[zz\r\n]]] = 400,
      [UPLOAD .. END .. [[zz\r\n]]] = 400,
    } do
      is_matrix(expected, "M_UNRECOGNIZED", send(bytes), bytes)
    end
    local long = ("x"):rep(20000)
    is_matrix(414, "M_TOO_LARGE", send("GET /_matrix/" .. long .. [[ HTTP/1.1\r\nHost: a]] .. END), "long address")
    is_matrix(431, "M_TOO_LARGE", send([[GET /_matrix/x HTTP/1.1\r\nHost: a\r\nX: ]] .. long .. END), "long field")
    is_matrix(413, "M_TOO_LARGE", send([[POST /_matrix/x HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999]] .. END),
      "large body")
  end)

  it("is Matrix's where a condition on an answer of nginx's own is not met", function()
    run = behind.start({SYNAPSE_SERVE_SERVER_WELLKNOWN = "yes"})
    local head = [[GET /.well-known/matrix/server HTTP/1.1\r\nHost: a\r\n]]
    is_matrix(412, "M_UNRECOGNIZED", send(head .. [[If-Match: "x"]] .. END), "If-Match")
    is_matrix(416, "M_UNRECOGNIZED", send(head .. [[Range: bytes=9999-]] .. END), "Range")
  end)

  it("is Matrix's where nginx cannot keep a body, and says that the fault is the server's", function()
    run = behind.start {}
    local directory = run:path "data/.synlua.nginx"
    assert(os.execute(("cd %s && rm -rf body && mkdir -m 700 body"):format(directory)))
    assert(os.execute(("chown root:root %s/body"):format(directory)))
    local bytes = [[PUT /_matrix/x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000]] .. END
    is_matrix(500, "M_UNKNOWN", send(bytes, nil, false, 200000), "a directory that is closed")
  end)

  it("is Matrix's for plain HTTP on a port with TLS, and where a client shows no certificate", function()
    local port, directory = support.port() + 1, support.directory()
    assert(os.execute(("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
      .. "-subj /CN=localhost -keyout k -out c 2>/dev/null && chmod 644 k"):format(directory)))
    run = behind.start {SYNLUA_TLS_PORTS = tostring(port), SYNAPSE_TLS_CERT = directory .. "/c",
      SYNAPSE_TLS_KEY = directory .. "/k"}
    local head = [[GET /_matrix/x HTTP/1.1\r\nHost: a]]
    is_matrix(400, "M_UNRECOGNIZED", send(head .. END, port), "plain HTTP")
    is_matrix(400, "M_UNRECOGNIZED", send(head .. [[\r\nHost: b]] .. END, port, true), "two hosts over TLS")
    local function over_http2(words)
      return support.capture(("curl -s -k -i --http2 -m 50 %s https://127.0.0.1:%d/_matrix/x"):format(words, port))
        :gsub("^HTTP/2 ", "HTTP/1.1 "):gsub("\n(%l)([%l-]*)", function(first, rest)
          return "\n" .. first:upper() .. rest:gsub("%-%l", string.upper)
        end)
    end
    is_matrix(400, "M_UNRECOGNIZED", over_http2 "-H 'Host: b/c'", "a host that is none, over HTTP/2")
    is_matrix(405, "M_UNRECOGNIZED", over_http2 "-X TRACE", "over HTTP/2")
    -- The admin's own lines may ask for a certificate, and make errors.
    support.write(run:path "user/templates/nginx.conf.d/server/10.conf", ([[
ssl_client_certificate %s/c;
ssl_verify_client on;
error_page 507 /mine;
location = /mine { return 200 "my own page"; }
location = /down { return 503; }
location = /full { return 507; }
]]):format(directory))
    local output, status = support.capture(("env -i SYNLUA_RUNTIME_DIR=%s timeout -s KILL 60 %s reload 2>&1"):format(
      run:path "run", support.quote(support.SYNLUA)))
    assert.equal(0, status, output)
    local function get(path) return ([[GET %s HTTP/1.1\r\nHost: a]]):format(path) .. END end
    assert.is_truthy(support.poll(support.LONG, function() return send(get "/down"):find("503", 1, true) end))
    is_matrix(503, "M_UNKNOWN", send(get "/down"), "an error of the admin's own")
    assert.matches("my own page", send(get "/full"), 1, true)
    is_matrix(400, "M_UNRECOGNIZED", send(get "/_matrix/x", port, true), "no certificate of the client's")
    support.remove(directory)
  end)
end)
