#!/usr/bin/python3 -I
"""An interpreter in place of Synapse's, like synapse.py, which lies beside it as fake_synapse.py. Its processes answer a
/sync only when they are told to.

/held says how many requests wait. /release?COUNT answers so many of them, the oldest first, and says how many those were.
The answer to any other request is its own target, which a /sync gets late and all others at once.
"""

import asyncio
import json
import os
import re
import resource
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fake_synapse import section  # noqa: E402

BACKLOG = 4096
waiting = {}  # a future -> nothing, in the order in which they came


def told(target):
    path, _, query = target.partition("?")
    if path == "/held":
        return len(waiting)
    if path == "/release":
        chosen = [one for one in waiting if not one.done()][:int(query)]
        for one in chosen:
            one.set_result(None)
        return len(chosen)
    return target


async def held():
    release = asyncio.get_running_loop().create_future()
    waiting[release] = None
    try:
        await release
    finally:
        del waiting[release]


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = head.split(" ", 2)[1]
            if "/sync?" in target:
                # A client that goes away counts as one that does not wait any more.
                gone, release = asyncio.ensure_future(reader.read(1)), asyncio.ensure_future(held())
                await asyncio.wait({gone, release}, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    release.cancel()
                    return
                gone.cancel()
                await asyncio.wait({gone})
            body = json.dumps(told(target)).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
            writer.write(body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    if sys.argv[1:2] != ["-m"] or not sys.argv[2].startswith("synapse.app."):
        sys.exit("ModuleNotFoundError: No module named 'synapse'")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with open(sys.argv[-1], encoding="utf-8") as file:
        text = file.read()
    servers = []  # they are closed once nobody refers to them
    for path in re.findall(r"^[ -]+path: (.*\.sock)$", section(text, "listeners"), re.MULTILINE):
        path = path.strip("\"'")
        servers.append(await asyncio.start_unix_server(serve, path, backlog=BACKLOG))
        os.chmod(path, 0o660)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(b"READY=1\n", os.environ["NOTIFY_SOCKET"])
    await asyncio.Event().wait()


asyncio.run(main())
