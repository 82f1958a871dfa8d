-- What a real nginx serves, and to whom, in every spelling of a path.

local behind = require "run.behind"
local support = require "run.support"

local run

local OUTSIDE = behind.header("X-Forwarded-For", "203.0.113.7")
local INSIDE = behind.header("X-Forwarded-For", "192.168.1.7")

local function url(path) return ("http://127.0.0.1:%d%s"):format(run.port, path) end
local function ask(words, path) return behind.ask(words, url(path)) end

-- Whether it came to Synapse, and with exactly these bytes.
local function reaches(words, path)
  local status, said = ask(words, path)
  if status ~= 200 or type(said) ~= "table" or not said.line then return false, status, said end
  assert.equal(("GET %s HTTP/1.1"):format(path), said.line)
  return true, status, said
end

-- Spellings that nginx, Synapse, or neither takes for the path.
local function spellings(path)
  local list = {path, path:upper(), "/" .. path, path .. "/", path .. "//", path .. "/.", path .. ";x", path .. "?a=b"}
  local function add(text) list[#list + 1] = text end
  for _, slash in ipairs {"%2f", "%2F", "//", "/./", "/%2e/", "/x/../", "/x/%2e%2E/", "/..;/", "/%2e%2e;/", "%252f"} do
    add("/" .. path:sub(2):gsub("/", function() return slash end))
  end
  for at = 1, #path do
    local hex = ("%02x"):format(path:byte(at))
    if path:sub(at, at) ~= "/" then
      for _, form in ipairs {"%" .. hex, "%" .. hex:upper(), "%25" .. hex} do
        add(path:sub(1, at - 1) .. form .. path:sub(at + 1))
      end
    end
  end
  add((path:gsub("[^/]", function(character) return ("%%%02X"):format(character:byte()) end)))
  for _, before in ipairs {"/_matrix/..", "/_matrix/%2e%2e", "/_matrix/client/../..", "/x/..", "/%2e", "/_matrix%2f..",
    "/_synapse/client/..", "/health/.."} do
    add(before .. path)
  end
  for _, behind_it in ipairs {"/../../_matrix/x", "/%2e%2e/%2e%2e/_matrix/x", "/../client/x", "%2f..%2fclient/x",
    "/../../health", "/x/../../client/y"} do
    add(path .. behind_it)
  end
  return list
end

after_each(support.finish)

describe("what is open to everybody", function()
  it("is Matrix, what clients and browsers need of Synapse, delegation and health", function()
    run = behind.start {}
    for _, path in ipairs {"/_matrix", "/_matrix/client/versions", "/_matrix/static/", "/_matrix/key/v2/server",
      "/_synapse/client", "/_synapse/client/oidc/callback?x=y", "/.well-known/matrix/support", "/health"} do
      assert.is_true(reaches(OUTSIDE, path), path)
    end
    for _, path in ipairs {"/x", "/_synapse", "/_synapse/", "/favicon.ico", "/.well-known/x",
      "/health/x", "/_matrixx", "/.env", "/index.html", "/_synapse/x"} do
      local status, said = ask("-i " .. OUTSIDE, path)
      assert.equal(404, status, path)
      assert.matches('"errcode":"M_UNRECOGNIZED"', said, 1, true)
      assert.matches("\nAccess%-Control%-Allow%-Origin: %*\r", said)
    end
  end)

  it("answers what is no proper request with a Matrix error", function()
    run = behind.start {}
    for words, expected in pairs {["-X TRACE"] = 405, ["-H 'Transfer-Encoding: x'"] = 501, ["-H 'Host;'"] = 400} do
      local status, said = ask("-i " .. words, "/_matrix/client/versions")
      assert.equal(expected, status, words)
      assert.matches('"errcode":"M_UNRECOGNIZED"', said, 1, true)
      assert.matches("\nAccess%-Control%-Allow%-Origin: %*\r", said)
    end
  end)

  it("has a page without scripts at its root", function()
    run = behind.start {}
    local status, said = ask("-i " .. OUTSIDE, "/")
    assert.equal(200, status)
    assert.matches("\nContent-Type: text/html; charset=utf-8\r", said, 1, true)
    assert.matches("\nContent-Security-Policy: default-src 'none';", said, 1, true)
    assert.matches("A Matrix homeserver runs here", said, 1, true)
    assert.is_nil(said:find("<script", 1, true))
    assert.is_nil(said:find("nginx/", 1, true))
  end)

  it("passes each path on byte by byte, since signatures cover it", function()
    run = behind.start {}
    for _, path in ipairs {"/_matrix/federation/v1/state/%21a%3Aexample.org?event_id=%24x%2F%2fy%20z",
      "/_matrix/client/v3/directory/room/%23a%3Ab", "/_matrix/./x",
      "/_matrix/client/v3/rooms/!a%2fb/state/m.x/%C3%A4//"} do
      assert.is_true(reaches("", path), path)
    end
  end)

  it("keeps Synapse's headers, each once, and tells no version", function()
    run = behind.start {}
    local _, said = ask("-i " .. OUTSIDE, "/_matrix/client/v1/media/download/a/b")
    for _, header in ipairs {"Content-Security-Policy: sandbox; default-src 'none'",
      "Content-Disposition: inline; filename=a.txt", "Cross-Origin-Resource-Policy: cross-origin",
      "X-Content-Type-Options: nosniff", "Access-Control-Allow-Origin: *"} do
      local name = header:match "^[^:]+"
      assert.equal(1, select(2, said:gsub("\n" .. name:gsub("%-", "%%-") .. ": ", "")), name)
      assert.matches("\n" .. header .. "\r", said, 1, true)
    end
    assert.matches("\nServer: nginx\r", said, 1, true)
    assert.is_nil(said:find("Synapse/", 1, true))
  end)
end)

describe("what nginx logs of a request", function()
  it("has no token of a client", function()
    run = behind.start {}
    for _, name in ipairs {"access_token", "loginToken"} do
      local status = ask("-X POST -H 'Content-Length: 99999999' -d x",
        ("/_matrix/client/v3/x?a=b&%s=syt_c2VjcmV0_secret-value.1~%%2F&c=%s"):format(name, name))
      assert.equal(413, status)
      run:says("c=" .. name)
    end
    run:says "?a=b&access_token=************"
    run:says "?a=b&loginToken=************"
    assert.equal(0, run:count "syt_")
    assert.equal(0, run:count "secret")
  end)

  it("has nothing of a request that came without the PROXY protocol, however long it is", function()
    local port = support.port() + 200
    run = behind.start {SYNLUA_PROXY_PROTOCOL = tostring(port)}
    local function send(size)
      assert.equal("", support.capture(([[%s -I -c 'import socket
with socket.create_connection(("127.0.0.1", %d), 30) as link:
    link.sendall(b"POST /_matrix/client/v3/login?access_token=syt_secret HTTP/1.1\r\nHost: a\r\n"
        b"authorization: Bearer secret\r\n\r\n{\"password\":\"secret\"}" + b"\nsecret" * %d)
    try: print(link.recv(100).decode(), end="")
    except ConnectionResetError: pass' 2>&1]]):format(support.PYTHON, port, size)))
    end
    for _, size in ipairs {0, 100, 1000, 0} do send(size) end
    local told = support.poll(support.LONG, function()
      return run:count 'broken header: "***' == 4 and run:count 'broken header: "***" while reading PROXY protocol' >= 3
    end)
    assert.is_truthy(told, run:log())
    assert.equal(0, run:count "secret")
    assert.equal(0, run:count "Bearer")
  end)

  it("has no header that says who the client is, if all is logged", function()
    run = behind.start {SYNAPSE_LOG_LEVEL = "DEBUG"}
    local signed = [[ -H 'authorization: X-Matrix sig="secret"']]
    ask(behind.header("Authorization", "Bearer syt_secret") .. signed, "/_matrix/x")
    ask(behind.header("Authorization", "Bearer " .. ("syt_secret"):rep(2000)), "/_matrix/x")
    ask("-X DELETE -H 'Host;'", "/_synapse/admin/v1/registration_tokens/secret?access_token=syt_secret")
    run:says "client sent duplicate header line"
    run:says "client sent too long header line"
    run:says "client sent invalid host header"
    assert.equal(0, run:count "secret", run:log())
  end)
end)

describe("administration", function()
  it("is for clients of loopback and private ranges, as they are behind trusted proxies", function()
    run = behind.start {}
    run:says "administration API (/_synapse/admin) open to: loopback, private ranges and Unix sockets"
    assert.is_true(reaches("", "/_synapse/admin/v1/server_version"))
    assert.is_true(reaches(INSIDE, "/_synapse/admin/v1/server_version"))
    local status, said = ask("-i " .. OUTSIDE, "/_synapse/admin/v1/server_version")
    assert.equal(403, status)
    assert.matches('"errcode":"M_FORBIDDEN"', said, 1, true)
    assert.matches("\nAccess-Control-Allow-Origin: *\r", said, 1, true)
    assert.equal(403, (ask(OUTSIDE .. " -X OPTIONS", "/_synapse/admin/v1/server_version")))
  end)

  it("is not reached by any spelling of its path, and nor are metrics and replication", function()
    run = behind.start {SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no"}
    local tried = 0
    for _, path in ipairs {"/_synapse/admin/v1/users", "/_synapse/metrics", "/_synapse/replication/x"} do
      for _, spelling in ipairs(spellings(path)) do
        tried = tried + 1
        local status, said = ask(OUTSIDE, spelling)
        if status == 200 and type(said) == "table" then
          -- What arrived must be none of these for Synapse, which decodes what stands between slashes.
          local raw = said.line:match "^GET ([^?# ]*)"
          local words = {}
          for word in raw:gmatch "[^/]+" do
            words[#words + 1] = word:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
          end
          local closed = {admin = true, metrics = true, replication = true}
          local found = words[1] == "_synapse" and words[2] ~= "client"
          for at = 2, #words do found = found and not closed[words[at]] end
          assert.is_truthy(words[1] ~= "_synapse" or words[2] == "client" or found, spelling)
        else
          assert.is_truthy(status == 403 or status == 404 or status == 400 or type(said) == "string", spelling)
        end
      end
    end
    assert.is_true(tried > 200, tried)
  end)

  it("is for whom SYNLUA_ADMIN_ALLOW says", function()
    run = behind.start {SYNLUA_ADMIN_ALLOW = "203.0.113.0/24,2001:db8::/32"}
    assert.is_true(reaches(OUTSIDE, "/_synapse/admin/v1/x"))
    assert.is_true(reaches(behind.header("X-Forwarded-For", "2001:db8::1"), "/_synapse/admin/v1/x"))
    assert.equal(403, (ask(INSIDE, "/_synapse/admin/v1/x")))
    support.finish()
    run = behind.start {SYNLUA_ADMIN_ALLOW = "none"}
    run:says "administration API (/_synapse/admin) open to: none (SYNLUA_ADMIN_ALLOW)"
    assert.equal(403, (ask("", "/_synapse/admin/v1/x")))
    support.finish()
    run = behind.start {SYNLUA_ADMIN_ALLOW = "all"}
    assert.is_true(reaches(OUTSIDE, "/_synapse/admin/v1/x"))
  end)
end)

describe("what the admin's file opens", function()
  local FILE = "server_name: localhost\nreport_stats: no\nlisteners:\n"
    .. "- {type: http, port: %d, x_forwarded: true, resources: [{names: [%s]}]%s}\n%s"

  local function start(names, more, options)
    run = behind.start({}, FILE:format(support.port(), names, more or "", options or ""))
  end

  it("stays open: resources of modules, the place of a web client, metrics for administrators", function()
    start("client, metrics", ", additional_resources: {/_mine/x: {module: a.B}, 'other/': {module: a.B}}",
      "web_client_location: https://example.org/\n")
    for _, path in ipairs {"/_mine/x", "/_mine/x/y", "/other", "/other/z", "/"} do
      assert.is_true(reaches(OUTSIDE, path), path)
    end
    for _, path in ipairs {"/_mine", "/_mine/y"} do assert.equal(404, (ask(OUTSIDE, path))) end
    assert.is_true(reaches(INSIDE, "/_synapse/metrics"))
    assert.equal(403, (ask(OUTSIDE, "/_synapse/metrics")))
  end)

  it("is everything where modules are, as only they know their paths; but not administration", function()
    start("client", nil, "modules: [{module: a.B, config: {}}]\n")
    for _, path in ipairs {"/any/thing", "/", "/_synapse/x"} do assert.is_true(reaches(OUTSIDE, path), path) end
    for _, path in ipairs {"/_synapse/admin/x", "/_synapse/x/../metrics", "/_synapse/%6detrics"} do
      assert.equal(403, (ask(OUTSIDE, path)), path)
    end
  end)

  it("has no administration and no page on a port for other servers", function()
    start "federation"
    for _, path in ipairs {"/_synapse/admin/v1/x", "/_synapse/client/x", "/", "/.well-known/matrix/client"} do
      assert.equal(404, (ask(INSIDE, path)), path)
    end
    assert.is_true(reaches(OUTSIDE, "/_matrix/federation/v1/version"))
  end)
end)
