"""An app for core/process/forkserver.py that prints random numbers from every source that Synapse uses."""

import io
import json
import random
import secrets
import tempfile
import uuid
from unittest import mock


def rust_identifier():
    """The session of a rendezvous, which Synapse's Rust part makes: an ULID, whose last 16 characters are random."""
    import synapse.app.homeserver
    from synapse.config.homeserver import HomeServerConfig
    from synapse.synapse_rust.rendezvous import RendezvousHandler
    from twisted.web.http_headers import Headers

    with tempfile.TemporaryDirectory() as directory:
        config = HomeServerConfig()
        config.parse_config_dict(
            {
                "server_name": "localhost", "report_stats": False, "public_baseurl": "https://localhost/",
                "signing_key": "ed25519 a " + "A" * 43, "macaroon_secret_key": "x", "form_secret": "x",
                "trusted_key_servers": [], "media_store_path": directory,
                "database": {"name": "sqlite3", "args": {"database": ":memory:"}},
            },
            directory,
            directory,
        )
        handler = RendezvousHandler(synapse.app.homeserver.SynapseHomeServer("localhost", config=config))
    written = []
    request = mock.Mock(
        content=io.BytesIO(b"{}"), uri=b"/", path=b"/", method=b"POST", args={}, write=written.append,
        requestHeaders=Headers({b"Content-Type": [b"text/plain"], b"Content-Length": [b"2"]}),
        responseHeaders=Headers({}),
    )
    handler.handle_post(request)
    return json.loads(b"".join(written))["url"][-16:]


def main():
    from synapse.util.stringutils import random_string

    drawn = {
        "random": random.random(), "secrets": secrets.token_hex(8), "uuid4": str(uuid.uuid4()),
        "synapse random_string": random_string(12), "synapse_rust": rust_identifier(),
    }
    print(json.dumps(drawn), flush=True)


if __name__ == "__main__":
    main()
