"""A homeserver with workers for benchmarks, and what its processes use."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKERS = (
    "event_persister:2, federation_sender, client_reader, synchrotron:2, federation_reader, event_creator, pusher, "
    "stream_writers=account_data+presence+receipts+to_device+typing"
)
PORT = int(os.environ.get("BENCH_PORT", "21700"))
SETTLE = 8  # seconds after ready, before memory is measured


def processes_below(pid):
    """pid -> name of everything below pid, itself too."""
    parents, names = {}, {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                before, _, after = file.read().rpartition(")")
        except OSError:
            continue
        parents[int(entry)] = int(after.split()[1])
        names[int(entry)] = before.partition("(")[2]

    def below(at):
        while at and at != pid:
            at = parents.get(at, 0)
        return at == pid

    return {entry: name for entry, name in names.items() if below(entry)}


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1)) / 1024


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return sum(int(n) for n in file.read().rpartition(")")[2].split()[11:13]) / os.sysconf("SC_CLK_TCK")


class Run:
    def __init__(self, base, workers, variables):
        os.makedirs(base + "/data", exist_ok=True)
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "SYNAPSE_SERVER_NAME": "localhost", "SYNAPSE_REPORT_STATS": "no", "SYNAPSE_WORKER_TYPES": workers,
            "SYNAPSE_CONFIG_DIR": base + "/data", "SYNAPSE_DATA_DIR": base + "/data",
            "SYNLUA_RUNTIME_DIR": base + "/run", "SYNAPSE_HTTP_PORT": str(PORT), "NGINX_LISTEN_ADDRESS": "127.0.0.1",
            "SYNLUA_SYNAPSE_PYTHON": os.environ["SYNLUA_SYNAPSE_PYTHON"], "SYNAPSE_LOG_LEVEL": "INFO", **variables,
        }
        self.began = time.monotonic()
        self.log = base + "/log"
        with open(self.log, "wb") as to:
            self.process = subprocess.Popen([ROOT + "/build/synlua", "run"], env=environment, stdout=to, stderr=to)
        self.offset = 0

    def says(self, pattern, seconds=180):
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and self.process.poll() is None:
            with open(self.log, "rb") as file:
                file.seek(self.offset)
                found = re.search(pattern.encode(), file.read())
            if found:
                self.offset += found.end()
                return [part.decode() for part in found.groups()]
            time.sleep(0.005)
        with open(self.log, "rb") as file:
            lines = [line for line in file.read().decode(errors="replace").splitlines() if line.startswith("synlua")]
            sys.exit("\n".join([*lines[-20:], f"{pattern!r} was not said"]))

    def ready(self):
        self.says(r"synlua \| ready in", 900)
        with socket.create_connection(("127.0.0.1", PORT)) as to:
            to.sendall(b"GET /_matrix/client/versions HTTP/1.0\r\n\r\n")
            assert b" 200 " in to.recv(4096)
        return time.monotonic() - self.began

    def named(self, argument):
        """pid of the worker with this word in its command line."""
        for pid in processes_below(self.process.pid):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if argument.encode() in file.read():
                    return pid

    def memory(self):
        all_ = {pid: name for pid, name in processes_below(self.process.pid).items() if name != "postgres"}
        return sum(pss(pid) for pid in all_), sum(cpu(pid) for pid in all_), len(all_)

    def recovery(self, name):
        pid = self.named(f"/{name}.yaml")
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        self.says(name + r" is ready again")
        return time.monotonic() - began

    def stop(self):
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        return time.monotonic() - began
