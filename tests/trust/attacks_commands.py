"""Attacks on root's commands that read files or use directories which Synapse may write; and how commands end."""

import os
import resource
import signal
import subprocess
import time

from sandbox import (DATA, ROOT, SYNLUA, Broken, Instance, attack, as_user, library, read, refuse, synapse,
                     wait, write)

SOCKETS = "listeners: [{port: 8008, type: http, resources: [{names: [client]}]}, {path: %s, type: http, " \
    "resources: [{names: [client]}]}]\n"

# nginx binds its socket and sets its mode a moment later. Here that moment is made longer.
SLOW = """int chmod(const char *path, mode_t mode)
{
    int (*real)(const char *, mode_t) = dlsym(RTLD_NEXT, "chmod");
    if (strstr(path, "listen.sock")) { close(open("/tmp/bound", O_CREAT | O_WRONLY, 0666)); sleep(2); }
    return real(path, mode);
}"""


def slow_nginx(words=""):
    library(ROOT + "/slow.so", SLOW)
    write(ROOT + "/nginx", f"#!/bin/sh\nid -u >>/tmp/nginx-uids\n{words}"
          f"LD_PRELOAD={ROOT}/slow.so exec /usr/sbin/nginx \"$@\"\n", 0o755)
    write("/tmp/nginx-uids", "", 0o666)
    return ROOT + "/nginx"


def open_directory():
    """A directory of Synapse's in which the admin wants a listener."""
    os.makedirs(DATA + "/public", exist_ok=True)
    os.chmod(DATA + "/public", 0o777)
    return DATA + "/public/listen.sock"


@attack("check lets nobody but root make a file of root's writable, whatever is put in place of a listener")
def check_chmod():
    write("/root/private", "root's\n", 0o600)
    instance = Instance(SOCKETS % open_directory(), SYNLUA_NGINX=slow_nginx())
    instance.command("generate")
    swap = subprocess.Popen(["/bin/sh", "-c", f"until [ -e /tmp/bound ]; do sleep 0.02; done; cd {DATA}/public; "
                             "rm -f listen.sock; ln -s /root/private listen.sock"],
                            user=991, group=991, extra_groups=[])
    done = instance.command("check")
    swap.kill()
    swap.wait()
    mode = os.stat("/root/private").st_mode & 0o777
    refuse(mode != 0o600, f"/root/private has mode {mode:o} after check ({done.returncode})")


@attack("nginx tries a configuration as its own user")
def check_user():
    instance = Instance("", SYNLUA_NGINX=slow_nginx())
    instance.command("check")
    refuse(read("/tmp/nginx-uids").split() == ["0"], "check ran nginx -t as uid 0")


@attack("check makes no socket in a directory of Synapse's, and removes nothing there")
def check_socket():
    instance = Instance(SOCKETS % open_directory(), SYNLUA_NGINX=slow_nginx())
    instance.command("generate")
    seen = []
    before = os.stat(DATA + "/public").st_mtime_ns
    instance.command("check")
    seen.append(os.stat(DATA + "/public").st_mtime_ns != before)
    refuse(any(seen), "the directory of the listener was changed by check")


@attack("restart nginx removes nothing of root's, whatever became of a listener's directory")
def restart_unlink():
    os.makedirs(DATA + "/public")
    os.chmod(DATA + "/public", 0o777)
    write("/root/precious", "root's\n", 0o600)
    instance = Instance(SOCKETS % (DATA + "/public/precious")).ready()
    synapse(f"cd {DATA} && mv public was && ln -s /root public")
    instance.command("restart", "nginx")
    refuse(not os.path.exists("/root/precious"), "/root/precious is gone")


@attack("a start removes nothing of root's, whatever Synapse puts in place of a listener's directory")
def start_unlink():
    os.makedirs("/etc/victim", 0o755)
    os.makedirs(DATA + "/public")
    os.chmod(DATA + "/public", 0o777)
    import socket
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("/etc/victim/listen.sock")  # of another service; nobody listens at the moment
    listening.close()
    instance = Instance(SOCKETS % (DATA + "/public/listen.sock")).ready()
    instance.stop()
    synapse(f"cd {DATA} && mv public was && ln -s /etc/victim public")
    os.chmod("/etc/victim", 0o777)
    instance.again()
    refuse(not os.path.exists("/etc/victim/listen.sock") or os.lstat("/etc/victim/listen.sock").st_uid != 0,
           "the socket in /etc/victim was removed")


EVIL_PYTHON = 'import os\nif os.geteuid() == 0: open("/root/ran", "w").close()\n'


@attack("user add in /data runs nothing that Synapse put there")
def user_add():
    instance = Instance("").ready()
    for name in ("yaml", "synapse", "requests", "hmac", "sitecustomize", "usercustomize"):
        as_user("synapse", f"mkdir {DATA}/{name}; cat >{DATA}/{name}/__init__.py <<'END'\n{EVIL_PYTHON}END")
    write("/tmp/password", "secret\n")
    done = instance.command("user", "add", "alice", "--admin", "--password-file", "/tmp/password", cwd=DATA)
    refuse(os.path.exists("/root/ran"), "a package of Synapse's in the current directory ran as root")
    refuse("no homeserver answers" in done.stderr, "the attack was not tried: " + done.stderr)


@attack("no command imports as root what Synapse put into the directory python of the data")
def modules():
    for name in ("yaml", "synapse", "requests", "hmac", "psycopg2", "twisted"):
        as_user("synapse", f"mkdir -p {DATA}/python/{name}; cat >{DATA}/python/{name}/__init__.py <<'END'\n"
                f"{EVIL_PYTHON}END")
    as_user("synapse", f"echo 'import os; os.geteuid() or open(\"/root/ran\", \"w\")' >{DATA}/python/a.pth")
    write("/tmp/password", "secret\n")
    instance = Instance("").ready()
    for words in (("check",), ("user", "add", "alice", "--password-file", "/tmp/password"), ("psql",), ("status",)):
        instance.command(*words)
        instance.command(*words, variables={"PYTHONPATH": f"{DATA}/python"})
    refuse(os.path.exists("/root/ran"), "a module of Synapse's ran as root")


@attack("user add runs Synapse's tool as Synapse's user")
def user_add_user():
    instance = Instance("").ready()
    tool = __import__("glob").glob(ROOT + "/venv/lib/*/site-packages/synapse/_scripts/register_new_matrix_user.py")
    if not tool or os.path.ismount(ROOT + "/venv"):
        return
    write(tool[0], 'import os, sys\nwords = sys.argv\npath = words[words.index("--password-file") + 1]\n'
          'open("/tmp/uid", "w").write(str(os.geteuid()) + " " + open(path).read())\n')
    write("/root/password", "hush", 0o600)
    done = instance.command("user", "add", "alice", "--admin", "--password-file", "/root/password")
    refuse(read("/tmp/uid").startswith("0 "), "register_new_matrix_user reads homeserver.yaml, which Synapse may write, "
           "as uid 0")
    if read("/tmp/uid") != "991 hush":
        raise RuntimeError(f"it ran otherwise: {read('/tmp/uid')} {done.stderr}")


for module in ("argparse", "dkjson", "cli", "core/log", "settings/report"):
    @attack(f"no command runs {module}.lua of the current directory as root")
    def lua_here(module=module):
        instance = Instance("").ready()
        path = f"{DATA}/{module}.lua"
        as_user("synapse", f"mkdir -p $(dirname {path}); cat >{path} <<'END'\nos.execute('touch /root/ran')\nEND")
        for words in (("status",), ("status", "--json"), ("check",), ("eval", "-e", "1"), ("env",), ("health",)):
            instance.command(*words, cwd=DATA)
        refuse(os.path.exists("/root/ran"), "it ran")


@attack("leave writes nothing through a link of Synapse's")
def leave():
    os.makedirs("/etc/victim")
    instance = Instance("").ready()
    synapse(f"ln -s /etc/victim {DATA}/out")
    instance.command("leave", DATA + "/out/homeserver.yaml")
    refuse(os.path.exists("/etc/victim/homeserver.yaml"), "/etc/victim/homeserver.yaml was made, of uid "
           f"{os.stat('/etc/victim/homeserver.yaml').st_uid if os.path.exists('/etc/victim/homeserver.yaml') else ''}")


@attack("render writes nothing through a link of Synapse's")
def render():
    os.makedirs("/etc/victim")
    instance = Instance("").ready()
    synapse(f"ln -s /etc/victim {DATA}/out")
    instance.command("render", DATA + "/out")
    refuse(os.listdir("/etc/victim"), f"/etc/victim has {os.listdir('/etc/victim')}")


@attack("psql connects as nobody of root's to the server that homeserver.yaml names")
def psql():
    write(ROOT + "/bin/psql", "#!/bin/sh\nid -u >/tmp/uid\nenv >/tmp/environment\n", 0o755)
    instance = Instance("database: {name: psycopg2, args: {host: 127.0.0.1, user: x, password: y, "
                        "sslkey: /root/client.key, dbname: x}}\n")
    instance.variables["PATH"] = ROOT + "/bin:" + instance.variables["PATH"]
    instance.command("psql")
    refuse(read("/tmp/uid").strip() == "0", "psql reads the key file that Synapse named, and root's .psqlrc, as uid 0: "
           + next((line for line in read("/tmp/environment").splitlines() if "SSLKEY" in line), ""))


HANGS = "trap '' TERM INT; case \"$*\" in *-t*) sleep 600 & wait; wait; wait;; esac\n"


def ends(words, sign, prepare=None, **variables):
    instance = Instance("", **variables)
    if prepare:
        prepare(instance)
    process = subprocess.Popen([SYNLUA, *words], env=instance.variables, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    time.sleep(1)  # it is in the midst of it by then; there is no event that says so
    if process.poll() is not None:
        raise RuntimeError(f"{words} ended by itself: {process.stderr.read()}")
    process.send_signal(sign)
    began = time.monotonic()
    wait(lambda: process.poll() is not None, 5)
    took, gone = time.monotonic() - began, process.poll() is not None
    if not gone:
        process.kill()
    refuse(not gone or took > 1, f"synlua {' '.join(words)} was there {took:.1f} s after {sign.name}")


def many_options(instance):
    write(instance.homeserver(), "server_name: localhost\nreport_stats: false\n"
          + "".join(f"enable_registratoin_option_{number:05}: 1\n" for number in range(4000)))


def endless(instance):
    """Planning lasts as long as a file of the admin's wants."""
    write(DATA + "/synlua/services/nginx.lua", "while true do end\n")


def stopped(instance):
    instance.ready().process.send_signal(signal.SIGSTOP)


for sign in (signal.SIGINT, signal.SIGTERM):
    attack(f"check ends on {sign.name} at once while nginx -t hangs")(
        lambda sign=sign: ends(("check",), sign, SYNLUA_NGINX=slow_nginx(HANGS)))
    for verb in (("check",), ("plan",), ("diff",), ("explain", "server_name"), ("generate",), ("leave",)):
        attack(f"{verb[0]} ends on {sign.name} at once while it plans")(
            lambda sign=sign, verb=verb: ends(verb, sign, endless))
    for verb in (("status",), ("health",), ("logs", "synapse"), ("logs", "-f", "synapse"), ("restart", "synapse"),
                 ("stop", "synapse")):
        attack(f"{' '.join(verb)} ends on {sign.name} at once while the instance does not answer")(
            lambda sign=sign, verb=verb: ends(verb, sign, stopped))


@attack("check gives up nginx -t after a time")
def check_limit():
    instance = Instance("", SYNLUA_NGINX=slow_nginx(HANGS))
    try:
        instance.command("check", timeout=45)
    except subprocess.TimeoutExpired:
        raise Broken("check waits for nginx -t for ever") from None


@attack("4000 unknown options cost less than five seconds of the processor's time")
def unknown():
    instance = Instance("")
    many_options(instance)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    instance.command("check", timeout=300)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    refuse(took > 5, f"check took {took:.1f} s")


def killed(*signals, **variables):
    """The next start at once after synlua was killed."""
    instance = Instance(None, **variables)
    write(DATA + "/slow", "")
    instance.ready()
    for sign in signals:
        instance.process.send_signal(sign)
    instance.process.wait()
    ready = instance.start().settled()
    refuse(not ready, f"it ended with {instance.process.poll()}: "
           + " / ".join(line.strip() for line in instance.log().strip().splitlines()[:3]))


attack("after kill -9 the next start waits for Synapse, which still runs")(lambda: killed(signal.SIGKILL))
attack("after kill -9 the next start waits for PostgreSQL, Redis and workers, which still run")(
    lambda: killed(signal.SIGKILL, SYNAPSE_WORKER_TYPES="event_persister"))
