"""The steps of client.py's phases: checks, requests and waits, each with a time limit."""

import asyncio
import hashlib
import hmac
import io
import json
import os
import random
import secrets
import struct
import time
import zlib

import aiohttp
import nio

STEP = 30  # seconds that one request, or one wait for an event, may take


class Failed(Exception):
    pass


def ok(text):
    print(f"ok - {text}", flush=True)


def check(condition, text, detail=""):
    if not condition:
        raise Failed(f"{text}: {detail}" if detail else text)
    ok(text)


async def eventually(attempt, text):
    """Another process of the server may be some milliseconds behind the one that acknowledged."""
    deadline = time.monotonic() + STEP
    while True:
        good, detail = await attempt()
        if good or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.1)
    check(good, text, detail)


async def call(awaitable, expected):
    """The response of one nio request, which has to be of the expected class."""
    response = await asyncio.wait_for(awaitable, STEP)
    if not isinstance(response, expected):
        raise Failed(f"wanted {expected.__name__}, got {response}")
    return response


async def rest(session, method, url, **kwargs):
    """Status and JSON body of a request that nio has no method for."""
    timeout = aiohttp.ClientTimeout(total=STEP)
    async with session.request(method, url, timeout=timeout, **kwargs) as response:
        try:
            return response.status, await response.json(content_type=None)
        except ValueError:
            return response.status, None


def state_load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError as error:
        raise Failed(f"{path} is missing: run the phase first before") from error


def state_save(path, state):
    new = f"{path}.new"
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(state, file, indent=1)
    os.replace(new, path)


def client_new(url, user_id, **config):
    settings = {"max_limit_exceeded": 20, "max_timeouts": 0, "request_timeout": STEP, **config}
    return nio.AsyncClient(url, user_id, config=nio.AsyncClientConfig(**settings))


def client_of(url, state, who, **config):
    user = state["users"][who]
    client = client_new(url, user["id"], **config)
    client.restore_login(user["id"], user["device"], user["token"])
    client.next_batch = user["next_batch"]
    return client


async def register(session, url, secret, name, password, admin):
    endpoint = f"{url}/_synapse/admin/v1/register"
    status, body = await rest(session, "GET", endpoint)
    if status != 200:
        raise Failed(f"no nonce to register {name} with: status {status}, {body}")
    kind = "admin" if admin else "notadmin"
    mac = hmac.new(secret, "\0".join([body["nonce"], name, password, kind]).encode(), hashlib.sha1)
    status, body = await rest(
        session,
        "POST",
        endpoint,
        json={"nonce": body["nonce"], "username": name, "password": password, "admin": admin, "mac": mac.hexdigest()},
    )
    check(status == 200, f"{kind} {name} is registered with the shared secret", f"status {status}, {body}")
    return body


async def unlimit(session, url, token, user_id):
    """Lifts the rate limit of messages, which would make the tests slow or the server special."""
    status, body = await rest(
        session,
        "POST",
        f"{url}/_synapse/admin/v1/users/{user_id}/override_ratelimit",
        headers={"Authorization": f"Bearer {token}"},
        json={"messages_per_second": 0, "burst_count": 0},
    )
    check(status == 200, f"an administrator lifts the rate limit of {user_id}", f"status {status}, {body}")


async def sync_until(client, text, found):
    """Syncs until found(response) gives something other than None, and returns that."""
    deadline = time.monotonic() + STEP
    while time.monotonic() < deadline:
        result = found(await call(client.sync(timeout=1000), nio.SyncResponse))
        if result is not None:
            ok(text)
            return result
    raise Failed(f"{text}: not within {STEP} s")


async def send(client, room, body):
    response = await call(
        client.room_send(room, "m.room.message", {"msgtype": "m.text", "body": body}, secrets.token_hex(8)),
        nio.RoomSendResponse,
    )
    return {"event": response.event_id, "sender": client.user_id, "body": body}


async def talk(sender, reader, room, bodies):
    """One sends, the other syncs until all has come: each once and in order."""
    sent = [await send(sender, room, body) for body in bodies]
    seen = []

    def found(response):
        if room in response.rooms.join:
            for event in response.rooms.join[room].timeline.events:
                if isinstance(event, nio.RoomMessageText) and event.sender == sender.user_id:
                    seen.append(event.event_id)
        return True if len(seen) >= len(sent) else None

    await sync_until(reader, f"{reader.user_id} receives {len(sent)} messages of {sender.user_id}", found)
    check(seen == [message["event"] for message in sent], "they come once and in the order they were sent", str(seen))
    return sent


async def history(client, room):
    """All text messages of the room, the oldest first."""
    messages, start = [], ""
    while True:
        page = await call(
            client.room_messages(room, start, direction=nio.MessageDirection.back, limit=500), nio.RoomMessagesResponse
        )
        for event in page.chunk:
            if isinstance(event, nio.RoomMessageText):
                messages.append({"event": event.event_id, "sender": event.sender, "body": event.body})
        if not page.end:
            return messages[::-1]
        start = page.end


async def history_check(client, room, messages):
    async def attempt():
        there = await history(client, room)
        return there == messages, f"{len(there)} are, or their order or text is another"

    await eventually(attempt, f"all {len(messages)} messages are there")


async def upload(client, data, content_type, name):
    response, _ = await asyncio.wait_for(
        client.upload(lambda *_: io.BytesIO(data), content_type, name, filesize=len(data)), STEP
    )
    check(isinstance(response, nio.UploadResponse), f"{len(data)} bytes of {content_type} are uploaded", str(response))
    return {"uri": response.content_uri, "sha256": hashlib.sha256(data).hexdigest(), "type": content_type}


async def media_check(client, media):
    response = await call(client.download(mxc=media["uri"]), nio.MemoryDownloadResponse)
    check(
        hashlib.sha256(response.body).hexdigest() == media["sha256"] and response.content_type == media["type"],
        f"{client.user_id} downloads {media['type']} as it was uploaded",
        f"{len(response.body)} bytes of {response.content_type}",
    )


async def profile_check(client, user_id, profile):
    async def attempt():
        response = await call(client.get_profile(user_id), nio.ProfileGetResponse)
        seen = (response.displayname, response.avatar_url)
        return seen == (profile["name"], profile["avatar"]["uri"]), str(seen)

    await eventually(attempt, f"{client.user_id} sees name and avatar of {user_id}")


def picture(side):
    """A PNG with random colours."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + random.randbytes(3 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def small_streams(alice, bob, room, event):
    """Typing, receipts, to-device, account data: each a stream that a worker may write."""
    await call(alice.room_typing(room, True, 20000), nio.RoomTypingResponse)

    def typing(response):
        for notice in response.rooms.join[room].ephemeral if room in response.rooms.join else []:
            if isinstance(notice, nio.TypingNoticeEvent) and alice.user_id in notice.users:
                return True
        return None

    await sync_until(bob, "bob sees that alice is typing", typing)
    await call(alice.room_typing(room, False), nio.RoomTypingResponse)  # or a later start would be none
    await call(bob.update_receipt_marker(room, event), nio.UpdateReceiptMarkerResponse)

    def receipt(response):
        for notice in response.rooms.join[room].ephemeral if room in response.rooms.join else []:
            if isinstance(notice, nio.ReceiptEvent) and any(r.user_id == bob.user_id for r in notice.receipts):
                return True
        return None

    await sync_until(alice, "alice sees that bob has read her message", receipt)
    mark = secrets.token_hex(8)
    message = nio.ToDeviceMessage("org.example.hello", bob.user_id, bob.device_id, {"mark": mark})
    await call(alice.to_device(message), nio.ToDeviceResponse)

    def to_device(response):
        for received in response.to_device_events:
            if received.source.get("content", {}).get("mark") == mark:
                return True
        return None

    await sync_until(bob, "a message to bob's device reaches it", to_device)
    path = f"/_matrix/client/v3/user/{bob.user_id}/account_data/org.example.note"
    headers = {"Authorization": f"Bearer {bob.access_token}"}
    status, _ = await rest(bob.client_session, "PUT", bob.homeserver + path, headers=headers, json={"mark": mark})
    check(status == 200, "bob stores account data", f"status {status}")

    async def kept():
        status, body = await rest(bob.client_session, "GET", bob.homeserver + path, headers=headers)
        return status == 200 and body == {"mark": mark}, f"status {status}"

    await eventually(kept, "bob reads his account data")
