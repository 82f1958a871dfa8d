"""An app for core/process/forkserver.py that prints which reactor ran."""

import json


def main():
    from twisted.internet import reactor

    turned = []
    real = [type(part).__name__ for part in vars(reactor).values() if type(part).__name__.endswith("Reactor")]
    reactor.callLater(0, lambda: (turned.extend(real), reactor.stop()))
    reactor.run()
    print(json.dumps(turned), flush=True)


if __name__ == "__main__":
    main()
