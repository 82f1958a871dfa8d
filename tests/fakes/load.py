"""Requests over TLS on connections that are kept, from several threads: load.py PORT THREADS STOP [CONNECTIONS]

It goes on until the file STOP exists, and then prints in one line of JSON: requests that were answered with 204, requests
that failed, kept connections that the server had closed before a request (the request is then sent on a new one), and
the serial numbers of the certificates that were shown. CONNECTIONS more stay open and idle.
"""

import http.client
import json
import os
import ssl
import subprocess
import sys
import threading

port, threads, stop = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
idle = int(sys.argv[4]) if len(sys.argv) > 4 else 0
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
lock = threading.Lock()
counts = {"answered": 0, "failed": 0, "closed": 0}
shown, faults = set(), set()


def connect():
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
    connection.connect()
    with lock:
        shown.add(connection.sock.getpeercert(True))
    return connection


def count(name):
    with lock:
        counts[name] += 1


def ask(connection):
    connection.request("GET", "/_synlua/nginx")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def work():
    connection, is_new = connect(), True
    while not os.path.exists(stop):
        try:
            status = ask(connection)
            count("answered" if status == 204 else "failed")
            is_new = False
            if connection.sock is None:  # the server has said that it closes this one
                connection, is_new = connect(), True
        except (OSError, http.client.HTTPException) as error:
            # Nothing of an answer had come, so the request may be sent again: as each client does on a kept connection.
            gone = isinstance(error, (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError))
            count("closed" if gone and not is_new else "failed")
            if is_new or not gone:
                with lock:
                    faults.add(repr(error))
            connection.close()
            connection, is_new = connect(), True


kept = [connect() for _ in range(idle)]
workers = [threading.Thread(target=work) for _ in range(threads)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
serials = [subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-serial"], input=one, capture_output=True,
                          check=True).stdout.decode().strip().split("=")[1] for one in shown]
print(json.dumps({**counts, "shown": sorted(serials), "faults": sorted(faults)}))
