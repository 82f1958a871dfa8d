"""Attacks by links that Synapse makes for root to read, and by overrides that Synapse writes."""

import os
import re

from sandbox import (DATA, ROOT, RUNTIME, Instance, attack, as_user, everything_readable_by, refuse,
                     secret_yaml, synapse, write)


def published(instance, secret, what):
    """The secret is nowhere that a service can read, nor in what people see."""
    for name in ("synapse", "www-data"):
        refuse(secret in everything_readable_by(name, RUNTIME), f"{what} can be read by {name} in {RUNTIME}")
    refuse(secret in instance.log(), f"{what} stands in the log")


def linked(name, target, homeserver=""):
    instance = Instance("").ready().stop()
    secret = secret_yaml()
    synapse(f"mkdir -p $(dirname {DATA}/{name}) && ln -sfn {target} {DATA}/{name}")
    if homeserver:
        synapse(f"echo '{homeserver}' >>{DATA}/homeserver.yaml")
    instance.again()
    published(instance, secret, "root's secret.yaml")
    return instance


for path, words in (("homeserver.d/b.yaml", "an option file"), ("conf.d/b.yaml", "an option file"),
                    ("appservices/a.yaml", "a registration")):
    attack(f"{path} that is a link of Synapse's to a file of root's is not read as {words}")(
        lambda path=path: linked(path, "/root/secret.yaml"))


@attack("well-known.yaml that is a link of Synapse's to a file of root's is published by nobody")
def well_known():
    write("/root/secret.yaml", "client: {org.example.secret: hunter2-of-root}\n", 0o600)
    instance = Instance("").ready().stop()
    synapse(f"ln -s /root/secret.yaml {DATA}/well-known.yaml")
    instance.again()
    answer = as_user("nobody", "curl -s http://127.0.0.1:8008/.well-known/matrix/client").stdout
    refuse("hunter2" in answer, f"nginx answers {answer.strip()}")
    published(instance, "hunter2", "root's secret.yaml")


@attack("what is wrong with a well-known.yaml that is a link of Synapse's tells nothing of the file of root's")
def well_known_words():
    instance = linked("well-known.yaml", "/root/secret.yaml")
    refuse("root_secret" in instance.log(), "the log says: " + next(
        (line.strip() for line in instance.log().splitlines() if "root_secret" in line), ""))


@attack("a log_config that is a link of Synapse's to a file of root's is not copied for workers")
def log_config():
    linked("logging.yaml", "/root/secret.yaml", f"log_config: {DATA}/logging.yaml")


@attack("homeserver.d/b.yaml that links to /etc/shadow is shown to nobody")
def shadow():
    write("/etc/shadow", "root:$y$j9T$hash-of-root:19000:0:99999:7:::\n", 0o640)
    instance = Instance("").ready().stop()
    synapse(f"mkdir -p {DATA}/homeserver.d && ln -s /etc/shadow {DATA}/homeserver.d/b.yaml")
    instance.again()
    published(instance, "hash-of-root", "/etc/shadow")
    for words in (("check",), ("explain", "server_name"), ("diff",)):
        done = instance.command(*words)
        refuse("hash-of-root" in done.stdout + done.stderr, f"synlua {words[0]} shows it")


@attack("a lone line of root's that is a mapping is not read through homeserver.d")
def lone_mapping():
    write("/root/credentials", "password: hunter2-of-root\n", 0o600)
    instance = Instance("").ready().stop()
    synapse(f"mkdir -p {DATA}/homeserver.d && ln -s /root/credentials {DATA}/homeserver.d/b.yaml")
    instance.again()
    published(instance, "hunter2", "/root/credentials")


def linked_directory(name):
    os.makedirs("/root/conf", 0o700)
    write("/root/conf/b.yaml", "root_secret: hunter2-of-root\nid: x\nclient: {}\n", 0o600)
    instance = Instance("").ready().stop()
    synapse(f"rm -rf {DATA}/{name}; ln -s /root/conf {DATA}/{name}")
    instance.again()
    published(instance, "hunter2", f"what {name} leads to")


for directory in ("homeserver.d", "conf.d", "appservices"):
    attack(f"{directory} that is a link of Synapse's to a directory of root's is not read")(
        lambda directory=directory: linked_directory(directory))


@attack("a registration that homeserver.yaml names is read as Synapse's user would read it")
def registration():
    write("/root/registration.yaml", "id: hunter2\nas_token: [hunter2-of-root\n", 0o600)
    instance = Instance("app_service_config_files: [/root/registration.yaml]\n")
    done = instance.command("check")
    text = done.stdout + done.stderr
    refuse("hunter2" in text, "check shows a part of it")
    parsed = [line for line in text.splitlines() if re.search(r"registration\.yaml:\d", line)]
    refuse(parsed, f"check tells what root parsed there: {parsed}")
    refuse("Permission denied" not in text, "check does not say that Synapse's user cannot read it: " + text)


# A file may not run programs, but what it prints goes to the log, which tells that it ran.
OVERRIDE = """print "the admin's check" return {api = 2, argv = {"/bin/sleep", "86400"}}\n"""
EVIL = """print "evil ran" return {api = 2, argv = {"/bin/sleep", "86400"}}\n"""


def of_plan(instance):
    done = instance.command("plan")
    return done.stdout + done.stderr


def write_override(before):
    """As Synapse."""
    return as_user("synapse", f"{before}; mkdir -p {DATA}/synlua/services && "
                   f"cat >{DATA}/synlua/services/mine.lua <<'END'\n{EVIL}END")


def with_override():
    instance = Instance("")
    write(DATA + "/synlua/services/mine.lua", OVERRIDE)
    write(DATA + "/synlua/templates/pg_hba.conf", "# the admin's\n")
    instance.ready()
    refuse("the admin's check" not in of_plan(instance), "the override does not act at all")
    return instance


@attack("Synapse cannot take the admin's overrides away")
def overrides_moved():
    instance = with_override()
    done = as_user("synapse", f"mv {DATA}/synlua {DATA}/x")
    ready = instance.again()
    refuse(done.returncode == 0 and ready, "mv took them away, and the next start is ready without a word of them")
    refuse(done.returncode == 0, "mv took them away")


@attack("no hint tells the admin to make what Synapse wrote root's")
def overrides_blessed():
    instance = Instance("").ready().stop()
    if os.path.exists(DATA + "/synlua"):
        return
    if write_override(":").returncode != 0:
        return
    said = instance.command("check").stderr
    refuse("chown" in said, "the hint is: " + said.strip().splitlines()[-2].strip())
    refuse("look at it first" not in said, "the hint does not say to look at it: " + said)


@attack("overrides that Synapse put in place of the admin's, moved from a directory of root's, do not act")
def overrides_exchanged():
    instance = Instance("").ready().stop()
    write(DATA + "/templates-of-root/services/mine.lua", OVERRIDE.replace("the admin's", "another"))
    as_user("synapse", f"cd {DATA} && rm -rf synlua; mv templates-of-root synlua")
    refuse("another" in of_plan(instance), "Lua that the admin keeps elsewhere ran as an override")


def user_said(text, **variables):
    """Lua of uid 1234 among the overrides, and a file that may say that this is Synapse's user."""
    write(DATA + "/synlua/services/mine.lua", EVIL, 0o644, (1234, 1234))
    os.chown(DATA + "/synlua", 1234, 1234)
    write(ROOT + "/uid", text)
    refuse("evil ran" in of_plan(Instance("", **variables)), "Lua of uid 1234 ran as root")


for said, variables in ((("1234", {"UID_FILE": ROOT + "/uid"}), ("1234\n", {"UID_FILE": ROOT + "/uid"}),
                         ("1234\r\n", {"PUID_FILE": ROOT + "/uid"}),
                         ("1234", {"UID": "", "UID_FILE": ROOT + "/uid"}))):
    attack(f"overrides of Synapse's user are refused where {' and '.join(variables)} say {said!r} who that is")(
        lambda said=said, variables=variables: user_said(said, **variables))


@attack("Lua that Synapse wrote does not run as root where Synapse writes into the file of UID_FILE as well")
def user_file_changed():
    write(DATA + "/uid", "991")
    instance = Instance("", UID_FILE=DATA + "/uid").ready()
    instance.stop()
    write_override(f"rm -f {DATA}/uid; echo 1234 >{DATA}/uid")
    refuse("evil ran" in of_plan(instance), "Lua of uid 991 ran as root")


for variables in ({"UID_FILE": "srv/uid"}, {"UID_FILE": ROOT + "/uid"}, {"UID": "1234", "UID_FILE": ROOT + "/uid"},
                  {"UID": "12 34"}, {"UID_FILE": ROOT + "/missing"}, {"UID": "991", "PUID": "1234"}):
    attack("overrides that are not root's do not run as root where nobody can tell who Synapse's user is: "
           + ", ".join(f"{name}={value}" for name, value in variables.items()))(
               lambda variables=variables: user_said("\ufeff1234\n", **variables))


@attack("a user directory in a directory that Synapse may write is believed only if Synapse cannot have replaced it")
def user_directory_named():
    write(DATA + "/mine/user/services/mine.lua", OVERRIDE)
    instance = Instance("", SYNLUA_USER_DIR=DATA + "/mine/user").ready()
    instance.stop()
    write(DATA + "/spare/user/services/mine.lua", OVERRIDE.replace("the admin's", "another"))
    as_user("synapse", f"cd {DATA} && mv mine was && mv spare mine")
    refuse("another" in of_plan(instance), "another directory of root's was taken for it")

