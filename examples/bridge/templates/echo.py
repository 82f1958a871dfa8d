"""echo.py REGISTRATION HOMESERVER SERVER_NAME PORT: an application service that joins where it is invited and says each
message again."""

import http.server
import json
import re
import sys
import threading
import urllib.parse
import urllib.request

registration, homeserver, server_name, port = sys.argv[1:]
with open(registration, encoding="utf-8") as file:
    said = dict(re.findall(r"^(\w+): *[\"']?(\S+?)[\"']?$", file.read(), re.MULTILINE))
me = f"@{said['sender_localpart']}:{server_name}"
seen = set()


def ask(method, path, body):
    request = urllib.request.Request(homeserver + path, json.dumps(body).encode(), method=method, headers={
        "Authorization": "Bearer " + said["as_token"], "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def take(event):
    room = urllib.parse.quote(event["room_id"])
    content = event.get("content", {})
    if event["type"] == "m.room.member" and event.get("state_key") == me and content.get("membership") == "invite":
        ask("POST", f"/_matrix/client/v3/join/{room}", {})
    elif event["type"] == "m.room.message" and event["sender"] != me:
        ask("PUT", f"/_matrix/client/v3/rooms/{room}/send/m.room.message/{urllib.parse.quote(event['event_id'])}",
            {"msgtype": "m.notice", "body": content.get("body", "")})


class Bridge(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        made = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(made)))
        self.end_headers()
        self.wfile.write(made)

    def is_synapse(self):
        return self.headers.get("Authorization") == "Bearer " + said["hs_token"]

    def do_GET(self):
        if self.path == "/ready":
            self.answer(200, {})
        elif not self.is_synapse():
            self.answer(403, {"errcode": "M_FORBIDDEN"})
        else:
            self.answer(404, {"errcode": "M_NOT_FOUND"})

    def do_PUT(self):
        events = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))["events"]
        if not self.is_synapse():
            return self.answer(403, {"errcode": "M_FORBIDDEN"})
        transaction = self.path.rsplit("/", 1)[-1]
        for event in events if transaction not in seen else []:
            try:
                take(event)
            except (OSError, KeyError) as error:
                print(f"{event.get('event_id')}: {error}", flush=True)
        seen.add(transaction)
        return self.answer(200, {})


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Bridge)
print(f"{me} listens on port {port}", flush=True)
threading.Thread(target=server.serve_forever, daemon=False).start()
