"""Lists what the installed Synapse serves: every servlet of its real resource trees, as main process and as a worker
with one resource.

Each variant of the configuration has its own child process, because Synapse keeps some registrations in globals.
"""

import json
import os
import re
import sys
import tempfile

EXPERIMENTS = re.compile(r'experimental\.get\(\s*"(msc\w+_enabled)"')
NEED_MAS = {"msc4108_enabled"}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")

BASE = """
server_name: example.org
public_baseurl: https://example.org/
report_stats: false
signing_key_path: {directory}/signing.key
macaroon_secret_key: none
form_secret: none
registration_shared_secret: none
database: {{name: sqlite3, args: {{database: "{directory}/db"}}}}
media_store_path: {directory}/media
trusted_key_servers: []
enable_registration: false
serve_server_wellknown: true
federation_whitelist_endpoint_enabled: true
url_preview_enabled: true
url_preview_ip_range_blacklist: []
email: {{smtp_host: localhost, notif_from: "x <x@example.org>"}}
redis: {{enabled: true}}
instance_map: {{main: {{path: "{directory}/main.sock"}}}}
listeners:
  - {{type: http, path: "{directory}/main", resources: [{{names: [{main}]}}]}}
"""

SSO = """
user_consent: {template_dir: "@directory@", version: "1"}
cas_config: {enabled: true, server_url: "https://cas.example.org"}
oidc_providers:
  - {idp_id: x, idp_name: x, issuer: "https://idp.example.org", client_id: x, client_secret: x, discover: false,
     authorization_endpoint: "https://idp/a", token_endpoint: "https://idp/t", jwks_uri: "https://idp/j"}
"""

MAS = """
matrix_authentication_service: {enabled: true, endpoint: "https://mas.example.org/", secret: x}
"""

WORKER = """
worker_app: synapse.app.generic_worker
worker_name: one
worker_listeners:
  - {{type: http, path: "{directory}/worker", resources: [{{names: [{names}]}}]}}
"""


def experiments():
    import synapse.config.experimental

    with open(synapse.config.experimental.__file__, encoding="utf-8") as f:
        return sorted(set(EXPERIMENTS.findall(f.read())))


def variants():
    """name -> (configuration, whether processes other than the media ones lack the media repository)"""
    every = [name for name in experiments() if name not in NEED_MAS]
    on = "experimental_features: {" + ", ".join(f"{name}: true" for name in every) + "}\n"
    on_mas = on.replace("{", "{msc4108_enabled: true, msc4388_mode: open, ", 1)
    without = "enable_media_repo: false\n"
    return {
        "plain": SSO,
        "experiments": SSO + on,
        "no media on main": SSO + without,
        "experiments, no media on main": SSO + on + without,
        "mas": MAS + on_mas + without,
    }


def walk(resource, path, found):
    """Adds (method, regular expression, whether it is anchored by a whole tree, class) of what a resource answers."""
    from synapse.http.server import JsonResource

    name = type(resource).__name__
    if isinstance(resource, JsonResource):
        for pattern, methods in resource._routes.items():
            for method, entry in methods.items():
                found.append([method.decode(), pattern.pattern, "pattern", entry.servlet_classname])
    else:
        for method in METHODS:
            if hasattr(resource, f"_async_render_{method}") or type(resource).__dict__.get(f"render_{method}"):
                found.append([method, path, "below" if resource.isLeaf else "exact", name])
    for child, below in resource.children.items():
        walk(below, f"{path}/{child.decode()}", found)


def listed(configuration, directory, names):
    """Servlets of one process; names: of a worker's resources, or None for main."""
    import synapse.app.generic_worker as generic_worker
    import synapse.app.homeserver as homeserver
    from synapse.app import _base
    from synapse.config.homeserver import HomeServerConfig
    from synapse.storage.engines import create_engine
    from synapse.storage.prepare_database import prepare_database
    import sqlite3
    import yaml

    main = "client, federation, consent" if "user_consent" in configuration else "client, federation"
    text = BASE.format(directory=directory, main=main) + configuration.replace("@directory@", directory)
    config_dict = yaml.safe_load(text)
    if names:
        config_dict.update(yaml.safe_load(WORKER.format(directory=directory, names=", ".join(names))))
        if "media" in names:
            config_dict["enable_media_repo"] = True
    config = HomeServerConfig()
    config.parse_config_dict(config_dict, directory, directory)
    if not os.path.exists(directory + "/db"):
        engine = create_engine({"name": "sqlite3"})
        connection = sqlite3.connect(directory + "/db")
        from synapse.storage.database import LoggingDatabaseConnection

        wrapped = LoggingDatabaseConnection(
            conn=connection, engine=engine, default_txn_name="prepare", server_name="example.org"
        )
        prepare_database(wrapped, engine, config)
        wrapped.commit()
        wrapped.close()
    roots = []

    def capture(*args, **kwargs):
        roots.append(args[2])
        return []

    _base.listen_http = homeserver.listen_http = capture
    app = generic_worker if names else homeserver
    hs = app.create_homeserver(config)
    hs.setup()
    if names:
        for listener in config.worker.worker_listeners:
            hs._listen_http(listener)
    else:
        for listener in config.server.listeners:
            hs._listener_http(config, listener)
    found = []
    for root in roots:
        for child, below in root.children.items():
            walk(below, "/" + child.decode(), found)
    return found


def in_child(work):
    """What work() returns in a process of its own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                json.dump(work(), out)
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader) as result:
        text = result.read()
    if os.waitpid(pid, 0)[1] != 0:
        raise RuntimeError("Synapse's servlets could not be listed, see above")
    return json.loads(text)


PROCESSES = {"main": None, "client": ["client"], "federation": ["federation"], "media": ["media"]}


def everything():
    """(variant, process) -> servlets"""
    import synapse.app.generic_worker  # noqa: F401 once, before forking
    import synapse.app.homeserver  # noqa: F401

    found = {}
    with tempfile.TemporaryDirectory() as directory:
        with open(directory + "/signing.key", "w", encoding="utf-8") as f:
            f.write("ed25519 a_1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")
        os.makedirs(directory + "/en")
        with open(directory + "/en/1.html", "w", encoding="utf-8"):
            pass
        for variant, configuration in variants().items():
            for process, names in PROCESSES.items():
                found[variant, process] = in_child(lambda: listed(configuration, directory, names))
    return found


if __name__ == "__main__":
    for (variant, process), servlets in everything().items():
        for method, pattern, kind, name in servlets:
            sys.stdout.write("\t".join([variant, process, method, kind, name, pattern]) + "\n")
