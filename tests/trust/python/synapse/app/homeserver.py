"""As much of Synapse as a start needs: says that it is ready, answers on the sockets of its configuration, and prints
what stands in the file "say" beside the first of its files. With a file "slow" there it takes three seconds to end,
with a file "die" it ends before it is ready."""

import os
import re
import signal
import socket
import socketserver
import sys
import threading
import time

import synapse.app._base  # noqa: F401, as the fork server expects


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        fields = b""
        while not fields.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            fields += line
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", fields)
        left = int(length[1]) if length else 0
        while left > 0:
            part = self.rfile.read(min(left, 65536))
            if not part:
                return
            left -= len(part)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                         b"Connection: close\r\n\r\n{}")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 100


def main():
    files = [word for before, word in zip(sys.argv, sys.argv[1:]) if before == "-c"]
    with open(files[-1], encoding="utf-8") as file:
        listeners = re.search(r"(?ms)^(?:worker_)?listeners:.*?(?=^[^\s-]|\Z)", file.read())
    paths = re.findall(r"path: \"?([^\s\",}]+\.sock)", listeners[0] if listeners else "")
    slow = os.path.exists(os.path.dirname(files[0]) + "/slow")
    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(3 if slow else 0), os._exit(0)))
    for path in paths:
        if not path.startswith(os.path.dirname(os.path.dirname(files[-1])) + "/"):
            continue
        server = Server(path, Answer)
        os.chmod(path, 0o666)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with open(os.path.dirname(files[0]) + "/say", encoding="utf-8") as file:
            print(file.read(), flush=True)
    except OSError:
        pass
    if os.path.exists(os.path.dirname(files[0]) + "/die"):
        sys.exit(1)
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
