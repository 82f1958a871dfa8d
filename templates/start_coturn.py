# Starts coturn. Before that it asks for this server's public address (COTURN_EXTERNAL_IP=auto), and afterwards it counts
# what coturn's log says and answers with the counts as metrics (COTURN_METRICS). It uses Python's own modules alone.
#
# start_coturn.py [--ask URL OWN,...] [--metrics SOCKET] PROGRAM ARGUMENT...; OWN: the addresses from which it relays.
import ipaddress
import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler

LIMIT = 10  # seconds, for everything: the name, the connection, the answer
LONGEST = 200  # bytes of an answer


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- the public address


def read_address(url):
    with urllib.request.urlopen(url, timeout=2 * LIMIT) as answer:
        text = answer.read(LONGEST).decode("ascii", "replace").strip()
    address = ipaddress.ip_address(text)
    if not address.is_global or address.is_multicast:
        raise ValueError(f"{address} is no public address")
    return address


def ask(url):
    """The address, or None and why there is none. No name server and no peer can hold it up for longer."""
    found, done = [], threading.Event()

    def look():
        try:
            found.append((read_address(url), None))
        except Exception as error:  # whatever it is, coturn starts
            found.append((None, " ".join(str(error).split())[:200] or type(error).__name__))
        done.set()

    threading.Thread(target=look, daemon=True).start()
    done.wait(LIMIT)
    return found[0] if found else (None, f"no answer within {LIMIT} s")


def external(url, own):
    """The arguments that tell coturn its public address."""
    address, why = ask(url)
    same = [one for one in map(ipaddress.ip_address, own) if address and one.version == address.version]
    if address and not same:
        why = f"{address} is of a family of which this machine has no address"
    if why:
        say(
            f"warning: COTURN_EXTERNAL_IP=auto: {url} gives no address ({why}). Relays have this machine's own address "
            "until coturn is started again (synlua restart coturn), or set COTURN_EXTERNAL_IP to the address"
        )
        return []
    say(f"the public address is {address}, says {url}")
    return [f"--external-ip={address}"] if same[0] != address else []


# ---- metrics

SESSION = re.compile(rb"session (\d+): (.*)")
USAGE = re.compile(rb"(peer )?usage: .*, rp=(\d+), rb=(\d+), sp=(\d+), sb=(\d+)$")
REFUSAL = re.compile(rb"realm <.*> user <.+>: incoming packet message processed, error (\d{3}): ")
# What coturn says of single sessions, which is counted here and would fill the log with names and addresses of users.
ROUTINE = re.compile(rb"session \d+: |IPv[46]\. (Local |tcp or tls connected)|ERROR: A peer IP ")


class Counts:
    def __init__(self):
        self.lock = threading.Lock()
        self.open = set()
        self.allocations = 0
        self.refusals = {}
        self.traffic = {side: [0, 0, 0, 0] for side in ("client", "peer")}

    def take(self, line):
        match = SESSION.search(line)
        if not match:
            return
        session, text = match.groups()
        with self.lock:
            if text.startswith(b"new, "):
                self.allocations += 1
                self.open.add(session)
            elif text.startswith(b"delete: "):
                self.open.discard(session)
            else:
                self.count(text)

    def count(self, text):
        usage, refusal = USAGE.match(text), REFUSAL.match(text)
        if usage:
            sums = self.traffic["peer" if usage[1] else "client"]
            for at in range(4):
                sums[at] += int(usage[at + 2])
        elif refusal:
            code = refusal[1].decode()
            self.refusals[code] = self.refusals.get(code, 0) + 1

    def text(self):
        with self.lock:
            lines = []

            def add(name, kind, doc, samples):
                lines.extend([f"# HELP {name} {doc}", f"# TYPE {name} {kind}"])
                lines.extend(f"{name}{labels} {value}" for labels, value in samples)

            add("coturn_allocations", "gauge", "Relays that clients have now.", [("", len(self.open))])
            add("coturn_allocations_total", "counter", "Relays that clients got.", [("", self.allocations)])
            add(
                "coturn_refusals_total",
                "counter",
                "Requests that were refused, by the code of STUN: 401 login, 403 peer, 486 quota, 508 no port left.",
                [(f'{{code="{code}"}}', count) for code, count in sorted(self.refusals.items())],
            )
            for at, (name, doc) in enumerate(
                [
                    ("coturn_received_packets_total", "Packets that came"),
                    ("coturn_received_bytes_total", "Bytes that came"),
                    ("coturn_sent_packets_total", "Packets that were sent"),
                    ("coturn_sent_bytes_total", "Bytes that were sent"),
                ]
            ):
                doc += ", from or to clients and their peers. coturn tells them at the end of a relay, and now and then."
                add(name, "counter", doc, [(f'{{side="{side}"}}', self.traffic[side][at]) for side in self.traffic])
            return "\n".join(lines) + "\n"


def answer(counts, path):
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self):
            body = counts.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

    threading.Thread(target=Server(path, Handler).serve_forever, daemon=True).start()


def count(argv, path):
    """Runs coturn as a child, and ends with its status."""
    counts = Counts()
    answer(counts, path)
    child = subprocess.Popen(argv + ["-v"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    signal.signal(signal.SIGUSR2, lambda *_: child.send_signal(signal.SIGUSR2))
    for line in child.stdout:
        counts.take(line.rstrip())
        if not ROUTINE.search(line[:80]):
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
    status = child.wait()
    return 128 - status if status < 0 else status


def main(arguments):
    more, socket = [], None
    while arguments[0].startswith("--"):
        if arguments[0] == "--ask":
            more = external(arguments[1], arguments[2].split(","))
            arguments = arguments[3:]
        else:
            socket, arguments = arguments[1], arguments[2:]
    argv = arguments + more
    if socket:
        sys.exit(count(argv, socket))
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main(sys.argv[1:])
