"""The phase `ride`: messages without a pause while somebody kills the server's processes."""

import asyncio
import os
import secrets
import sys
import time
from collections import Counter

import aiohttp
import nio
from steps import STEP, Failed, check, client_of, eventually, history, ok, state_load


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
        "stop": asyncio.Event(),
        "interval": arguments.interval,
        "patience": arguments.patience,
        "deadline": time.monotonic() + arguments.deadline,
    }
    mark = f"ride {secrets.token_hex(4)}"
    ending = asyncio.create_task(end(arguments, ride))
    senders = [sender(alice, state["room"], f"{mark} {n}", ride) for n in range(arguments.senders)]
    try:
        await asyncio.wait_for(asyncio.gather(*senders), arguments.deadline + STEP)
    finally:
        ending.cancel()
    check(ride["sent"], "messages were acknowledged")
    errors = ", ".join(f"{count} x {kind}" for kind, count in sorted(ride["errors"].items())) or "none"
    print(f"# {len(ride['sent'])} messages, longest wait {max(ride['waits']):.2f} s, failed tries: {errors}", flush=True)
    state["messages"] = await verify(bob, state["room"], state, ride)
    return state
