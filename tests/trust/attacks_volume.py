"""Attacks by files in volumes, in PostgreSQL's directory and in the runtime directory."""

import glob
import os
import subprocess

from sandbox import (DATA, ROOT, RUNTIME, Instance, as_user, attack, library, owner, read, refuse, synapse, user, wait,
                     write)


def engine_volume(path, who="synapse", **variables):
    os.makedirs(path, 0o755)
    os.chown(path, 0, 0)
    write(DATA + "/localhost.macaroon.key", "secret\n", 0o600)
    instance = Instance(None, **variables).start()
    if not instance.settled():  # it refuses and says why: good
        refuse(path not in instance.log(), "it refuses, and does not name the directory")
        return
    done = as_user(who, f"touch {path}/x")
    refuse(done.returncode != 0, f"it is ready, and {who} cannot write: {done.stderr.strip()}")


attack("a new volume root:root at media_store is Synapse's to write, or the start refuses")(
    lambda: engine_volume(DATA + "/media_store"))
attack("a new volume root:root at SYNAPSE_MEDIA_STORE_PATH is Synapse's to write, or the start refuses")(
    lambda: engine_volume(ROOT + "/media", SYNAPSE_MEDIA_STORE_PATH=ROOT + "/media"))
attack("a new volume root:root at the data directory's logs is written, or the start refuses")(
    lambda: engine_volume(DATA + "/logs", SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK="yes"))
attack("a new volume root:root at postgres is PostgreSQL's, or the start refuses")(
    lambda: engine_volume(DATA + "/postgres", "postgres", SYNAPSE_WORKER_TYPES="event_persister"))


@attack("a new volume root:root at media_store beside a data directory of earlier starts is Synapse's too")
def later_volume():
    instance = Instance("").ready()
    instance.stop()
    subprocess.run(["rm", "-rf", DATA + "/media_store"], check=True)
    os.makedirs(DATA + "/media_store", 0o755)
    if not instance.again():
        return
    done = as_user("synapse", f"touch {DATA}/media_store/x")
    refuse(done.returncode != 0, f"it is ready, check is good ({instance.command('check').returncode}), and every "
           f"upload would fail: {done.stderr.strip()}")


@attack("check says that a media_store of root's cannot be written")
def check_volume():
    instance = Instance("").ready()
    instance.stop()
    subprocess.run(["rm", "-rf", DATA + "/media_store"], check=True)
    os.makedirs(DATA + "/media_store", 0o755)
    done = instance.command("check")
    refuse(done.returncode == 0 and "media_store" not in done.stderr, "check is good without a word of it")


def builtin():
    instance = Instance(None, SYNAPSE_WORKER_TYPES="event_persister", SYNAPSE_SERVER_NAME="localhost").ready()
    instance.stop()
    return instance


@attack("a PostgreSQL directory of Synapse's own is not run, nor does it lead to the old cluster")
def postgres_swapped():
    instance = builtin()
    version = glob.glob(DATA + "/postgres/[0-9]*")[0].rsplit("/", 1)[1]
    write(DATA + f"/postgres/{version}/secret", "the old cluster", 0o600, user("postgres"))
    os.makedirs("/tmp/out", exist_ok=True)
    os.chmod("/tmp/out", 0o777)
    library(ROOT + "/evil.so", """__attribute__((constructor)) static void begin(void)
        { FILE *to = fopen("/tmp/out/ran", "a"); if (to) { fprintf(to, "%d\\n", (int)geteuid()); fclose(to); }
          system("cat /srv/data/old/*/secret >/tmp/out/secret 2>&1"); }""")
    # initdb asks for a name, which the user may not have; Synapse gives it one.
    library(ROOT + "/name.so", """#include <pwd.h>
        struct passwd *getpwuid(uid_t uid) { static struct passwd p = {"postgres", "x", 991, 991, "", "/", "/bin/sh"};
          return &p; }""")
    moved = as_user("synapse", f"""cd {DATA} && mv postgres old && mkdir postgres &&
        export PATH=/usr/lib/postgresql/{version}/bin:$PATH && cp {ROOT}/evil.so evil.so &&
        LD_PRELOAD={ROOT}/name.so initdb -D postgres/{version} -U postgres -A trust --encoding=UTF8 \\
            --locale=C >/tmp/initdb 2>&1 &&
        echo "shared_preload_libraries = '{DATA}/evil.so'" >>postgres/{version}/postgresql.auto.conf;
        rm -f .synlua.owners""")
    if not os.path.exists(f"{DATA}/postgres/{version}/postgresql.auto.conf"):
        refuse("Permission denied" not in moved.stderr and "not permitted" not in moved.stderr,
               "the attack was not tried: " + moved.stderr + read("/tmp/initdb"))
    instance.again()
    ran, theirs = read("/tmp/out/ran").split(), as_user("synapse", f"cat {DATA}/old/*/secret").stdout
    refuse("old cluster" in read("/tmp/out/secret"), "code of Synapse's ran as PostgreSQL and read the old cluster")
    refuse(str(user("postgres")[0]) in ran, f"code of Synapse's ran as uid {ran[0] if ran else ''}; Synapse reads of "
           f"the old cluster, which was given to it: {theirs!r}")
    refuse("old cluster" in theirs, "the old cluster was given to Synapse")
    refuse(owner(DATA + "/postgres") == user("postgres")[0] and os.path.exists(DATA + "/postgres/"
           f"{version}/postgresql.auto.conf") and "evil" in read(DATA + f"/postgres/{version}/postgresql.auto.conf"),
           "Synapse's own postgres directory was given to PostgreSQL's user")


@attack("Synapse cannot move PostgreSQL's directory away")
def postgres_moved():
    instance = builtin()
    done = as_user("synapse", f"mv {DATA}/postgres {DATA}/x")
    refuse(done.returncode == 0, "mv took it away")
    assert instance


@attack("removing postmaster.pid follows no directory that Synapse put in place of PostgreSQL's")
def postmaster():
    instance = builtin()
    version = glob.glob(DATA + "/postgres/[0-9]*")[0].rsplit("/", 1)[1]
    os.makedirs(f"/etc/victim/{version}")
    write(f"/etc/victim/{version}/postmaster.pid", "root's\n")
    write(f"/etc/victim/{version}/PG_VERSION", version)
    as_user("synapse", f"cd {DATA} && mv postgres x && ln -s /etc/victim postgres")
    instance.again()
    refuse(not os.path.exists(f"/etc/victim/{version}/postmaster.pid"), "it was removed")


DEEP = """import os
os.chdir("{}")
for _ in range({}):
    os.mkdir("d"); os.chdir("d")
"""


def deep(depth, place):
    instance = Instance("", nofile=1024).ready()
    synapse(f"python3 -c '{DEEP.format(place, depth)}'")
    instance.stop()
    ready = instance.again()
    last = instance.log().strip().splitlines()[-3:]
    refuse(not ready, f"no start succeeds any more: {last}")


attack("3000 directories in each other in the runtime directory do not end every start")(
    lambda: deep(3000, RUNTIME + "/sockets"))
attack("100000 directories in each other in the runtime directory do not end every start")(
    lambda: deep(100000, RUNTIME + "/private"))


def placed(name, command, *words):
    """What Synapse puts at a name in the data directory before a start; it must not hold the start up."""
    instance = Instance("").ready()
    instance.stop()
    as_user("synapse", f"cd {DATA} && rm -rf {name}; {command.format(name)}")
    instance.again()
    for path in words:
        refuse(not os.path.exists(path), f"{path} is gone")
    return instance


for record in (".synlua.owners", ".synlua.database", ".synlua.synapse", ".synlua.lock", "manhole.key",
               "localhost.macaroon.key", "homeserver.yaml", "homeserver.d", "well-known.yaml", "synlua", "media_store"):
    @attack(f"a FIFO at {record} holds no start up")
    def fifo(record=record):
        placed(record, "mkfifo {}")

    @attack(f"a link at {record} to a file of root's leaves that as it is")
    def link(record=record):
        write("/etc/victim", "root's\n", 0o600)
        placed(record, "ln -s /etc/victim {}")
        stat = os.stat("/etc/victim")
        refuse((read("/etc/victim"), stat.st_uid, stat.st_mode & 0o777) != ("root's\n", 0, 0o600),
               f"it is of uid {stat.st_uid}, mode {stat.st_mode & 0o777:o}: {read('/etc/victim')!r}")


@attack("a lock file that a service may open keeps no start from beginning")
def lock_held():
    instance = Instance("").ready()
    instance.stop()
    holder = subprocess.Popen(["/bin/sh", "-c", f"exec 9<>{DATA}/.synlua.lock || exec 9<{DATA}/.synlua.lock; "
                               "flock -n 9; flock -n -s 9; python3 -c 'import fcntl,time; "
                               "fcntl.lockf(9, fcntl.LOCK_EX) if 0 else None; time.sleep(60)'"],
                              user=991, group=991, extra_groups=[], stderr=subprocess.DEVNULL)
    wait(lambda: holder.poll() is not None, 1)
    ready = instance.again()
    holder.kill()
    refuse(not ready, "it refuses: " + instance.log().strip().splitlines()[-2])


@attack("Synapse cannot remove the lock of the data directory and so start another instance on it")
def lock_removed():
    instance = Instance("").ready()
    done = as_user("synapse", f"rm -f {DATA}/.synlua.lock")
    other = Instance(None, SYNLUA_RUNTIME_DIR="/run/other", SYNAPSE_HTTP_PORT="8018")
    other.log_path = ROOT + "/log2"
    ready = other.start().settled()
    other.stop()
    refuse(ready, f"rm ended with {done.returncode}, and a second instance is ready on the same data")
    assert instance
