-- What starts coturn: how it asks for the public address, and what it counts of the log.

local support = require "run.support"

local quoted = support.quote
local HELPER = "python3 -I templates/start_coturn.py"

local base

-- Answers with its path, or not at all.
local SERVER = [[
import http.server, os, sys, time, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = urllib.parse.unquote(self.path[1:])
        if text == "nothing": time.sleep(600)
        body = (text * (100000 if text == "1" else 1)).encode()
        self.send_response(500 if text == "fault" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as file: file.write("%d %d" % (server.server_port, os.getpid()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
]]

local function shell(command) return (support.capture(command .. " 2>&1")) end

local port, server

local function begin()
  base = support.directory()
  local place = base .. "/port"
  os.execute(("python3 -c %s %s & until [ -e %s ]; do sleep 0.02; done"):format(quoted(SERVER), place, place))
  port, server = support.read(place):match "(%d+) (%d+)"
end

local function finish()
  os.execute("kill " .. server)
  support.remove(base)
end

-- The arguments of coturn, and what is said.
local function asked(text, own)
  local path = text:gsub("%W", function(c) return ("%%%02X"):format(c:byte()) end)
  local said = shell(("%s --ask http://127.0.0.1:%s/%s %s /bin/echo turnserver"):format(HELPER, port, path,
    own or "10.1.1.1,fd00::1"))
  return said:match "turnserver ?([^\n]*)\n", said
end

local WARNING = "warning: COTURN_EXTERNAL_IP=auto: http://127.0.0.1:%d+/%S* gives no address %("

describe("the start of coturn", function()
  setup(begin)
  teardown(finish)

  it("asks for the public address, and tells coturn of it", function()
    assert.equal("--external-ip=11.22.33.44", (asked " 11.22.33.44\n"))
    assert.equal("--external-ip=2400::7", (asked "2400::7"))
    local arguments, said = asked("11.22.33.44", "11.22.33.44")
    assert.equal("", arguments)
    assert.matches("the public address is 11.22.33.44", said)
  end)

  it("goes on without it where the answer is none, and says so", function()
    for _, text in ipairs {"", "10.0.0.1", "127.0.0.1", "192.0.2.1", "224.0.0.1", "::1", "fd00::1", "example.org",
      "11.22.33.44 --no-auth", "1", "fault"} do
      local arguments, said = asked(text)
      assert.equal("", arguments, text)
      assert.matches(WARNING, said, text)
    end
    local arguments, said = asked("2400::7", "10.1.1.1")
    assert.equal("", arguments)
    assert.matches("2400::7 is of a family of which this machine has no address", said)
  end)

  it("waits no longer than ten seconds for it", function()
    local began = os.time()
    local arguments, said = asked "nothing"
    assert.equal("", arguments)
    assert.matches("no answer within 10 s", said)
    assert.is_true(os.time() - began < 120)
  end)
end)

-- What coturn 4.6.1 writes, as lines of a session, or of none.
local ME = "realm <example.org> user <1795997814:me>: incoming packet "
local OF = "realm=<example.org>, username=<1795997814:me>, "
local LINES = {
  "Relay address to use: 10.1.1.1", "IPv4. Local relay addr: 10.1.1.1:49170",
  {1, "realm <example.org> user <>: incoming packet message processed, error 401: Unauthorized"},
  {1, "new, " .. OF .. "lifetime=777"}, {1, ME .. "ALLOCATE processed, success"}, {2, "new, " .. OF .. "lifetime=777"},
  "ERROR: A peer IP 10.1.1.1 denied in the range: 10.0.0.0-10.255.255.255",
  {1, ME .. "CHANNEL_BIND processed, error 403: Forbidden IP"},
  {1, ME .. "message processed, error 403: Forbidden IP"},
  "ERROR: check_stun_auth: Cannot find credentials of user <1795997814:me>",
  {4, ME .. "message processed, error 401: Unauthorized"}, {1, "usage: " .. OF .. "rp=3, rb=316, sp=4, sb=240"},
  {1, "peer usage: " .. OF .. "rp=1, rb=10, sp=2, sb=20"}, {1, "usage: " .. OF .. "rp=1, rb=1, sp=1, sb=1"},
  {1, "delete: realm=<example.org>, username=<1795997814:me>"},
}

local function log()
  local lines = {}
  for at, line in ipairs(LINES) do
    local text = type(line) == "table" and ("session %018d: %s"):format(line[1], line[2]) or line
    lines[at] = ("2026-11-29T00:16:%02d+0000: %s\n"):format(at, text)
  end
  return table.concat(lines)
end

local COUNTED = [[
coturn_allocations 1
coturn_allocations_total 2
coturn_refusals_total{code="401"} 1
coturn_refusals_total{code="403"} 1
coturn_received_packets_total{side="client"} 4
coturn_received_packets_total{side="peer"} 1
coturn_received_bytes_total{side="client"} 317
coturn_received_bytes_total{side="peer"} 10
coturn_sent_packets_total{side="client"} 5
coturn_sent_packets_total{side="peer"} 2
coturn_sent_bytes_total{side="client"} 241
coturn_sent_bytes_total{side="peer"} 20
]]

describe("the counts of coturn", function()
  before_each(function() base = support.directory() end)
  after_each(function() support.remove(base) end)

  it("come from its log, of which only what is no single session is passed on", function()
    support.write(base .. "/log", log())
    local inner = ("cat %s/log; until [ -e %s/end ]; do sleep 0.02; done; exit 3"):format(base, base)
    local command = ("%s --metrics %s/sock /bin/sh -c %s >%s/said 2>&1 & helper=$!; "
      .. "until curl -sf --unix-socket %s/sock http://x/metrics >%s/got && grep -q 'allocations_total 2' %s/got && "
      .. "grep -q 'sent_bytes_total{side=\"client\"} 241' %s/got && grep -q '^coturn_allocations 1' %s/got; "
      .. "do sleep 0.02; done; : >%s/end; wait $helper; echo status $?"):format(HELPER, base, quoted(inner), base, base,
      base, base, base, base, base)
    assert.equal("status 3\n", shell("timeout 60 sh -c " .. quoted(command)))
    local samples = support.read(base .. "/got"):gsub("#[^\n]*\n", "")
    assert.equal(COUNTED, samples)
    assert.equal("2026-11-29T00:16:01+0000: Relay address to use: 10.1.1.1\n2026-11-29T00:16:10+0000: ERROR: "
      .. "check_stun_auth: Cannot find credentials of user <1795997814:me>\n", support.read(base .. "/said"))
  end)

  it("end with coturn, when the signal for it comes", function()
    local command = ("%s --metrics %s/sock /bin/sh -c 'trap \"exit 5\" TERM; echo begun; while :; do sleep 0.02; done' "
      .. ">%s/said 2>&1 & helper=$!; until grep -qs begun %s/said; do sleep 0.02; done; kill -TERM $helper; "
      .. "wait $helper; echo status $?"):format(HELPER, base, base, base)
    assert.equal("status 5\n", shell("timeout 60 sh -c " .. quoted(command)))
  end)
end)
