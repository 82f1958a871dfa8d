#!/usr/bin/env python3
"""Traffic of every kind between two homeservers, until a file exists: what a dashboard of the first one has to show.

A person on each talks in a room. Both change its state at once, one throws the other out while that one talks, and the
second server asks the first too much. Beside it is a service that takes pushes and what goes to a bridge.
"""

import argparse
import asyncio
import os
import secrets
import sys
import time

import aiohttp
from aiohttp import web
from steps import Failed, ok, register, rest

CLIENT = "/_matrix/client/v3"
JOIN = 60  # seconds


class Person:
    def __init__(self, session, url, body):
        self.session, self.url, self.user, self.device = session, url, body["user_id"], body["device_id"]
        self.headers = {"Authorization": f"Bearer {body['access_token']}"}

    async def ask(self, method, path, body=None, wanted=None):
        status, answer = await rest(self.session, method, self.url + path, headers=self.headers, json=body)
        if wanted and status != wanted:
            raise Failed(f"{method} {path}: status {status}, {answer}")
        return answer

    async def say(self, room, text="hello"):
        path = f"{CLIENT}/rooms/{room}/send/m.room.message/{secrets.token_hex(8)}"
        return await self.ask("PUT", path, {"msgtype": "m.text", "body": text})

    async def state(self, room, kind, content):
        return await self.ask("PUT", f"{CLIENT}/rooms/{room}/state/{kind}", content)

    async def join(self, room, by):
        """Again until it goes: the invitation has to come first."""
        deadline = time.monotonic() + JOIN
        while True:
            status, answer = await rest(
                self.session, "POST", f"{self.url}{CLIENT}/join/{room}?server_name={by}", headers=self.headers, json={}
            )
            if status == 200:
                return
            if time.monotonic() > deadline:
                raise Failed(f"{self.user} does not come into {room}: status {status}, {answer}")
            await asyncio.sleep(0.2)


async def person_of(session, url, secret_file):
    with open(secret_file, "rb") as file:
        secret = file.read().strip()
    return Person(session, url, await register(session, url, secret, f"u{secrets.token_hex(4)}", "a password", True))


async def serve(port):
    """Takes pushes and transactions. A push with a key that begins with `old` is refused."""

    async def taken(request):
        body = await request.json()
        keys = [device["pushkey"] for device in body.get("notification", {}).get("devices", [])]
        return web.json_response({"rejected": []}, status=500 if any(key.startswith("old") for key in keys) else 200)

    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", taken)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()


async def pushed(person, gateway, key):
    await person.ask(
        "POST",
        f"{CLIENT}/pushers/set",
        {
            "app_display_name": "e2e",
            "app_id": "org.example.e2e",
            "device_display_name": "e2e",
            "kind": "http",
            "lang": "en",
            "pushkey": key,
            "data": {"url": f"http://127.0.0.1:{gateway}/_matrix/push/v1/notify"},
        },
        200,
    )


async def room_of(alice, others):
    """A room in which the others may change everything except who is in it."""
    made = await alice.ask("POST", f"{CLIENT}/createRoom", {"preset": "private_chat", "visibility": "private"}, 200)
    room, powers = made["room_id"], f"{CLIENT}/rooms/{made['room_id']}/state/m.room.power_levels"
    levels = await alice.ask("GET", powers, wanted=200)
    levels["state_default"] = 0
    await alice.ask("PUT", powers, levels, 200)
    for other in others:
        await invited(alice, other, room)
    return room


async def invited(alice, other, room):
    await alice.ask("POST", f"{CLIENT}/rooms/{room}/invite", {"user_id": other.user})
    await other.join(room, alice.user.split(":", 1)[1])


async def small(person, room, event):
    """What is no event: typing, a receipt, presence, messages to devices, keys."""
    await person.ask("PUT", f"{CLIENT}/rooms/{room}/typing/{person.user}", {"typing": True, "timeout": 3000})
    if event:
        await person.ask("POST", f"{CLIENT}/rooms/{room}/receipt/m.read/{event}", {})
    for status in ("online", "unavailable"):
        await person.ask(
            "PUT", f"{CLIENT}/presence/{person.user}/status", {"presence": status, "status_msg": secrets.token_hex(2)}
        )
    await person.ask("PUT", f"{CLIENT}/user/{person.user}/account_data/org.example.note", {"n": secrets.token_hex(2)})
    await person.ask("PUT", f"{CLIENT}/devices/{person.device}", {"display_name": secrets.token_hex(2)})


async def state_dag(alice):
    """A room whose state has a graph of its own. Only the experiment msc4242 has it."""
    version = {"room_version": "org.matrix.msc4242.12"}
    await alice.ask("POST", f"{CLIENT}/createRoom", version)


async def talk(alice, bob, carol, room):
    for person, other in ((alice, bob), (bob, alice), (carol, bob)):
        said = await person.say(room, f"hello {other.user}")
        await small(person, room, said and said.get("event_id"))
        message = {"messages": {other.user: {"*": {"n": 1}}}}
        await person.ask("PUT", f"{CLIENT}/sendToDevice/org.example.hello/{secrets.token_hex(8)}", message)
        await person.ask("POST", f"{CLIENT}/keys/query", {"device_keys": {other.user: []}})
    for _ in range(3):  # both at once, so that the servers have to find out what holds
        for kind in ("m.room.topic", "m.room.name"):
            key = kind.rsplit(".", 1)[1]
            await asyncio.gather(*(one.state(room, kind, {key: secrets.token_hex(4)}) for one in (alice, bob)))
        await asyncio.gather(*(one.say(room) for one in (alice, bob)))


async def thrown_out(alice, bob, room):
    """What bob says before his server hears of it is refused by that of alice."""
    await asyncio.gather(
        alice.ask("POST", f"{CLIENT}/rooms/{room}/ban", {"user_id": bob.user}),
        *(bob.say(room, f"still here {n}") for n in range(5)),
    )
    await alice.ask("POST", f"{CLIENT}/rooms/{room}/unban", {"user_id": bob.user})
    await invited(alice, bob, room)


async def too_much(alice, bob):
    """More questions at once than the server of alice answers to another one."""
    server = alice.user.split(":", 1)[1]
    paths = [f"{CLIENT}/profile/@nobody{n}:{server}" for n in range(40)]
    paths.append(f"{CLIENT}/publicRooms?server={server}")
    paths.append(f"{CLIENT}/directory/room/%23none:{server}")
    await asyncio.gather(*(bob.ask("GET", path) for path in paths))


async def wrong(alice):
    """Requests that fail."""
    login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": alice.user}, "password": "wrong"}
    await rest(alice.session, "POST", f"{alice.url}{CLIENT}/login", json=login)
    await rest(alice.session, "GET", f"{alice.url}{CLIENT}/sync")


async def syncs(person, until):
    since = ""
    while not os.path.exists(until):
        answer = await person.ask("GET", f"{CLIENT}/sync?timeout=1000{since}")
        if answer and "next_batch" in answer:
            since = f"&since={answer['next_batch']}"
        else:
            await asyncio.sleep(0.5)


async def traffic(arguments, session):
    (first, first_secret), (second, second_secret) = arguments.server
    await serve(arguments.gateway)
    alice, carol = [await person_of(session, first, first_secret) for _ in range(2)]
    bob = await person_of(session, second, second_secret)
    await pushed(alice, arguments.gateway, "a key")
    await pushed(carol, arguments.gateway, "old key")
    room, second_room = await room_of(alice, (bob, carol)), await room_of(alice, (bob, carol))
    ok("two people of one server and one of another are in two rooms")
    readers = [asyncio.create_task(syncs(person, arguments.until)) for person in (alice, bob, carol)]
    while not os.path.exists(arguments.until):
        await talk(alice, bob, carol, room)
        await thrown_out(alice, bob, second_room)
        await too_much(alice, bob)
        await wrong(alice)
        await state_dag(alice)
    await asyncio.gather(*readers)


async def run(arguments):
    try:
        async with aiohttp.ClientSession() as session:
            await traffic(arguments, session)
    except (Failed, aiohttp.ClientError, asyncio.TimeoutError, OSError) as failure:
        print(f"not ok - {type(failure).__name__}: {failure}", flush=True)
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", nargs=2, action="append", required=True, metavar=("URL", "SECRET_FILE"), help="twice")
    parser.add_argument("--gateway", type=int, required=True, metavar="PORT", help="where pushes and transactions go")
    parser.add_argument("--until", required=True, metavar="FILE", help="ends when it exists")
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
