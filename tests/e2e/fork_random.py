"""fork_random.py PYTHON: checks that 20 processes of one fork server with the real Synapse never draw the same random
number, and that each has the reactor that Synapse would choose."""

import array
import collections
import json
import os
import socket
import subprocess
import sys
import tempfile

CHILDREN = 20
HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = os.path.join(HERE, "../../core/process/forkserver.py")


def start_server(python, app, environment, notify):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = subprocess.Popen(
        [python, SERVER, "synapse.app.homeserver", app, "--", "psycopg2", "hiredis"],
        stdin=theirs, env=environment, cwd=HERE + "/fork",
    )
    theirs.close()
    notify.settimeout(60)
    assert notify.recv(100) == b"READY=1"
    ours.settimeout(60)
    return ours, server


def fork_one(ours, python, app, environment):
    """What one child prints."""
    reader, writer = os.pipe()
    go_reader, go = os.pipe()
    parts = ["synlua 2", app, "/", "0", "0", "0", "0", "3", python, "-m", app]
    parts += [f"{name}={value}" for name, value in environment.items()]
    descriptors = array.array("i", [writer, 2, go_reader])
    ours.sendmsg([b"".join(part.encode() + b"\0" for part in parts)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
    answer = ours.recv(1000)
    assert answer.startswith(b"pid "), answer
    os.close(writer)
    os.close(go_reader)
    os.write(go, b"1")
    os.close(go)
    with os.fdopen(reader) as printed:
        return json.loads(printed.read().splitlines()[-1])


def printed_by(count, python, app, environment):
    """What so many children of one server print."""
    with tempfile.TemporaryDirectory() as directory:
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(directory + "/notify")
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NOTIFY_SOCKET": directory + "/notify", **environment}
        ours, server = start_server(python, app, environment, notify)
        printed = [fork_one(ours, python, app, environment) for _ in range(count)]
        ours.close()
        assert server.wait(10) == 0
    return printed


def main():
    python = sys.argv[1]
    drawn = collections.defaultdict(list)
    for draws in printed_by(CHILDREN, python, "draws", {}):
        for source, value in draws.items():
            drawn[source].append(value)
    for source, values in sorted(drawn.items()):
        assert len(values) == CHILDREN and len(set(values)) == CHILDREN, f"{source}: {values}"
        print(f"{source}: {CHILDREN} different values, such as {values[0]}")
    for environment, wanted in (({}, "EPollReactor"), ({"SYNAPSE_ASYNC_IO_REACTOR": "1"}, "AsyncioSelectorReactor")):
        (turned,) = printed_by(1, python, "turns", environment)
        assert turned == [wanted], turned
        print(f"{environment}: {wanted} turns")


main()
