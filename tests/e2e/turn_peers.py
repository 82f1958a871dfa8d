#!/usr/bin/env python3
"""Asks a TURN server for a relay, and then whether it would relay to each of some peers.

turn_peers.py udp|tls SERVER PORT USER PASSWORD PEER...: prints a line "PEER CODE" for each: 200, or the code of the
error. The relay is an IPv6 one for peers of IPv6. "allocate CODE" where there is no relay. PEER/PORT: something echoes
there, and the line is "PEER echo" once it has.
"""

import hashlib
import hmac
import ipaddress
import os
import socket
import ssl
import struct
import sys

COOKIE = 0x2112A442
ALLOCATE, REFRESH, CREATE_PERMISSION, SEND = 0x003, 0x004, 0x008, 0x016
USERNAME, INTEGRITY, ERROR, REALM, NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
PEER, DATA, FAMILY, TRANSPORT = 0x0012, 0x0013, 0x0017, 0x0019
LIMIT = 10  # seconds for an answer


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def peer_value(peer, transaction, port=4000):
    packed = peer.packed
    mask = (struct.pack("!I", COOKIE) + transaction)[: len(packed)]
    port = port ^ COOKIE >> 16
    return struct.pack("!BBH", 0, 1 if peer.version == 4 else 2, port) + bytes(a ^ b for a, b in zip(packed, mask))


class Client:
    def __init__(self, way, server, port, user, password):
        kind = socket.SOCK_DGRAM if way == "udp" else socket.SOCK_STREAM
        found = socket.getaddrinfo(server, port, type=kind)[0]
        self.socket = socket.socket(found[0], kind)
        self.socket.settimeout(LIMIT)
        self.socket.connect(found[4])
        if way == "tls":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.user, self.password, self.realm, self.nonce = user, password, None, None

    def once(self, method, attributes):
        transaction = os.urandom(12)
        body = b"".join(attribute(kind, value(transaction) if callable(value) else value) for kind, value in attributes)
        if self.realm is not None:
            body += attribute(USERNAME, self.user.encode()) + attribute(REALM, self.realm)
            body += attribute(NONCE, self.nonce)
            key = hashlib.md5(b":".join([self.user.encode(), self.realm, self.password.encode()])).digest()
            head = struct.pack("!HHI", method, len(body) + 24, COOKIE) + transaction
            body += attribute(INTEGRITY, hmac.new(key, head + body, hashlib.sha1).digest())
        self.socket.send(struct.pack("!HHI", method, len(body), COOKIE) + transaction + body)
        while True:
            answer = self.receive()
            if answer[8:20] == transaction:
                return self.read(answer)

    def receive(self):
        """One message: over TLS it may come in pieces."""
        whole = self.socket.recv(4096)
        while len(whole) < 20 or len(whole) < 20 + struct.unpack("!H", whole[2:4])[0]:
            piece = self.socket.recv(4096)
            if not piece:
                raise EOFError("the server has closed the connection")
            whole += piece
        return whole

    def echoes(self, peer, port):
        transaction, words = os.urandom(12), os.urandom(100)
        body = attribute(PEER, peer_value(peer, transaction, port)) + attribute(DATA, words)
        self.socket.send(struct.pack("!HHI", SEND, len(body), COOKIE) + transaction + body)
        return self.read(self.receive())[1].get(DATA) == words

    @staticmethod
    def read(answer):
        found, at = {}, 20
        while at + 4 <= len(answer):
            kind, size = struct.unpack("!HH", answer[at : at + 4])
            found.setdefault(kind, answer[at + 4 : at + 4 + size])
            at += 4 + size + (-size % 4)
        if answer[0] & 1 and answer[1] & 0x10:
            return found[ERROR][2] * 100 + found[ERROR][3], found
        return 200, found

    def ask(self, method, attributes):
        code, found = self.once(method, attributes)
        if code in (401, 438) and (self.realm is None or code == 438):
            self.realm, self.nonce = found[REALM], found[NONCE]
            code, found = self.once(method, attributes)
        return code


def main():
    way, server, port, user, password = sys.argv[1:6]
    peers = [(ipaddress.ip_address(text.split("/")[0]), text.partition("/")[2]) for text in sys.argv[6:]]
    for version in (4, 6):
        wanted = [one for one in peers if one[0].version == version]
        if not wanted:
            continue
        client = Client(way, server, int(port), user, password)
        family = struct.pack("!B3x", 1 if version == 4 else 2)
        code = client.ask(ALLOCATE, [(TRANSPORT, struct.pack("!B3x", 17)), (FAMILY, family)])
        if code != 200:
            print("allocate", code)
            continue
        for peer, at in wanted:
            code = client.ask(CREATE_PERMISSION, [(PEER, lambda transaction, one=peer: peer_value(one, transaction))])
            echoes = code == 200 and at != "" and client.echoes(peer, int(at))
            print(peer, "echo" if echoes else code)
        client.ask(REFRESH, [(0x000D, struct.pack("!I", 0))])


main()
