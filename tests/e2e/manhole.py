"""Checks that a manhole accepts its own password, and refuses Synapse's default one, which everybody knows.

Arguments: a port of 127.0.0.1, the password, and optionally an expression that must be true inside.
"""

import re
import sys

from twisted.conch.ssh import channel, connection, session, transport, userauth
from twisted.internet import defer, protocol, reactor


class Shell(channel.SSHChannel):
    """Asks one question; what is typed is echoed, so the answer is told by its form."""

    name = b"session"

    def __init__(self, expression, done):
        super().__init__()
        self.question = f'print("holds=" + str(bool({expression})) + ".")\r'.encode()
        self.done, self.heard = done, b""

    def channelOpen(self, data):
        self.conn.sendRequest(self, b"pty-req", session.packRequest_pty_req(b"dumb", (24, 2000, 0, 0), b""))
        asked = self.conn.sendRequest(self, b"shell", b"", wantReply=1)
        asked.addCallbacks(lambda _: self.write(self.question), lambda _: self.done(False))

    def dataReceived(self, data):
        self.heard += data
        answer = re.search(rb"holds=(True|False)\.", self.heard)
        if answer:
            self.done(answer[1] == b"True")


class Connection(connection.SSHConnection):
    def __init__(self, expression, done):
        super().__init__()
        self.expression, self.done = expression, done

    def serviceStarted(self):
        self.openChannel(Shell(self.expression, self.done))


class Auth(userauth.SSHUserAuthClient):
    def __init__(self, password, expression, done):
        super().__init__(b"matrix", Connection(expression, done))
        self.password, self.tries = password, 0

    def getPassword(self, prompt=None):
        self.tries += 1
        return defer.succeed(self.password.encode()) if self.tries == 1 else None

    def getPublicKey(self):
        return None

    def getGenericAnswers(self, name, instruction, prompts):
        return defer.fail(Exception("no answers"))


class Client(transport.SSHClientTransport):
    def __init__(self, password, expression, done):
        self.password, self.expression, self.done = password, expression, done

    def verifyHostKey(self, key, fingerprint):
        return defer.succeed(True)

    def connectionSecure(self):
        self.requestService(Auth(self.password, self.expression, self.done))

    def connectionLost(self, reason):
        self.done(False)


def enters(port, password, expression):
    result = defer.Deferred()

    def done(entered):
        if not result.called:
            result.callback(entered)

    creator = protocol.ClientCreator(reactor, Client, password, expression, done)
    creator.connectTCP("127.0.0.1", port, timeout=10).addErrback(lambda _: done(None))
    reactor.callLater(20, done, None)
    return result


@defer.inlineCallbacks
def main(port, password, expression, status):
    known = yield enters(port, "rabbithole", "True")
    own = yield enters(port, password, expression)
    if (known, own) == (False, True):
        print(f"ok - the manhole at {port} takes its own password alone" + (", and there is what must be" if len(sys.argv) > 3 else ""))
    else:
        print(f"known password: {known}, own, with {expression}: {own}")
        status.append(1)
    reactor.stop()


statuses = []
reactor.callWhenRunning(main, int(sys.argv[1]), sys.argv[2], (sys.argv[3:] or ["True"])[0], statuses)
reactor.run()
sys.exit(statuses[0] if statuses else 0)
