"""Clients of a homeserver for benchmarks: five users talk in one room through nginx."""

import hashlib
import hmac
import http.client
import itertools
import json

USERS = 5
CLIENT = "/_matrix/client/v3"
SECRET = "the secret of the benchmark"
LIMITS = ["rc_message", "rc_room_creation", "rc_joins__local", "rc_joins_per_room", "rc_presence__per_user"]
VARIABLES = {
    "SYNAPSE_REGISTRATION_SHARED_SECRET": SECRET,
    **{f"SYNAPSE_CONFIG__{limit}__{name}": "100000" for limit in LIMITS for name in ("per_second", "burst_count")},
}


class Client:
    def __init__(self, port, name):
        self.port, self.name, self.headers, self.since = port, name, {}, ""
        self.asked, self.unanswered = 0, 0
        nonce = self.ask("GET", "/_synapse/admin/v1/register")["nonce"]
        words = [nonce, name, "a password", "notadmin"]
        mac = hmac.new(SECRET.encode(), "\0".join(words).encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": "a password", "admin": False, "mac": mac}
        made = self.ask("POST", "/_synapse/admin/v1/register", body)
        self.user, self.headers = made["user_id"], {"Authorization": "Bearer " + made["access_token"]}

    def ask(self, method, path, body=None):
        """The answer, which is empty where a killed worker was asked."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.asked += 1
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, self.headers)
            answer = connection.getresponse()
            if answer.status == 200:
                return json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            pass
        finally:
            connection.close()
        self.unanswered += 1
        return {}

    def sync(self):
        since = self.since and "&since=" + self.since
        self.since = self.ask("GET", f"{CLIENT}/sync?timeout=0{since}").get("next_batch", self.since)


class Talk:
    def __init__(self, port):
        self.clients = [Client(port, f"user{n}") for n in range(USERS)]
        self.numbers = itertools.count()
        self.room = self.clients[0].ask("POST", CLIENT + "/createRoom", {"preset": "public_chat"})["room_id"]
        for client in self.clients[1:]:
            client.ask("POST", f"{CLIENT}/join/{self.room}", {})

    def asked(self):
        return sum(client.asked for client in self.clients)

    def unanswered(self):
        return sum(client.unanswered for client in self.clients)

    def turn(self):
        """One message, which another client reads. Now and then its writer does what else clients do."""
        number = next(self.numbers)
        client, reader = self.clients[number % USERS], self.clients[(number + 1) % USERS]
        room, text = f"{CLIENT}/rooms/{self.room}", {"msgtype": "m.text", "body": f"message {number}"}
        event = client.ask("PUT", f"{room}/send/m.room.message/{number}", text).get("event_id")
        reader.sync()
        if event:
            reader.ask("POST", f"{room}/receipt/m.read/{event}", {})
        if number % 4 == 0:
            status = {"presence": "online", "status_msg": str(number)}
            client.ask("PUT", f"{room}/typing/{client.user}", {"typing": True, "timeout": 3000})
            client.ask("PUT", f"{CLIENT}/presence/{client.user}/status", status)
            client.ask("GET", f"{room}/messages?dir=b&limit=20")
            client.ask("GET", f"{CLIENT}/profile/{client.user}")
