"""Attacks by a homeserver.yaml that Synapse has written and root reads at the next start."""

import os
import subprocess

from sandbox import (CONFIG, DATA, ROOT, RUNTIME, Instance, attack, as_user, certificate, library, owner, read, refuse,
                     synapse, wait, write)

BASIC = "server_name: localhost\nreport_stats: false\n"


def rewrite(text):
    """Synapse writes homeserver.yaml anew. Where it may not, it did so before the file was root's."""
    done = as_user("synapse", f"cat >{DATA}/homeserver.yaml <<'END'\n{BASIC}{text}\nEND")
    if done.returncode != 0:
        write(DATA + "/homeserver.yaml", BASIC + text + "\n", 0o640, (0, 991))


@attack("a missing secret that homeserver.yaml names is not made where the loader looks for libraries")
def preload():
    instance = Instance("").ready()
    instance.stop()
    rewrite("form_secret_path: /etc/ld.so.preload")
    instance.again()
    evidence = f"/etc/ld.so.preload is there and belongs to uid {owner('/etc/ld.so.preload')}"
    if owner("/etc/ld.so.preload") == 991:
        os.truncate("/etc/ld.so.preload", 0)  # or each program from here on complains of it
        library(ROOT + "/evil.so", '__attribute__((constructor)) static void begin(void)'
                '{ if (geteuid() == 0) close(open("/root/ran", O_CREAT | O_WRONLY, 0600)); }')
        synapse(f"cp {ROOT}/evil.so {DATA}/evil.so; echo {DATA}/evil.so >/etc/ld.so.preload")
        instance.command("health")
        evidence += f"; a library of Synapse's ran as root in synlua health: {os.path.exists('/root/ran')}"
        os.truncate("/etc/ld.so.preload", 0)
    refuse(os.path.exists("/etc/ld.so.preload"), evidence)


@attack("Synapse that kills its own main process gains no file of root's directories from the engine's next start")
def two_restarts():
    instance = Instance("").ready()
    rewrite("form_secret_path: /etc/cron.d/form_secret")
    for _ in range(30):  # until synlua gives it up and ends
        if instance.process.poll() is not None:
            break
        pid = instance.pid_of("synapse") if instance.process.poll() is None else None
        if pid:
            as_user("synapse", f"kill -KILL {pid}")
            wait(lambda: instance.process.poll() is not None or instance.pid_of("synapse") not in (None, pid), 20)
    ended = instance.process.poll()
    instance.again()
    refuse(os.path.exists("/etc/cron.d/form_secret"), f"synlua ended with {ended}, and its next start made the file, "
           f"of uid {owner('/etc/cron.d/form_secret')}")


def secret_elsewhere(option, **variables):
    os.makedirs("/etc/keys", 0o755, exist_ok=True)
    instance = Instance(f"{option}: /etc/keys/made\n", **variables)
    instance.start()
    ready = instance.settled()
    refuse(os.path.exists("/etc/keys/made"), f"{option} made /etc/keys/made, of uid {owner('/etc/keys/made')}; "
           f"ready: {ready}")
    refuse(ready, "it is ready, and nobody is told to make that file")
    instance.stop()
    refuse(option not in instance.log() and "/etc/keys/made" not in instance.log(), "the admin is told nothing")


for name in ("registration_shared_secret_path", "macaroon_secret_key_path", "form_secret_path", "signing_key_path"):
    attack(f"a missing {name} outside the data and configuration directories is the admin's to make")(
        lambda name=name: secret_elsewhere(name))


@attack("a missing worker_replication_secret_path outside those directories is the admin's to make")
def replication():
    secret_elsewhere("worker_replication_secret_path", SYNAPSE_WORKER_TYPES="event_persister")


@attack("a secret is not made through a directory that is a link of Synapse's")
def secret_through_link():
    instance = Instance("").ready()
    instance.stop()
    os.makedirs("/etc/victim", 0o755)
    synapse(f"ln -s /etc/victim {DATA}/keys")
    rewrite(f"form_secret_path: {DATA}/keys/form_secret")
    instance.again()
    refuse(os.path.exists("/etc/victim/form_secret"), "/etc/victim/form_secret was made, of uid "
           f"{owner('/etc/victim/form_secret')}")


def media_elsewhere(path, made, prepare=None):
    instance = Instance("").ready()
    instance.stop()
    if prepare:
        synapse(prepare)
    rewrite(f"media_store_path: {path}")
    instance.again()
    refuse(os.path.exists(made), f"{made} was made, of uid {owner(made)}")


@attack("missing directories of media_store_path are made nowhere but below the data and configuration directories")
def media():
    media_elsewhere("/etc/cron.d.new/media", "/etc/cron.d.new")


@attack("media_store_path leads out of the data directory neither by .. nor through a link")
def media_up():
    media_elsewhere(f"{DATA}/../../root/media", "/root/media")
    Instance().stop()


@attack("media_store_path leads through no link of Synapse's")
def media_link():
    media_elsewhere(f"{DATA}/way/media", "/root/media", f"ln -s /root {DATA}/way")


@attack("a start with the record of owners removed gives Synapse neither a TLS key nor a backup of root's")
def owners_removed():
    certificate(DATA + "/tls")
    write(DATA + "/backup/dump.sql", "the backup of root's", 0o600)
    os.chmod(DATA + "/backup", 0o700)
    instance = Instance("", SYNAPSE_TLS_CERT=DATA + "/tls/cert.pem", SYNAPSE_TLS_KEY=DATA + "/tls/key.pem")
    write(DATA + "/.synlua.owners", "", 0o644)
    instance.ready().stop()
    # What root puts there once Synapse runs.
    subprocess.run(["chown", "-R", "0:0", DATA + "/backup"], check=True)
    as_user("synapse", f"""cd {DATA} && rm -f .synlua.owners && mv tls other && mkdir tls && cd tls &&
        openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout key.pem -out cert.pem && chmod 644 *""")
    instance.again()
    for path, words in ((DATA + "/backup/dump.sql", "backup of root"), (DATA + "/other/key.pem", "PRIVATE KEY")):
        got = as_user("synapse", f"cat {path}").stdout
        refuse(words in got, f"Synapse reads {path}, now of uid {owner(path)}")


@attack("what root puts into the data directory later stays root's, whatever Synapse does with the record of owners")
def backup():
    instance = Instance("").ready()
    instance.stop()
    write(DATA + "/backup/dump.sql", "the backup of root's", 0o600)
    os.chmod(DATA + "/backup", 0o700)
    as_user("synapse", f"rm -f {DATA}/.synlua.owners; echo nothing >{DATA}/.synlua.owners")
    instance.again()
    refuse(owner(DATA + "/backup/dump.sql") != 0, f"the backup belongs to uid {owner(DATA + '/backup/dump.sql')}")


@attack("the key that Synapse's own homeserver.yaml names in a configuration directory of root's stays root's")
def config_key():
    write(CONFIG + "/homeserver.yaml", BASIC, 0o600)
    instance = Instance(SYNAPSE_CONFIG_DIR=CONFIG)
    write(CONFIG + "/tls.key", "the key of root's", 0o600)
    instance.ready().stop()
    as_user("synapse", f"echo 'tls_private_key_path: {CONFIG}/tls.key' >>{CONFIG}/homeserver.yaml; "
            f"rm -f {DATA}/.synlua.owners")
    instance.again()
    got = as_user("synapse", f"cat {CONFIG}/tls.key").stdout
    refuse("key of root" in got, f"Synapse reads tls.key, now of uid {owner(CONFIG + '/tls.key')}")


@attack("what the admin names in NAME_FILE is not read through a link of Synapse's")
def file_variable():
    write("/root/secret", "hunter2-of-root", 0o600)
    write(DATA + "/form_secret", "the admin's", 0o600)
    instance = Instance("", SYNAPSE_FORM_SECRET_FILE=DATA + "/form_secret").ready()
    instance.stop()
    as_user("synapse", f"rm -f {DATA}/form_secret; ln -s /root/secret {DATA}/form_secret")
    instance.again()
    overlay = as_user("synapse", f"cat {RUNTIME}/synapse/main.yaml").stdout
    refuse("hunter2" in overlay, "the content of /root/secret stands in the overlay that Synapse reads")


@attack("a log directory that Synapse replaced by a link leads root nowhere")
def log_directory():
    instance = Instance("", SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK="yes").ready()
    instance.stop()
    os.makedirs("/root/victim", 0o700)
    synapse(f"mv {DATA}/logs {DATA}/old; ln -s /root/victim {DATA}/logs")
    instance.again()
    refuse(os.listdir("/root/victim"), f"/root/victim has {os.listdir('/root/victim')}")


@attack("the file of SYNAPSE_LOG_CONFIG is not made through a link of Synapse's")
def log_config_file():
    os.makedirs("/etc/victim", 0o755)
    instance = Instance("", SYNAPSE_LOG_CONFIG=DATA + "/logging/log.yaml")
    os.makedirs(DATA + "/logging")
    instance.ready().stop()
    as_user("synapse", f"cd {DATA} && mv logging was && ln -s /etc/victim logging")
    instance.again()
    refuse(os.listdir("/etc/victim"), f"/etc/victim has {os.listdir('/etc/victim')}")


@attack("a runtime directory in Synapse's reach, exchanged for a link, lets no start empty what is root's")
def runtime_below():
    write("/etc/victim/.synlua.lock", "")  # of another instance, say
    write("/etc/victim/precious", "root's")
    instance = Instance("", SYNLUA_RUNTIME_DIR=DATA + "/run").ready()
    instance.stop()
    as_user("synapse", f"cd {DATA} && mv run was && ln -s /etc/victim run")
    instance.again()
    refuse(not os.path.exists("/etc/victim/precious"), "/etc/victim was emptied")
    refuse(len(os.listdir("/etc/victim")) > 2, f"/etc/victim has {os.listdir('/etc/victim')}")


@attack("a runtime directory in Synapse's reach is believed by no command of root's")
def control_below():
    instance = Instance("", SYNLUA_RUNTIME_DIR=DATA + "/run").ready()
    synapse(f"cd {DATA} && mv run was && mkdir run")
    server = subprocess.Popen(["/usr/bin/python3", "-c", f"""import socket
server = socket.socket(socket.AF_UNIX)
server.bind("{DATA}/run/control.sock")
server.listen()
open("{DATA}/listens", "w").close()
while True:
    client = server.accept()[0]
    client.recv(1000)
    client.sendall(b'{{"ok": true, "healthy": true, "text": "what Synapse says", "done": true}}\\n')
"""], user=991, group=991, extra_groups=[])
    wait(lambda: os.path.exists(DATA + "/listens"), 5)
    done = instance.command("health")
    server.kill()
    refuse("what Synapse says" in done.stdout + done.stderr, "health says: " + done.stdout.strip())


@attack("a configuration directory below the data directory, exchanged by Synapse, gives it no key of root's")
def config_below():
    write(DATA + "/config/homeserver.yaml", BASIC)
    write(DATA + "/spare/tls.key", "the key of root's", 0o600)
    instance = Instance(SYNAPSE_CONFIG_DIR=DATA + "/config").ready()
    instance.stop()
    subprocess.run(["chown", "-R", "0:0", DATA + "/spare"], check=True)
    os.chmod(DATA + "/spare", 0o755)
    as_user("synapse", f"cd {DATA} && rm -f .synlua.owners && mv config was && mv spare config; "
            f"cp was/homeserver.yaml config/")
    instance.again()
    refuse("key of root" in as_user("synapse", f"cat {DATA}/config/tls.key {DATA}/spare/tls.key").stdout,
           "Synapse reads it")


@attack("homeserver.yaml itself is not read through a link of Synapse's")
def homeserver_link():
    write("/root/secret.yaml", BASIC + "turn_shared_secret: hunter2-of-root\n", 0o600)
    instance = Instance("").ready()
    instance.stop()
    as_user("synapse", f"rm -f {DATA}/homeserver.yaml; ln -s /root/secret.yaml {DATA}/homeserver.yaml")
    instance.again()
    refuse("hunter2" in as_user("synapse", f"cat {RUNTIME}/synapse/main.yaml").stdout, "it stands in the overlay")
    refuse("hunter2" in instance.log(), "it stands in the log")
    refuse(read(DATA + "/homeserver.yaml") and owner("/root/secret.yaml") != 0, "the file of root's has another owner")
