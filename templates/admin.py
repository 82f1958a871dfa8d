# What other scripts begin with that work on the running homeserver, with Synapse's interpreter. It reads Synapse's
# configuration as Synapse does. The first argument is JSON.
#
# Changes go through the admin API of the running homeserver, because Synapse keeps much in memory. For that the script
# gives an administrator an access token of its own, which is valid for a minute and removed afterwards. The token's
# number is below zero: Synapse numbers its own upwards from the highest one at its start.
import http.client, json, os, secrets, signal, socket, sys, time
from urllib.parse import quote

MINUTE_MS = 60000
PREFIX = "syt_synlua_"

# So that what was begun is cleared away after a request to end, too.
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))

def end(status, what):
    print("synlua:", what, file=sys.stderr)
    sys.exit(status)

def configuration(files):
    from synapse.config.homeserver import HomeServerConfig
    return HomeServerConfig.load_config("synlua", [word for path in files for word in ("-c", path)])

class Database:
    """Synapse's. A reader is refused every change by the database itself."""

    def __init__(self, config, reader=False):
        from synapse.storage.engines import create_engine
        main = [one for one in config.database.databases if "main" in one.databases][0].config
        args = {name: value for name, value in main.get("args", {}).items() if not name.startswith("cp_")}
        self.engine = create_engine(main)
        is_file = main["name"] == "sqlite3"
        if is_file and not os.path.exists(args["database"]): # to connect would make one
            end(69, f"there is no database {plain(args['database'])}")
        self.connection = self.engine.module.connect(**args)
        if reader and is_file:
            self.connection.execute("PRAGMA query_only = ON")
        elif reader:
            self.connection.set_session(readonly=True)

    def run(self, sql, *values):
        cursor = self.connection.cursor()
        cursor.execute(self.engine.convert_param_style(sql), values)
        rows = cursor.fetchall() if cursor.description else []
        self.connection.commit()
        return rows

class Connection(http.client.HTTPConnection):
    def __init__(self, address, timeout=60):
        super().__init__("localhost", timeout=timeout)
        self.place = address

    def connect(self):
        if "socket" in self.place:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(self.place["socket"])
        else:
            self.sock = socket.create_connection((self.place["address"], self.place["port"]), self.timeout)
            self.check_owner(self.place["address"], self.place["port"])

    # This runs as Synapse's user. While Synapse is down, somebody else could have the port.
    def check_owner(self, address, port):
        for uid in listeners(address, port):
            if uid != os.geteuid():
                self.close()
                raise OSError(f"{address} port {port} belongs to uid {uid}, so it is not asked")

def listeners(address, port):
    """The users of the processes that listen on a port of an IPv4 address, as far as the kernel tells."""
    zero, own = "0" * 8, f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}"
    mapped = f"{int.from_bytes(bytes.fromhex('0000FFFF'), sys.byteorder):08X}"
    places = {f"{one}:{port:04X}" for one in (zero, own, zero * 4, zero * 2 + mapped + own)}
    for name in "tcp", "tcp6":
        if os.path.exists("/proc/net/" + name):
            with open("/proc/net/" + name, encoding="ascii") as file:
                rows = [line.split() for line in file]
            yield from (int(row[7]) for row in rows if row[3] == "0A" and row[1] in places)

def is_delegated(config):
    msc3861 = getattr(config.experimental, "msc3861", None)
    return bool(getattr(getattr(config, "mas", None), "enabled", False) or getattr(msc3861, "enabled", False))

def administrators(database):
    rows = database.run("SELECT name FROM users WHERE admin = 1 AND deactivated = 0 ORDER BY name")
    if not rows:
        end(1, "this homeserver has no administrator, and only an administrator can do that; make one: "
               "synlua user add NAME --admin")
    return [row[0] for row in rows]

class Refused(Exception):
    pass

class Administrator:
    """Asks the admin API in the name of the first of these administrators whom Synapse lets in."""

    def __init__(self, database, names):
        self.database, self.names, self.token, self.until = database, list(names), None, 0

    # Also what a script has left that was killed, which is of no use to anybody any more.
    def forget(self):
        self.database.run("DELETE FROM access_tokens WHERE id < 0 AND token LIKE ? "
                          "AND (token = ? OR valid_until_ms < ?)", PREFIX + "%", self.token, int(time.time() * 1000))
        self.token = None

    def renew(self):
        now = int(time.time() * 1000)
        if self.token and now < self.until - MINUTE_MS // 2:
            return
        self.forget()
        self.token, self.until = PREFIX + secrets.token_hex(32), now + MINUTE_MS
        number = min(0, self.database.run("SELECT COALESCE(MIN(id), 0) FROM access_tokens")[0][0]) - 1
        self.database.run("INSERT INTO access_tokens (id, user_id, token, valid_until_ms) VALUES (?, ?, ?, ?)",
                          number, self.names[0], self.token, self.until)

    def call(self, address, method, path, body=None, timeout=60):
        for _ in self.names:
            status, text = self.ask(address, method, path, body, timeout)
            if status == 200:
                return json.loads(text)
            if status not in (401, 403):
                break
            self.forget() # only Synapse knows who is locked or has expired
            self.names.append(self.names.pop(0))
        raise Refused(f"the homeserver refuses it: {plain(text)}")

    def ask(self, address, method, path, body, timeout):
        """The status of its answer, and the answer or why it refuses."""
        self.renew()
        connection = Connection(address, timeout)
        connection.request(method, "/_synapse/admin/" + path, json.dumps(body or {}),
                           {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status == 200:
            return 200, text
        try:
            return answer.status, str(json.loads(text)["error"])
        except (ValueError, KeyError, TypeError):
            return answer.status, answer.reason

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self.forget()

# Texts of strangers, for a terminal.
def plain(text):
    return text.encode("unicode_escape").decode()

