"""Attacks by clients that hold memory or connections: bodies of requests, connections to the metrics; and capabilities
that services do not need."""

import json
import os
import socket
import time

from sandbox import DATA, RUNTIME, Instance, attack, as_user, read, refuse, user, wait, write

MB = 1 << 20
CLIENT, MEDIA = "/_matrix/client/v3/login", "/_matrix/media/v3/upload"
FEDERATION = "/_matrix/federation/v1/send/1"


def used():
    """Bytes of the file system of the runtime directory: nginx's files have no name."""
    said = os.statvfs(RUNTIME)
    return (said.f_blocks - said.f_bfree) * said.f_frsize


def begin(path, length, method="POST"):
    sock = socket.create_connection(("127.0.0.1", 8008), 10)
    sock.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {length}\r\n\r\n".encode())
    return sock


def answer(sock):
    got = b""
    sock.settimeout(20)
    try:
        while True:
            part = sock.recv(65536)
            if not part:
                break
            got += part
            head, found, body = got.partition(b"\r\n\r\n")
            length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(
                b"content-length:")]
            if found and length and len(body) >= length[0]:
                break
    except OSError:
        pass
    head, _, body = got.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body


def hold(path, method="POST", size=50):
    """Twenty strangers who each send nearly all of so many MB and then wait; the most that the directory held."""
    instance = Instance("").ready()
    most, part, held, before = 0, bytes(MB), [], used()
    for _ in range(20):
        sock = begin(path, size * MB, method)
        try:
            for _ in range(size - 1):
                sock.sendall(part)
        except OSError:
            pass  # refused
        held.append(sock)
        most = max(most, used() - before)
    wait(lambda: used() - before > most, 1)
    return instance, max(most, used() - before)


for name, place, way in (("a login", CLIENT, "POST"), ("federation", FEDERATION, "PUT"), ("an upload", MEDIA, "POST"),
                         ("any path", "/x", "POST")):
    @attack(f"twenty strangers with a large body for {name} hold no memory of the runtime directory")
    def bodies(place=place, way=way):
        _, most = hold(place, way)
        refuse(most > 32 * MB, f"{RUNTIME} held {most // MB} MB")


@attack("twenty strangers with bodies that Synapse would take hold no memory of the runtime directory")
def accepted():
    _, most = hold(FEDERATION, "PUT", 12)
    refuse(most > 32 * MB, f"{RUNTIME} held {most // MB} MB")


def too_large(path, length, method="POST"):
    instance = Instance("").ready()
    sock = begin(path, length, method)
    head, body = answer(sock)
    refuse(not head.startswith("HTTP/1.1 413"), f"the answer to {length // MB} MB is "
           f"{head.splitlines()[0] if head else 'none'}")
    try:
        code = json.loads(body)["errcode"]
    except (ValueError, KeyError):
        code = None
    refuse(code != "M_TOO_LARGE", f"413 is no error of Matrix: {body[:60]!r}")
    refuse("access-control-allow-origin: *" not in head.lower(), "413 has no CORS headers")
    assert instance


attack("a login of 20 MB is refused with 413 in JSON with CORS")(lambda: too_large(CLIENT, 20 * MB))
attack("a transaction of 20 MB is refused with 413 in JSON with CORS")(lambda: too_large(FEDERATION, 20 * MB, "PUT"))
attack("an upload of 200 MB is refused with 413 in JSON with CORS")(lambda: too_large(MEDIA, 200 * MB))


@attack("a transaction of 12 MB goes through")
def transaction():
    instance = Instance("").ready()
    sock = begin(FEDERATION, 12 * MB, "PUT")
    sock.sendall(bytes(12 * MB))
    head, _ = answer(sock)
    refuse(not head.startswith("HTTP/1.1 200"), head.splitlines()[0] if head else "no answer")
    assert instance


def without_its_directory(prepare, **variables):
    """nginx's temporary files lie in the runtime directory where the data directory cannot have them."""
    spare = variables.get("SYNAPSE_DATA_DIR", DATA) + "/.synlua.nginx"
    os.makedirs(os.path.dirname(spare))
    prepare(spare)
    instance = Instance("", **variables).ready()
    before = used()
    sock = begin(FEDERATION, 12 * MB, "PUT")
    sock.sendall(bytes(12 * MB - 1))
    refuse(not wait(lambda: used() - before > 8 * MB, 10), f"{RUNTIME} does not hold the body: it is kept elsewhere")
    sock.sendall(b"x")
    head, _ = answer(sock)
    refuse(not head.startswith("HTTP/1.1 200"), head.splitlines()[0] if head else "no answer")
    kept = [name for name in ("/srv/elsewhere", spare) if os.path.isdir(name) and os.listdir(name)]
    refuse(kept, f"nginx made something in {kept}")
    refuse(RUNTIME + "/nginx/tmp/body" not in read(RUNTIME + "/nginx/nginx.conf"), "nginx.conf names another place")
    instance.again()
    refuse(instance.process.poll() is not None, "the next start is refused")


@attack("a start removes what Synapse left of uploads, and nothing through a link that it put there")
def left_of_uploads():
    write("/root/victim/precious", "root's\n", 0o600)
    instance = Instance("").ready().stop()
    as_user("synapse", f"cd {DATA}/.synlua.tmp && mkdir -p deep/er && echo x >deep/er/tmp1 && mkfifo fifo && "
            "ln -s /root/victim link && ln -s /root/victim deep/er/link", check=True)
    os.chmod("/root", 0o755)
    refuse(not instance.again(), "the next start is refused: " + instance.log())
    refuse(os.listdir(DATA + "/.synlua.tmp"), f"still there: {os.listdir(DATA + '/.synlua.tmp')}")
    refuse(not os.path.exists("/root/victim/precious"), "/root/victim was emptied")
    instance.stop()
    as_user("synapse", f"cd {DATA} && rmdir .synlua.tmp && ln -s /root/victim .synlua.tmp", check=True)
    refuse(not instance.again(), "the next start is refused: " + instance.log())
    refuse(not os.path.exists("/root/victim/precious"), "/root/victim was emptied through .synlua.tmp")
    refuse(os.stat("/root/victim").st_uid != 0, "/root/victim was given away")


def synapses_directory(spare):
    os.mkdir(spare)
    os.chmod(spare, 0o777)
    os.chown(spare, *user("synapse"))


def synapses_link(spare):
    synapses_directory("/srv/elsewhere")
    os.symlink("/srv/elsewhere", spare)
    os.chown(spare, *user("synapse"), follow_symlinks=False)


def closed_way(spare):
    upper = os.path.dirname(os.path.dirname(spare))
    os.chmod(upper, 0o750)
    os.chown(upper, 0, user("synapse")[1])


for what, prepare, variables in (
        ("is a directory of Synapse's", synapses_directory, {}), ("is a link of Synapse's", synapses_link, {}),
        ("is a file", lambda spare: write(spare, "", 0o666), {}),
        ("cannot be reached by its user", closed_way, {"SYNAPSE_DATA_DIR": "/srv/closed/data"})):
    attack(f"what strangers send goes to the runtime directory, and through, where .synlua.nginx {what}")(
        lambda prepare=prepare, variables=variables: without_its_directory(prepare, **variables))


def ask_metrics(limit):
    began = time.monotonic()
    try:
        sock = socket.create_connection(("127.0.0.1", 9999), limit)
        sock.settimeout(limit)
        sock.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        good = sock.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        good = False
    return good, time.monotonic() - began


@attack("slow clients of the metrics port do not shut others out")
def metrics():
    instance = Instance("", SYNLUA_METRICS_PORT="9999").ready()
    refuse(not ask_metrics(5)[0], "the metrics port does not answer at all")
    slow = [socket.socket() for _ in range(64)]
    for sock in slow:  # beyond the limit they wait in the kernel's queue
        sock.setblocking(False)
        sock.connect_ex(("127.0.0.1", 9999))
    wait(lambda: False, 0.2)
    for sock in slow:
        try:
            sock.sendall(b"GET /metrics HTTP/1.1\r\n")
        except OSError:
            pass
    ends = time.monotonic() + 20
    answered = False
    while time.monotonic() < ends and not answered:
        for sock in slow:
            try:
                sock.sendall(b"X")
            except OSError:
                pass
        answered = ask_metrics(2)[0]
    refuse(not answered, "64 clients that send a byte every two seconds kept everybody out for 20 s")
    assert instance


def status(pid, field):
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(field + ":"):
            return line.split(":")[1].strip()
    return ""


@attack("no service keeps a capability, or may gain one")
def capabilities():
    instance = Instance(None, SYNAPSE_WORKER_TYPES="event_persister", SYNAPSE_SERVER_NAME="localhost").ready()
    found = []
    for name in ("synapse", "nginx", "redis", "postgres"):
        pid = instance.pid_of(name)
        for field in ("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"):
            if int(status(pid, field) or "0", 16):
                found.append(f"{name}: {field} {status(pid, field).lstrip('0')}")
        if status(pid, "NoNewPrivs") != "1":
            found.append(f"{name}: may gain privileges")
    refuse(found, "; ".join(found))


@attack("no service can see the environment or the memory of another, or of synlua")
def others():
    instance = Instance(None, SYNAPSE_WORKER_TYPES="event_persister", SYNAPSE_SERVER_NAME="localhost").ready()
    pids = {name: instance.pid_of(name) for name in ("synapse", "nginx", "redis", "postgres")}
    pids["synlua"] = instance.process.pid
    users = {"synapse": "synapse", "nginx": "www-data", "redis": "redis", "postgres": "postgres"}
    for name, account in users.items():
        for other, pid in pids.items():
            done = as_user(account, f"cat /proc/{pid}/environ || head -c 1 /proc/{pid}/mem")
            refuse(other != name and done.stdout, f"{name} reads of {other}")
