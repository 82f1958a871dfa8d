#!/usr/bin/env python3
"""tests/e2e/signed.py URL CERTIFICATE KEY PORT: signed requests of another homeserver, localhost:PORT, whose key Synapse
gets from there, for Synapse's server_name localhost. Needs Synapse's Python, whose library signs.

Synapse answers 401 unless method, path, query and body arrive as they were signed. So the paths have what a proxy might
decode, encode anew or merge.
"""

import contextlib
import http.client
import http.server
import json
import secrets
import ssl
import sys
import threading
import time
import urllib.parse

from signedjson.key import encode_verify_key_base64, generate_signing_key, get_verify_key
from signedjson.sign import sign_json

V1 = "/_matrix/federation/v1"
US = "localhost"
# method, path and query, body, status, and a part of the answer that shows who has given it
REQUESTS = [
    ("GET", V1 + "/user/devices/%40a%2Fb%3Alocalhost", None, 200, {"user_id": "@a/b:localhost"}),
    ("GET", V1 + "/user/devices/%40a%2F%2fb%3alocalhost", None, 200, {"user_id": "@a//b:localhost"}),
    ("GET", V1 + "/user/devices/%40%61%2Bb%3Dc:localhost", None, 200, {"user_id": "@a+b=c:localhost"}),
    ("GET", V1 + "/state_ids/%21r%3Alocalhost?event_id=%24e%2Fx%2By%3D", None, 403, {"errcode": "M_FORBIDDEN"}),
    ("GET", V1 + "/state_ids/!r:localhost?event_id=$e/x", None, 403, {"errcode": "M_FORBIDDEN"}),
    ("GET", V1 + "/query/directory?room_alias=%23a%2Fb%3Alocalhost", None, 404, {"errcode": "M_NOT_FOUND"}),
    ("PUT", V1 + "/send/%21a%2Fb%3A%7Ec", {"pdus": []}, 200, {"pdus": {}}),
]


class Server:
    """The other homeserver: its name and its key, which it shows to whoever asks."""

    def __init__(self, port):
        self.name, self.key = f"{US}:{port}", generate_signing_key(secrets.token_hex(4))
        self.key_id = f"{self.key.alg}:{self.key.version}"

    def keys(self):
        return sign_json({
            "server_name": self.name, "old_verify_keys": {}, "valid_until_ts": int(time.time() + 3600) * 1000,
            "verify_keys": {self.key_id: {"key": encode_verify_key_base64(get_verify_key(self.key))}},
        }, self.name, self.key)

    def authorization(self, method, uri, body):
        said = {"method": method, "uri": uri, "origin": self.name, "destination": US}
        if body is not None:
            said["content"] = body
        signature = sign_json(said, self.name, self.key)["signatures"][self.name][self.key_id]
        return f'X-Matrix origin="{self.name}",destination="{US}",key="{self.key_id}",sig="{signature}"'


@contextlib.contextmanager
def shown(server, port, certificate, key):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            text = json.dumps(server.keys()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as made:
        made.socket = context.wrap_socket(made.socket, server_side=True)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield
        made.shutdown()


def ask(url, certificate, method, uri, body, authorization):
    at = urllib.parse.urlsplit(url)
    if at.scheme == "https":
        context = ssl.create_default_context(cafile=certificate)
        link = http.client.HTTPSConnection(at.hostname, at.port, timeout=60, context=context)
    else:
        link = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
    with contextlib.closing(link):
        fields = {"Authorization": authorization, "Content-Type": "application/json"}
        link.request(method, uri, None if body is None else json.dumps(body), fields)
        answer = link.getresponse()
        text = answer.read()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, {"text": text.decode("utf-8", "replace")}


def main():
    url, certificate, key, port = *sys.argv[1:4], int(sys.argv[4])
    server, bad = Server(port), 0

    def expect(text, request, signed, status, part):
        nonlocal bad
        got, said = ask(url, certificate, *request, server.authorization(*signed))
        if got != status or any(said.get(name) != value for name, value in part.items()):
            bad += 1
            print(f"not ok - {text}: {got} {said}")
        else:
            print(f"ok - {text}: {got}")

    with shown(server, port, certificate, key):
        for *request, status, part in REQUESTS:
            expect(" ".join(request[:2]), request, request, status, part)
        method, uri, body, *_ = REQUESTS[0]
        other = [method, uri.replace("%3A", ":"), body]
        expect("the same with a path that is spelled otherwise than signed", other, REQUESTS[0][:3], 401,
               {"errcode": "M_UNAUTHORIZED"})
    sys.exit(bad > 0)


main()
