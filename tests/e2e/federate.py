#!/usr/bin/env python3
"""Tests two homeservers with a user on each: invitation, join, messages, and media in both directions.

Prints `ok - TEXT` for each check and exits 1 at the first that fails.
"""

import argparse
import asyncio
import logging
import random
import secrets
import sys

import aiohttp
import nio
from steps import Failed, call, client_new, history_check, media_check, ok, register, sync_until, talk, upload


async def user_of(session, url, secret_file, name):
    with open(secret_file, "rb") as file:
        secret = file.read().strip()
    body = await register(session, url, secret, f"{name}-{secrets.token_hex(4)}", secrets.token_urlsafe(16), True)
    client = client_new(url, body["user_id"])
    client.restore_login(body["user_id"], body["device_id"], body["access_token"])
    await call(client.sync(timeout=0), nio.SyncResponse)
    return client


async def federate(arguments, clients):
    async with aiohttp.ClientSession() as session:
        for name, (url, secret_file) in zip(("alice", "bob"), arguments.server):
            clients.append(await user_of(session, url, secret_file, name))
    alice, bob = clients
    made = await call(alice.room_create(name="Far away", invite=[bob.user_id]), nio.RoomCreateResponse)
    room = made.room_id
    ok(f"{alice.user_id} invites {bob.user_id} into {room}")
    await sync_until(bob, "the invitation comes to the other server", lambda r: True if room in r.rooms.invite else None)
    await call(bob.join(room), nio.JoinResponse)
    await sync_until(bob, "bob joins from the other server", lambda r: True if room in r.rooms.join else None)
    await call(alice.sync(timeout=0), nio.SyncResponse)
    messages = await talk(alice, bob, room, [f"there {n}" for n in range(3)])
    messages += await talk(bob, alice, room, [f"and back {n}" for n in range(3)])
    for client in clients:
        await history_check(client, room, messages)
    for sender, reader in ((alice, bob), (bob, alice)):
        await media_check(reader, await upload(sender, random.randbytes(100_000), "application/octet-stream", "far.bin"))


async def run(arguments):
    clients = []
    try:
        await asyncio.wait_for(federate(arguments, clients), 300)
    except (Failed, aiohttp.ClientError, asyncio.TimeoutError, OSError) as failure:
        print(f"not ok - {type(failure).__name__}: {failure}", flush=True)
        return 1
    finally:
        for client in clients:
            await client.close()
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", nargs=2, action="append", required=True, metavar=("URL", "SECRET_FILE"), help="twice")
    logging.getLogger("nio").setLevel(logging.CRITICAL)
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
