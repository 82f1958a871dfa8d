"""A real nginx as synlua configures it, with processes behind it that only answer their name; for tests of routing.

Where a user directory puts haproxy in nginx's place, it is that.
"""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile

DEADLINE = 15
LARGE = 64 << 20


class Fake:
    """One process of Synapse at its socket. What it does with a request is `behaviour`:

    answer: says its name; error: answers 502 itself; die: takes the whole request, then is gone;
    head: reads the head alone, then is gone; hang: reads and says nothing; gone: does not listen; large: answers with a
    large body. `taken` counts the bytes of bodies.
    """

    def __init__(self, name, path):
        self.name, self.path, self.behaviour = name, path, "answer"
        self.received, self.server, self.writers, self.taken = [], None, set(), 0
        self.connections = 0  # that it ever got
        self.body, self.kind = name.encode(), "text/plain"  # of its answers

    async def be(self, behaviour):
        if (behaviour == "gone") != (self.server is None):
            await (self.close() if behaviour == "gone" else self.open())
        self.behaviour = behaviour

    async def open(self):
        self.server = await asyncio.start_unix_server(self.serve, self.path, limit=1 << 20)
        os.chmod(self.path, 0o666)

    async def close(self):
        self.server.close()
        for writer in list(self.writers):
            writer.transport.abort()
        with contextlib.suppress(FileNotFoundError):  # from Python 3.13 on the server removes its socket itself
            os.unlink(self.path)
        self.server = None

    async def serve(self, reader, writer):
        self.writers.add(writer)
        self.connections += 1
        try:
            while await self.one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.writers.discard(writer)
            writer.transport.abort()

    async def one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        self.received.append((method, target))
        if self.behaviour == "head":
            return False
        if self.behaviour == "hang":
            await reader.read()
            return False
        left = int(fields.get("content-length", 0))
        while left > 0:
            part = len(await reader.readexactly(min(left, 65536)))
            left, self.taken = left - part, self.taken + part
        while fields.get("transfer-encoding") == "chunked":
            size = int(await reader.readuntil(b"\r\n"), 16)
            self.taken += len(await reader.readexactly(size + 2)) - 2
            if size == 0:
                break
        if self.behaviour == "die":
            return False
        status = "502 Bad" if self.behaviour == "error" else "200 OK"
        body = b"" if method == "HEAD" else self.body
        body = body if self.behaviour != "large" else bytes(LARGE)
        fields = f"X-Served-By: {self.name}\r\nContent-Type: {self.kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(f"HTTP/1.1 {status}\r\n{fields}".encode() + body)
        await writer.drain()
        return True


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body
        self.by = fields.get("x-served-by")


async def receive(reader, method):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    length = 0 if method == "HEAD" else int(fields.get("content-length", 0))
    if fields.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
        return Answer(int(lines[0].split(" ")[1]), fields, body)
    return Answer(int(lines[0].split(" ")[1]), fields, await reader.readexactly(length))


class Routed:
    """nginx on a port of 127.0.0.1 and the fakes, until it is closed. user: a user directory to copy; more: variables."""

    def __init__(self, synlua, python, types, port, user=None, more=None):
        self.synlua, self.types, self.port = synlua, types, port
        self.directory = tempfile.mkdtemp(prefix="synlua-routed-")
        os.chmod(self.directory, 0o755)
        self.environment = {
            "PATH": "/usr/bin:/bin:/usr/sbin", "SYNAPSE_SERVER_NAME": "example.org", "SYNAPSE_REPORT_STATS": "no",
            "SYNAPSE_WORKER_TYPES": types, "SYNLUA_SYNAPSE_PYTHON": python, "NGINX_LISTEN_ADDRESS": "127.0.0.1",
            "SYNAPSE_HTTP_PORT": str(port), "SYNAPSE_CONFIG_DIR": self.directory,
            "SYNAPSE_DATA_DIR": self.directory,
            "SYNLUA_RUNTIME_DIR": self.directory + "/run", "SYNLUA_USER_DIR": self.directory + "/user",
        }
        self.environment.update(more or {})
        if user:
            shutil.copytree(user, self.directory + "/user")
        self.fakes, self.nginx, self.edits = {}, None, []  # edits: (pattern, text) for nginx.conf

    def run(self, *words, **options):
        done = subprocess.run([self.synlua, *words], env=self.environment, capture_output=True, text=True, **options)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return done.stdout

    async def __aenter__(self):
        self.run("render", self.directory + "/out")
        shutil.copytree(f"{self.directory}/out{self.directory}/run/nginx", self.directory + "/run/nginx")
        subprocess.run(["chmod", "-R", "a+rX", self.directory + "/run/nginx"], check=True)  # they belong to us here
        made = self.directory + "/run/nginx/nginx.conf"
        command = ["nginx", "-c", made, "-g", "daemon off;"]
        if not os.path.exists(made):
            made = self.directory + "/run/nginx/haproxy.cfg"
            command = ["haproxy", "-db", "-f", made]
        for path in ("/run/nginx/tmp", "/.synlua.nginx"):
            os.makedirs(self.directory + path, exist_ok=True)
            os.chmod(self.directory + path, 0o777)
        os.makedirs(self.directory + "/run/sockets")
        with open(made, encoding="utf-8") as f:
            text = f.read()
        for pattern, other in self.edits:
            text, count = re.subn(pattern, other, text)
            assert count > 0, pattern
        with open(made, "w", encoding="utf-8") as f:
            f.write(text)
        paths = set(re.findall(r"(?<!listen )unix[:@]([^\s;']+)", text))
        for path in sorted(paths):
            name = os.path.basename(path).removesuffix("_public.sock")
            self.fakes[name] = Fake(name, path)
            await self.fakes[name].open()
        self.nginx = await asyncio.create_subprocess_exec(*command, stderr=open(self.directory + "/error.log", "w"))
        ends = asyncio.get_running_loop().time() + DEADLINE
        while True:
            try:
                await self.request("GET", "/health")
                return self
            except OSError:
                if self.nginx.returncode is not None or asyncio.get_running_loop().time() > ends:
                    with open(self.directory + "/error.log", encoding="utf-8") as f:
                        raise SystemExit("nginx did not start:\n" + f.read()) from None
                await asyncio.sleep(0.02)

    async def __aexit__(self, *_):
        if self.nginx.returncode is None:
            self.nginx.terminate()
            await self.nginx.wait()
        for fake in self.fakes.values():
            await fake.be("gone")
        shutil.rmtree(self.directory)

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)

    async def request(self, method, target, body=b"", fields=()):
        return await asyncio.wait_for(self._request(method, target, body, fields), DEADLINE)

    async def _request(self, method, target, body, fields):
        reader, writer = await self.connect()
        try:
            length = [f"Content-Length: {len(body)}"] if body or method in ("POST", "PUT", "PATCH") else []
            lines = [f"{method} {target} HTTP/1.1", "Host: example.org", "Connection: close", *length, *fields]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
            return await receive(reader, method)
        finally:
            writer.transport.abort()

    async def restore(self):
        for fake in self.fakes.values():
            await fake.be("answer")
            fake.received.clear()

    def received(self):
        """name -> requests of every fake that got one"""
        return {name: list(fake.received) for name, fake in self.fakes.items() if fake.received}


# Bytes in files below a directory that a process has open, with a name or without.
LOOK = """
import os, sys
most = 0
for pid in sys.argv[2:]:
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}").startswith(sys.argv[1]):
                most += os.stat(f"/proc/{pid}/fd/{name}").st_size
        except FileNotFoundError:
            pass
print(most)
"""


def held(made, directory):
    """Of any of nginx's processes. Their user may look at them, where root without CAP_SYS_PTRACE may not."""
    with open(f"/proc/{made.nginx.pid}/task/{made.nginx.pid}/children", encoding="utf-8") as file:
        pids = file.read().split()
    owner = os.stat(f"/proc/{pids[0]}")
    other = {} if owner.st_uid == os.geteuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    said = subprocess.run(["/usr/bin/python3", "-I", "-c", LOOK, directory, *pids], check=True, stdout=subprocess.PIPE,
                          text=True, cwd="/", **other)
    return int(said.stdout)
