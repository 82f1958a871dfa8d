#!/usr/bin/python3 -I
"""An interpreter in place of Synapse's: of all modules it has Synapse's processes, and these only answer who they are.

It serves every listener of its last configuration file, as main or as a worker: /health with 200, any other path with
JSON: who it is, method, target, fields and body of the request. It is ready by NOTIFY_SOCKET at once.
"""

import contextlib
import http.server
import json
import os
import re
import socket
import socketserver
import sys
import threading


def section(text, name):
    """The lines of a list at the top of a file as synlua writes it."""
    found = re.search(rf"^(?:worker_)?{name}:\n((?:[ -].*\n)+)", text, re.MULTILINE)
    return found.group(1) if found else ""


def first(pattern, text, otherwise=None):
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip("\"'") if found else otherwise


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    name = "main"

    def address_string(self):
        return "nginx"

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("latin-1")
        fields = {name.lower(): value for name, value in self.headers.items()}
        made = b"OK" if self.path == "/health" else json.dumps(
            {"by": self.name, "method": self.command, "target": self.path, "fields": fields, "body": body}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Served-By", self.name)
        self.send_header("Content-Length", str(len(made)))
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(ConnectionError):  # who asked for /health may want the status alone
                self.wfile.write(made)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = answer


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("nginx", 0)


def main():
    if sys.argv[1:2] != ["-m"] or not sys.argv[2].startswith("synapse.app."):
        sys.exit("ModuleNotFoundError: No module named 'synapse'")
    with open(sys.argv[-1], encoding="utf-8") as file:
        text = file.read()
    Answer.name = first(r"^worker_name: (.*)$", text, "main")
    for path in re.findall(r"^[ -]+path: (.*\.sock)$", section(text, "listeners"), re.MULTILINE):
        server = Server(path.strip("\"'"), Answer)
        os.chmod(server.server_address, 0o660)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(b"READY=1\n", os.environ["NOTIFY_SOCKET"])
    threading.Event().wait()


if __name__ == "__main__":
    main()
