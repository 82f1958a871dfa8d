"""The phase `ride`: messages without a pause while somebody kills the server's processes."""

import asyncio
import os
import secrets
import sys
import time
from collections import Counter
from urllib.parse import quote

import aiohttp
import nio
from steps import STEP, Failed, check, client_of, eventually, history, ok, rest, state_load


async def acknowledged(client, room, body, ride):
    """Sends one message under one transaction id until the server says it has it; None when time is up."""
    transaction = secrets.token_hex(8)
    while time.monotonic() < ride["deadline"]:
        try:
            response = await asyncio.wait_for(
                client.room_send(room, "m.room.message", {"msgtype": "m.text", "body": body}, transaction),
                ride["patience"],
            )
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            ride["errors"][type(error).__name__] += 1
        else:
            if isinstance(response, nio.RoomSendResponse):
                return response.event_id
            status = response.transport_response.status
            ride["errors"][str(status)] += 1
            if 400 <= status < 500 and status not in (408, 429):
                raise Failed(f"a message is refused for good: status {status}, {response}")
        await asyncio.sleep(0.1)
    return None


async def sender(client, room, name, ride):
    count = 0
    while not ride["stop"].is_set():
        body = f"{name} {count}"
        began = time.monotonic()
        event = await acknowledged(client, room, body, ride)
        now = time.monotonic()
        if event is None:
            raise Failed(f"message {body!r} was not acknowledged before the time was up")
        if not ride["sent"]:
            ok("the ride has begun")
        ride["sent"].append({"event": event, "sender": client.user_id, "body": body})
        ride["waits"].append(now - began)
        count += 1
        await asyncio.sleep(ride["interval"])


async def creator(client, name, ride):
    async with aiohttp.ClientSession() as session:
        await create(session, client, name, ride)


async def create(session, client, name, ride):
    """Creates rooms and accounts, each asked for once: what the server says has failed may be there, but not twice."""
    headers = {"Authorization": f"Bearer {client.access_token}"}
    base, count = f"{client.homeserver}/_matrix/client/v3", 0
    while not ride["stop"].is_set():
        room, user = f"{name} room {count}", f"{name.replace(' ', '-')}-{count}"
        account = {"auth": {"type": "m.login.dummy"}, "username": user, "password": secrets.token_hex(8)}
        for kind, path, body in (("room", "createRoom", {"name": room}), ("account", "register", account)):
            try:
                status, answer = await rest(
                    session, "POST", f"{base}/{path}", json=body, headers=headers if kind == "room" else None
                )
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
                status, answer = type(error).__name__, None
            ride["made"][kind, status] += 1
            if kind == "room":
                ride["rooms"].append((room, status == 200))
            if answer and answer.get("errcode") == "M_USER_IN_USE":
                raise Failed(f"the request to register {user} reached the server twice")
        count += 1
        await asyncio.sleep(ride["interval"])


async def verify_rooms(client, mark, ride):
    """Each name of a room was asked for once: it is there once, or, when the server did not say so, not at all."""
    path = f"{client.homeserver}/_synapse/admin/v1/rooms?limit=5000&search_term={quote(mark)}"
    status, answer = await rest(
        client.client_session, "GET", path, headers={"Authorization": f"Bearer {client.access_token}"}
    )
    check(status == 200, "the administrator lists the rooms", f"status {status}, {answer}")
    there = Counter(room["name"] for room in answer["rooms"])
    wrong = [name for name, made in ride["rooms"] if there[name] > 1 or (made and there[name] == 0)]
    made = ", ".join(f"{count} {kind}: {status}" for (kind, status), count in sorted(ride["made"].items(), key=str))
    print(f"# created: {made}", flush=True)
    check(not wrong, f"none of {len(ride['rooms'])} rooms is missing or there twice", ", ".join(wrong[:5]))


async def end(arguments, ride):
    """Returns when the file to stop at exists, or standard input ends if there is no such file."""
    if arguments.until:
        while not os.path.exists(arguments.until):
            await asyncio.sleep(0.1)
    else:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while await reader.read(4096):
            pass
    ride["stop"].set()


async def verify(client, room, state, ride):
    """The whole history, with patience: a server that was just killed may still be starting."""
    messages = []

    async def none_lost():
        try:
            messages[:] = await history(client, room)
        except (Failed, aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            return False, f"the history cannot be read: {error}"
        there = {(message["event"], message["body"]) for message in messages}
        lost = [message["body"] for message in ride["sent"] if (message["event"], message["body"]) not in there]
        return not lost, ", ".join(lost[:5])

    await eventually(none_lost, f"none of {len(ride['sent'])} acknowledged messages is lost")
    bodies = Counter(message["body"] for message in messages)
    twice = [message["body"] for message in ride["sent"] if bodies[message["body"]] > 1]
    check(not twice, "none of them is there twice", ", ".join(twice[:5]))
    check([m for m in messages if m in state["messages"]] == state["messages"], "all older messages are still there")
    return messages


async def phase(arguments, clients):
    state = state_load(arguments.state)
    alice = clients["alice"] = client_of(
        arguments.url, state, "alice", max_limit_exceeded=0, request_timeout=arguments.patience
    )
    bob = clients["bob"] = client_of(arguments.url, state, "bob")
    ride = {
        "sent": [],
        "waits": [],
        "errors": Counter(),
        "made": Counter(),
        "rooms": [],
        "stop": asyncio.Event(),
        "interval": arguments.interval,
        "patience": arguments.patience,
        "deadline": time.monotonic() + arguments.deadline,
    }
    mark = f"ride {secrets.token_hex(4)}"
    ending = asyncio.create_task(end(arguments, ride))
    senders = [sender(alice, state["room"], f"{mark} {n}", ride) for n in range(arguments.senders)]
    senders += [creator(bob, f"{mark} {n}", ride) for n in range(arguments.creators)]
    try:
        await asyncio.wait_for(asyncio.gather(*senders), arguments.deadline + STEP)
    finally:
        ending.cancel()
    check(ride["sent"], "messages were acknowledged")
    errors = ", ".join(f"{count} x {kind}" for kind, count in sorted(ride["errors"].items())) or "none"
    print(f"# {len(ride['sent'])} messages, longest wait {max(ride['waits']):.2f} s, failed tries: {errors}", flush=True)
    if arguments.creators:
        await verify_rooms(alice, mark, ride)
    state["messages"] = await verify(bob, state["room"], state, ride)
    return state
