"""A manhole lets in whoever has its password, and nobody with the one that is the same everywhere.

Arguments: port of 127.0.0.1, password.
"""

import sys

from twisted.conch.ssh import connection, transport, userauth
from twisted.internet import defer, protocol, reactor


class Auth(userauth.SSHUserAuthClient):
    def __init__(self, password, done):
        super().__init__(b"matrix", connection.SSHConnection())
        self.password, self.done, self.tries = password, done, 0

    def getPassword(self, prompt=None):
        self.tries += 1
        return defer.succeed(self.password.encode()) if self.tries == 1 else None

    def getPublicKey(self):
        return None

    def getGenericAnswers(self, name, instruction, prompts):
        return defer.fail(Exception("no answers"))

    def ssh_USERAUTH_SUCCESS(self, packet):
        self.done(True)


class Client(transport.SSHClientTransport):
    def __init__(self, password, done):
        self.password, self.done = password, done

    def verifyHostKey(self, key, fingerprint):
        return defer.succeed(True)

    def connectionSecure(self):
        self.requestService(Auth(self.password, self.done))

    def connectionLost(self, reason):
        self.done(False)


def enters(port, password):
    result = defer.Deferred()

    def done(entered):
        if not result.called:
            result.callback(entered)

    creator = protocol.ClientCreator(reactor, Client, password, done)
    creator.connectTCP("127.0.0.1", port, timeout=10).addErrback(lambda _: done(None))
    reactor.callLater(20, done, None)
    return result


@defer.inlineCallbacks
def main(port, password, status):
    known = yield enters(port, "rabbithole")
    own = yield enters(port, password)
    if (known, own) == (False, True):
        print(f"ok - the manhole at {port} takes its own password alone")
    else:
        print(f"known password: {known}, own: {own}")
        status.append(1)
    reactor.stop()


statuses = []
reactor.callWhenRunning(main, int(sys.argv[1]), sys.argv[2], statuses)
reactor.run()
sys.exit(statuses[0] if statuses else 0)
