-- How scripts ask the admin API (templates/admin.py): in whose name, and to whom they give their token.

local lfs = require "lfs"
local support = require "run.support"
local system = require "core.system"

-- A homeserver that lets @c alone do anything: @a is locked, and @b has expired.
local SERVER = [[
import http.server, sqlite3, threading
connection = sqlite3.connect(":memory:", check_same_thread=False)
connection.execute("CREATE TABLE users (name, admin, deactivated)")
connection.execute("CREATE TABLE access_tokens (id, user_id, token, valid_until_ms)")

class Fake(Database):
    def __init__(self):
        self.connection = connection
        self.engine = type("Engine", (), {"convert_param_style": staticmethod(lambda sql: sql)})

seen = []

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        token = self.headers["Authorization"].split()[1]
        user = connection.execute("SELECT user_id FROM access_tokens WHERE token = ?", (token,)).fetchone()[0]
        seen.append(user)
        refusals = {"@a": (401, {"error": "locked"}), "@b": (403, {"error": "expired"})}
        status, body = refusals.get(user, (200, {"user": user}))
        if self.path.endswith("/gone"):
            status, body = 404, {"error": "gone"}
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass

def serve():
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"address": "127.0.0.1", "port": server.server_address[1]}

def tokens():
    return connection.execute("SELECT COUNT(*) FROM access_tokens").fetchone()[0]

def people(*names):
    for name in names:
        connection.execute("INSERT INTO users VALUES (?, 1, 0)", (name,))
]]

local directory

before_each(function() directory = support.directory() end)
after_each(function() support.remove(directory) end)

local function run(text)
  local path = directory .. "/script.py"
  support.write(path, support.read(lfs.currentdir() .. "/templates/admin.py") .. SERVER .. text)
  return (support.capture(("timeout 60 /usr/bin/python3 -I %s 2>&1"):format(path)))
end

describe("a script that asks the admin API", function()
  it("goes on to the next administrator where Synapse does not let one in", function()
    assert.equal("{'user': '@c'} {'user': '@c'}\n['@a', '@b', '@c', '@c']\n0\n", run [[
people("@a", "@b", "@c")
with Administrator(Fake(), administrators(Fake())) as one:
    place = serve()
    print(one.call(place, "GET", "x"), one.call(place, "GET", "x"))
print(seen)
print(tokens())
]])
  end)

  it("says why where Synapse lets none of them in, and asks once about all else", function()
    assert.equal("the homeserver refuses it: expired\nthe homeserver refuses it: gone\n['@a', '@b', '@a']\n0\n", run [[
people("@a", "@b")
with Administrator(Fake(), administrators(Fake())) as one:
    place = serve()
    for path in "x", "gone":
        try:
            one.call(place, "GET", path)
        except Refused as fault:
            print(fault)
print(seen)
print(tokens())
]])
  end)

  it("gives its token to no process of another user's that has the port", system.identity().uid == 0 and function()
    assert.equal("127.0.0.1 port P belongs to uid 65534, so it is not asked\n0\n", (run [[
people("@c")
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
listener.close()
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.setuid(65534)
    taken = socket.create_server(("127.0.0.1", port))
    os.write(writer, b"x")
    peer = taken.accept()[0]
    peer.settimeout(30)
    print("was asked:", peer.recv(1000))
    os._exit(0)
os.read(reader, 1)
try:
    with Administrator(Fake(), administrators(Fake())) as one:
        one.call({"address": "127.0.0.1", "port": port}, "GET", "x", timeout=5)
except OSError as fault:
    print(fault)
finally:
    os.kill(child, 9)
print(tokens())
]]:gsub("port %d+", "port P")))
  end or function() end)
end)
