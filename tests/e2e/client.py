#!/usr/bin/env python3
"""A real Matrix client for a running homeserver, with the phases first, again, streams, ride, note and past.

first   registers two users with the registration shared secret, logs in, and uses a room, media,
        profiles and the small streams; it writes what it did to the state file
again   after a restart: everything of the state file must still be there, and work
streams asks for everything that any type of worker serves; after first
ride    sends messages, each repeated until it is acknowledged, until it is asked to stop; then
        every acknowledged message must be in the room exactly once
note    reads the room, while others write there
past    in a server as it was at some moment after `note`: everything of then must be there, and
        of what --later FILE knows of, what came before that moment

Prints `ok - TEXT` for each check and exits 1 at the first that fails. Lines with `#` are remarks.
"""

import argparse
import asyncio
import logging
import random
import secrets
import sys

import aiohttp
import nio
import ride
import streams
from steps import (
    STEP,
    Failed,
    call,
    check,
    client_new,
    client_of,
    eventually,
    history,
    history_check,
    media_check,
    ok,
    picture,
    profile_check,
    register,
    rest,
    small_streams,
    state_load,
    state_save,
    sync_until,
    talk,
    unlimit,
    upload,
)


async def login(url, user, clients, who):
    """A client that logged in with the password; None where the rate limit of logins forbids that now."""
    client = clients[who] = client_new(url, user["id"], max_limit_exceeded=0)
    response = await asyncio.wait_for(client.login(user["password"], "synlua e2e"), STEP)
    if getattr(response, "status_code", None) == "M_LIMIT_EXCEEDED":
        print(f"# the rate limit of logins holds back {user['id']}", flush=True)
        return None
    check(isinstance(response, nio.LoginResponse), f"{user['id']} logs in with the password", str(response))
    return client


async def first(arguments, clients):
    url = arguments.url
    with open(arguments.secret_file, "rb") as file:
        secret = file.read().strip()
    mark = secrets.token_hex(4)
    users = {}
    async with aiohttp.ClientSession() as session:
        for who in ("alice", "bob"):
            password = secrets.token_urlsafe(16)
            body = await register(session, url, secret, f"{who}-{mark}", password, who == "alice")
            users[who] = {"id": body["user_id"], "password": password}
            if await login(url, users[who], clients, who) is None:
                clients[who].restore_login(body["user_id"], body["device_id"], body["access_token"])
        for user in users.values():
            await unlimit(session, url, clients["alice"].access_token, user["id"])
    alice, bob = clients["alice"], clients["bob"]

    room = (await call(alice.room_create(name=f"Room {mark}", invite=[bob.user_id]), nio.RoomCreateResponse)).room_id
    ok(f"alice creates a room: {room}")
    await sync_until(bob, "bob sees the invitation", lambda r: True if room in r.rooms.invite else None)
    await call(bob.join(room), nio.JoinResponse)

    async def both():
        members = (await call(alice.joined_members(room), nio.JoinedMembersResponse)).members
        return {member.user_id for member in members} == {alice.user_id, bob.user_id}, str(members)

    await eventually(both, "both are in the room")
    await call(alice.sync(timeout=0), nio.SyncResponse)
    await call(bob.sync(timeout=0), nio.SyncResponse)

    messages = await talk(alice, bob, room, [f"{mark} {n} Grüße, 世界" for n in range(5)])
    messages += await talk(bob, alice, room, [f"{mark} back"])
    await small_streams(alice, bob, room, messages[4]["event"])

    blob = await upload(alice, random.randbytes(300_000), "application/octet-stream", "blob.bin")
    avatar = await upload(alice, picture(96), "image/png", "avatar.png")
    for media in (blob, avatar):
        await media_check(bob, media)
    path = f"/_matrix/client/v1/media/download/{blob['uri'].removeprefix('mxc://')}"
    status, _ = await rest(bob.client_session, "GET", url + path)
    check(status == 401, "nobody downloads without a token", f"status {status}")
    server, media_id = avatar["uri"].removeprefix("mxc://").split("/")
    thumbnail = await call(bob.thumbnail(server, media_id, 32, 32), nio.ThumbnailResponse)
    check(thumbnail.body.startswith(b"\x89PNG"), "a thumbnail of the picture is made", thumbnail.content_type)

    profile = {"name": f"Alice {mark}", "avatar": avatar}
    await call(alice.set_displayname(profile["name"]), nio.ProfileSetDisplayNameResponse)
    await call(alice.set_avatar(avatar["uri"]), nio.ProfileSetAvatarResponse)
    await profile_check(bob, alice.user_id, profile)
    await history_check(bob, room, messages)
    await call(bob.sync(timeout=0), nio.SyncResponse)
    return {"users": users, "room": room, "messages": messages, "media": [blob], "profile": profile}


async def again(arguments, clients):
    url, state = arguments.url, state_load(arguments.state)
    users, room = state["users"], state["room"]
    alice = clients["alice"] = client_of(url, state, "alice")
    bob = clients["bob"] = client_of(url, state, "bob")
    for client in (alice, bob):
        answer = await call(client.whoami(), nio.WhoamiResponse)
        check(answer.user_id == client.user_id, f"the access token of {client.user_id} is still good", str(answer))
    fresh = await login(url, users["bob"], clients, "fresh")
    if fresh:
        await call(fresh.logout(), nio.LogoutResponse)

    await history_check(bob, room, state["messages"])
    for media in [*state["media"], state["profile"]["avatar"]]:
        await media_check(bob, media)
    await profile_check(bob, alice.user_id, state["profile"])

    for client in (alice, bob):
        await call(client.sync(timeout=0), nio.SyncResponse)
    state["messages"] += await talk(alice, bob, room, [f"again {secrets.token_hex(4)} {n}" for n in range(3)])
    state["messages"] += await talk(bob, alice, room, [f"again {secrets.token_hex(4)}"])
    state["media"].append(await upload(bob, random.randbytes(50_000), "application/octet-stream", "more.bin"))
    await media_check(alice, state["media"][-1])
    return state


async def note(arguments, clients):
    state = state_load(arguments.state)
    clients.update({who: client_of(arguments.url, state, who) for who in ("alice", "bob")})
    messages = await history(clients["bob"], state["room"])
    check(messages[: len(state["messages"])] == state["messages"], f"{len(messages)} messages are there")
    state["messages"] = messages
    return state


async def past(arguments, clients):
    state, later = state_load(arguments.state), state_load(arguments.later)["messages"]
    clients.update({who: client_of(arguments.url, state, who) for who in ("alice", "bob")})
    messages = await history(clients["bob"], state["room"])
    lost = [message for message in state["messages"] if message not in messages]
    check(not lost, f"all {len(state['messages'])} messages of before are there", f"{len(lost)} are lost")
    same = [message for message in later if message in messages] == messages
    check(same, f"{len(messages)} of {len(later)} messages are there, in their order")
    state["messages"] = messages
    return state


PHASES = {"first": first, "again": again, "streams": streams.phase, "ride": ride.phase, "note": note, "past": past}


async def run(arguments):
    clients = {}
    try:
        state = await asyncio.wait_for(PHASES[arguments.phase](arguments, clients), arguments.deadline + 3 * STEP)
        for who, user in state["users"].items():
            client = clients[who]
            user.update(token=client.access_token, device=client.device_id, next_batch=client.next_batch)
        state_save(arguments.state, state)
    except Failed as failure:
        print(f"not ok - {failure}", flush=True)
        return 1
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
        print(f"not ok - {type(error).__name__}: {error or 'time is up'}", flush=True)
        return 1
    finally:
        for client in clients.values():
            await client.close()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", choices=PHASES)
    parser.add_argument("--url", required=True, help="where the homeserver answers, without a path")
    parser.add_argument("--state", required=True, metavar="FILE", help="what the phases tell each other")
    parser.add_argument("--secret-file", metavar="FILE", help="registration shared secret (first)")
    parser.add_argument("--deadline", type=float, default=300, metavar="S", help="seconds a phase may take")
    parser.add_argument("--until", metavar="FILE", help="ride: stop when it exists (else at the end of input)")
    parser.add_argument("--interval", type=float, default=0.05, metavar="S", help="ride: pause between messages")
    parser.add_argument("--patience", type=float, default=10, metavar="S", help="ride: time for one try")
    parser.add_argument("--senders", type=int, default=1, metavar="N", help="ride: how many send at once")
    parser.add_argument("--creators", type=int, default=0, metavar="N", help="ride: how many create rooms and accounts")
    parser.add_argument("--later", metavar="FILE", help="past: the state of later")
    arguments = parser.parse_args()
    arguments.url = arguments.url.rstrip("/")
    if arguments.phase == "first" and not arguments.secret_file:
        parser.error("first needs --secret-file")
    logging.getLogger("nio").setLevel(logging.CRITICAL)
    sys.exit(asyncio.run(run(arguments)))


if __name__ == "__main__":
    main()
