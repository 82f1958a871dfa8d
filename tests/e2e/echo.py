#!/usr/bin/env python3
"""tests/e2e/echo.py URL SECRET_FILE TEXT: a new user invites @echo, says the text, and waits until @echo says it too."""

import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

url, secret_file, text = sys.argv[1:]
DEADLINE = time.monotonic() + 120
CLIENT = "/_matrix/client/v3"


def ask(method, path, body=None, token=None):
    fields = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url + path, data, fields, method=method), timeout=60) as answer:
        return json.load(answer)


with open(secret_file, "rb") as file:
    secret = file.read().strip()
nonce = ask("GET", "/_synapse/admin/v1/register")["nonce"]
words = [nonce, f"user{time.time_ns()}", "a long password", "notadmin"]
mac = hmac.new(secret, b"\0".join(word.encode() for word in words), hashlib.sha1).hexdigest()
alice = ask("POST", "/_synapse/admin/v1/register", {
    "nonce": nonce, "username": words[1], "password": words[2], "admin": False, "mac": mac})
token, server = alice["access_token"], alice["user_id"].partition(":")[2]
room = urllib.parse.quote(ask("POST", CLIENT + "/createRoom", {"invite": [f"@echo:{server}"]}, token)["room_id"])


def joined():
    return f"@echo:{server}" in ask("GET", f"{CLIENT}/rooms/{room}/joined_members", token=token)["joined"]


def heard():
    chunk = ask("GET", f"{CLIENT}/rooms/{room}/messages?dir=b", token=token)["chunk"]
    return any(event["sender"] == f"@echo:{server}" and event["content"].get("body") == text for event in chunk)


def wait(what, holds):
    while not holds():
        if time.monotonic() > DEADLINE:
            sys.exit(f"not in time: {what}")
        time.sleep(0.1)


wait("@echo joins", joined)
ask("PUT", f"{CLIENT}/rooms/{room}/send/m.room.message/1", {"msgtype": "m.text", "body": text}, token)
wait("@echo says it again", heard)
