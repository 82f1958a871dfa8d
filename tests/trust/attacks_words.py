"""Attacks by text: secrets that explain shows, control characters from strangers, addresses that become configuration."""

import json
import os
import pty
import subprocess
import time

from sandbox import DATA, RUNTIME, SYNLUA, Instance, attack, as_user, read, refuse, wait, write

# Option -> YAML of it with hunter2 as its secret.
SECRETS = {
    "sentry": "{dsn: 'https://hunter2@sentry.example/1'}",
    "macaroon_secret_key": "hunter2",
    "form_secret": "hunter2",
    "registration_shared_secret": "hunter2",
    "worker_replication_secret": "hunter2",
    "turn_shared_secret": "hunter2",
    "turn_password": "hunter2",
    "recaptcha_private_key": "hunter2",
    "signing_key": "ed25519 a_hunter2 hunter2",
    "old_signing_keys": "{'ed25519:a': {key: hunter2, expired_ts: 1}}",
    "password_config": "{pepper: hunter2}",
    "email": "{smtp_host: x, smtp_user: hunter1, smtp_pass: hunter2}",
    "jwt_config": "{enabled: true, algorithm: HS256, secret: hunter2}",
    "oidc_providers": "[{idp_id: x, client_secret: hunter2, client_secret_jwt_key: {key: hunter2, "
                      "jwt_header: {alg: ES256}}}]",
    "oidc_config": "{enabled: false, client_secret: hunter2}",
    "database": "{name: psycopg2, args: {dsn: 'host=h user=u password=hunter2'}}",
    "databases": "{master: {name: psycopg2, args: {password: hunter2}}}",
    "redis": "{enabled: true, password: hunter2}",
    "media_storage_providers": "[{module: s3_storage_provider.S3StorageProviderBackend, config: {bucket: b, "
                               "access_key_id: hunter2, secret_access_key: hunter2}}]",
    "modules": "[{module: x.Y, config: {password: hunter2, bindPassword: hunter2, apikey: hunter2, "
               "dsn: 'hunter2', keys: [hunter2], passwords: [hunter2], hmac_key: hunter2}}]",
    "password_providers": "[{module: ldap_auth_provider.LdapAuthProvider, config: {bind_password: hunter2}}]",
    "saml2_config": "{sp_config: {key_data: hunter2, encryption_keypairs: [{key_file: a, password: hunter2}]}}",
    "experimental_features": "{msc3861: {client_secret: hunter2, admin_token: hunter2}}",
    "matrix_authentication_service": "{enabled: false, secret: hunter2}",
    "manhole_settings": "{password: hunter2}",
    "opentracing": "{jaeger_config: {local_agent: {password: hunter2}, auth_token: hunter2}}",
    "push": "{apns: {token: hunter2}}",
    "ldap_uri": "'ldap://u:hunter2@h/'",
    "http_proxy": "'http://u:hunter2@proxy:1'",
    "unknown_dsn": "hunter2",
    "some_tokens": "[hunter2]",
    "key": "hunter2",
}


def explained(option):
    instance = Instance(f"{option}: {SECRETS[option]}\n")
    said = instance.command("explain", option)
    text = said.stdout + said.stderr
    refuse("hunter2" in text, "explain says: " + next(
        (line.strip() for line in text.splitlines() if "hunter2" in line), ""))


for name in SECRETS:
    attack(f"explain shows no secret of {name}")(lambda name=name: explained(name))


def by_path(option, dotted):
    instance = Instance(f"{option}: {SECRETS[option]}\n")
    said = instance.command("explain", dotted)
    refuse("hunter2" in said.stdout + said.stderr, "explain says: " + (said.stdout + said.stderr).strip())


for name, path in (("sentry", "sentry.dsn"), ("database", "database.args.dsn"), ("modules", "modules.1.config.dsn"),
                   ("old_signing_keys", "old_signing_keys.ed25519:a.key"), ("email", "email.smtp_pass")):
    attack(f"explain shows no secret at {path}")(lambda name=name, path=path: by_path(name, path))


@attack("diff and render show none of these secrets to others than Synapse")
def in_diff():
    instance = Instance("".join(f"{name}: {SECRETS[name]}\n" for name in ("sentry", "modules", "saml2_config")))
    instance.ready().stop()
    write(DATA + "/homeserver.d/b.yaml", "sentry: {dsn: hunter2}\nunknown_dsn: hunter2\n")
    said = instance.command("diff").stdout
    refuse("hunter2" in said, "diff says: " + next((line for line in said.splitlines() if "hunter2" in line), ""))


ESCAPES = "\x1b]0;title\x07\x1b[31mred \x9b31m\x85 \u202ereversed \rhidden"


def on_terminal(instance, *words, until=None):
    """What a command writes to a terminal, without the colours that are synlua's own."""
    own, theirs = pty.openpty()
    process = subprocess.Popen([SYNLUA, *words], env={**instance.variables, "NO_COLOR": "1"}, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.set_blocking(own, False)
    got, ends = b"", time.monotonic() + 20
    while time.monotonic() < ends and not (until and until in got):
        try:
            got += os.read(own, 65536)
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            break
    process.terminate()
    process.wait(20)
    return got


def unescaped(got, where):
    for sign in (b"\x1b", b"\x07", b"\xc2\x9b", b"\xe2\x80\xae"):
        refuse(sign in got, f"{where} has {sign!r}")


@attack("control characters that a service logs are shown escaped on a terminal")
def terminal():
    instance = Instance("")
    write(DATA + "/say", "a user agent " + ESCAPES)
    shown = on_terminal(instance, "run", "-v", until=b"synlua | ready in")
    refuse(b"a user agent" not in shown, "the terminal of run shows no line of the service")
    unescaped(shown, "the terminal of run")


@attack("control characters that a service logs are shown escaped in logs")
def logs():
    write(DATA + "/say", "a user agent " + ESCAPES)
    instance = Instance("").ready()
    unescaped(instance.command("logs", "synapse").stdout.encode(), "synlua logs")


@attack("control characters in the last words of a service are shown escaped by status and health")
def last_words():
    instance = Instance("").ready()
    write(DATA + "/say", "ValueError: \x1b]0;title\x07\x1b[31mred\u202e")
    write(DATA + "/die", "")
    pid = instance.pid_of("synapse")
    as_user("synapse", f"kill -KILL {pid}")
    wait(lambda: "exit status 1" in instance.log(), 20)
    for verb in ("status", "health"):
        unescaped(on_terminal(instance, verb), verb)
    unescaped("\n".join(line for line in instance.log().splitlines() if line.startswith("synlua |")).encode(),
              "a line of synlua's own")


@attack("control characters of a client's User-Agent and path are shown escaped in what nginx logs")
def user_agent():
    instance = Instance("", SYNAPSE_LOG_LEVEL="DEBUG").ready()
    as_user("nobody", "curl -s -m 5 -A \"$(printf 'x\\033[31m')\" -H \"X: $(printf '\\033]0;t\\007')\" "
            "--path-as-is \"http://127.0.0.1:8008/$(printf '\\033[31m')\"")
    wait(lambda: "\x1b" in instance.log(), 2)
    unescaped(instance.log().encode() + instance.command("logs", "nginx").stdout.encode(), "the log")


for place in ("conf.d", "homeserver.d", "appservices"):
    @attack(f"control characters in the name of a file in {place} are shown escaped")
    def file_name(place=place):
        instance = Instance("")
        write(f"{DATA}/{place}/a\x1b[31m\u202e.yaml", "a: [\n")
        write(f"{DATA}/{place}/a\x1b[31m\u202e.yml", "a: 1\n")
        unescaped(on_terminal(instance, "check"), "check")


@attack("control characters in the name of an override are shown escaped")
def override_name():
    instance = Instance("")
    write(f"{DATA}/synlua/a\x1b[31m\u202e.lua", "return (\n")
    unescaped(on_terminal(instance, "check"), "check")


@attack("control characters in a value of homeserver.yaml are shown escaped by explain")
def explain_value():
    instance = Instance('admin_contact: "x\\e[31m\\u202e"\nfoo: "\\e]0;t\\a"\n')
    for name in ("admin_contact", "foo"):
        unescaped(on_terminal(instance, "explain", name), "explain " + name)


@attack("control characters in names below the data directory are shown escaped where owners are told")
def owners_name():
    instance = Instance("", SYNLUA_CHOWN="no")
    write(DATA + "/media_store/\x1b[31m", "")
    unescaped(on_terminal(instance, "run", until=b"ready in"), "the terminal of run")


for endpoint in ("http://mas:8080/a}", "http://mas:8080/a b", "http://mas:8080/$uri",
                 "http://mas:8080/{a", "http://mas:8080/a\\b", 'http://mas:8080/"a',
                 "http://m;as/", "http://mas:8080/\na", "http://mas:80 80/"):
    @attack(f"an authentication service at {endpoint!r} is refused")
    def mas(endpoint=endpoint):
        instance = Instance("matrix_authentication_service: {enabled: true, secret: x, endpoint: %s}\n"
                            % json.dumps(endpoint))
        done = instance.command("check")
        refuse(done.returncode == 0, "check is good")
        refuse("nginx refuses" in done.stderr, "only nginx refuses it: " + done.stderr.strip().splitlines()[0])


# What a URL may have in its path stands in quotes. An address, because there is no name server here.
for endpoint in ("http://127.0.0.1:8080/a;b", "http://127.0.0.1:8080/'a", "http://127.0.0.1:8080/a;return%20200"):
    @attack(f"an authentication service at {endpoint!r} is no more than an address to nginx")
    def mas_quoted(endpoint=endpoint):
        instance = Instance("matrix_authentication_service: {enabled: true, secret: x, endpoint: %s}\n"
                            % json.dumps(endpoint))
        done = instance.command("check")
        refuse(done.returncode != 0, f"check says: {done.stderr.strip()}")
        instance.command("render", "/tmp/out")
        path = endpoint.removeprefix("http://127.0.0.1:8080")
        bare = [line.strip() for line in read(f"/tmp/out{RUNTIME}/nginx/nginx.conf").splitlines()
                if path in line and f'"http://mas{path}$request_uri";' not in line]
        refuse(bare, f"nginx.conf has it without quotes: {bare}")
        refuse(path not in read(f"/tmp/out{RUNTIME}/nginx/nginx.conf"), "nginx.conf does not have it")
