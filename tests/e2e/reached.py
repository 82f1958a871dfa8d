#!/usr/bin/env python3
"""Shows which requests reached which worker, by each worker's own metrics. It prints a table, and checks that every type
has served the requests of its endpoints, and that main has served none of them.

Reads the plan (`synlua plan --json`) from standard input.
"""

import asyncio
import json
import re
import sys
from collections import Counter

import aiohttp

# Type of worker -> servlet of Synapse that main should not serve while there is one. Not here: types that send or read
# streams only, those that other servers ask (tests/e2e/federation), and sso_login, which needs an identity provider.
SERVES = {
    "account_data": "AccountDataServlet",
    "client_reader_non_room": "KeyQueryServlet",
    "client_reader_room": "RoomMessageListRestServlet",
    "device_lists": "DevicesRestServlet",
    "event_creator": "RoomSendEventRestServlet",
    "frontend_proxy": "KeyUploadServlet",
    "initial_sync": "SyncRestServlet",
    "media_repository": "UploadServlet",
    "presence": "PresenceStatusRestServlet",
    "push_rules": "PushRuleRestServlet",
    "receipts": "ReceiptRestServlet",
    "sliding_synchrotron": "SlidingSyncRestServlet",
    "synchrotron": "SyncRestServlet",
    "to_device": "SendToDeviceRestServlet",
    "typing": "RoomTypingRestServlet",
    "user_dir": "UserDirectorySearchRestServlet",
    "event_persister": "ReplicationSendEventsRestServlet",
}
LINE = re.compile(r'^synapse_http_server_requests_received_total\{(.*)\} ([0-9.e+]+)$', re.M)


async def served(instance):
    at = instance["addresses"]["metrics"]
    if "socket" in at:
        connector, url = aiohttp.UnixConnector(path=at["socket"]), "http://localhost/_synapse/metrics"
    else:
        connector, url = aiohttp.TCPConnector(), f"http://{at['address']}:{at['port']}/_synapse/metrics"
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as answer:
        text = await answer.text()
    counts = Counter()
    for labels, value in LINE.findall(text):
        counts[re.search(r'servlet="([^"]*)"', labels).group(1)] += int(float(value))
    return counts


async def main():
    plan = json.load(sys.stdin)
    wrong, by_type, of_main = [], {}, Counter()
    for instance in plan["instances"]:
        counts = await served(instance)
        top = ", ".join(f"{name} {count}" for name, count in counts.most_common(4))
        print(f"# {instance['name']:28} {sum(counts.values()):6}  {top}")
        if instance["name"] == "main":
            of_main = counts
        for kind in instance["types"]:
            by_type.setdefault(kind, Counter()).update(counts)
    for kind, servlet in sorted(SERVES.items()):
        if kind not in by_type:
            continue
        if by_type[kind][servlet] == 0:
            wrong.append(f"{kind} never got {servlet}")
        if of_main[servlet] > 0:
            wrong.append(f"main served {servlet} {of_main[servlet]} times although there is {kind}")
    for text in wrong:
        print(f"not ok - {text}")
    if not wrong:
        print(f"ok - {len(by_type)} types of worker, each reached by what it is there for")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
