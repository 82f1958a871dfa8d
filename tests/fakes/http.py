"""An HTTP server for probes, on a free port of 127.0.0.1 and on the socket path given; prints its pid and the port.

/STATUS answers with that status, /echo and /_matrix/echo with 200 and the request in the server's output, /slow never,
/close with nothing, /noise with no HTTP, /long with no HTTP that does not end, /pieces byte by byte.
"""

import os
import socket
import sys
import threading
import time


def answer(connection):
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(4096)
        if not part:
            return
        request += part
    path = request.split(b" ")[1].decode()
    if path in ("/echo", "/_matrix/echo"):
        sys.stdout.write(request.decode())
        sys.stdout.flush()
    if path == "/slow":
        connection.recv(1)
    elif path == "/close":
        connection.close()
    elif path == "/noise":
        connection.sendall(b"SSH-2.0-x\r\n")
    elif path == "/long":
        connection.sendall(b"HTTP/1.1 " + b"x" * 4096)
    elif path == "/pieces":
        for byte in b"HTTP/1.1 204 No Content\r\n\r\n":
            connection.sendall(bytes([byte]))
            time.sleep(0.002)
    else:
        status = path[1:] if path[1:].isdigit() else "200"
        connection.sendall(f"HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\n\r\n".encode())


def accept(server):
    while True:
        connection, _ = server.accept()
        threading.Thread(target=guarded, args=(connection,), daemon=True).start()


def guarded(connection):
    try:
        answer(connection)
    except OSError:
        pass
    finally:
        connection.close()


tcp = socket.create_server(("127.0.0.1", 0))
local = socket.socket(socket.AF_UNIX)
local.bind(sys.argv[1])
local.listen()
threading.Thread(target=accept, args=(local,), daemon=True).start()
print(os.getpid(), tcp.getsockname()[1], flush=True)
accept(tcp)
