"""Checks that every process of a plan answers /health at its address, and that none listens on other addresses than
loopback."""

import ipaddress
import json
import os
import re
import socket
import sys

from descendants import descendants


def health(address):
    if "socket" in address:
        connection = socket.socket(socket.AF_UNIX)
        target = address["socket"]
    else:
        connection = socket.socket()
        target = (address["address"], address["port"])
    connection.settimeout(10)
    with connection:
        connection.connect(target)
        connection.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return b" 200 " in connection.recv(4096).partition(b"\r\n")[0]


def inodes(pids):
    found = set()
    for pid in pids:
        try:
            for name in os.listdir(f"/proc/{pid}/fd"):
                match = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{name}"))
                if match:
                    found.add(match[1])
        except OSError:
            pass
    return found


def packed(text):
    words = [bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8)]
    return ipaddress.ip_address(b"".join(words))


def listening(ours):
    for name in ("tcp", "tcp6"):
        with open(f"/proc/net/{name}") as file:
            for line in file.read().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in ours:
                    yield packed(fields[1].partition(":")[0])


def main():
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    bad = [one["name"] for one in plan["instances"] if not health(one["addresses"]["health"])]
    far = [str(address) for address in listening(inodes(descendants(int(sys.argv[2])))) if not address.is_loopback]
    if bad or far:
        print("no health:", bad, "beyond loopback:", far)
        sys.exit(1)
    print(f"ok - {len(plan['instances'])} processes answer where they should, none beyond loopback")


main()
