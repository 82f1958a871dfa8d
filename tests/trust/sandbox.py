"""A sandbox for one attack: namespaces of mounts, network and processes. Everything in it is read-only except its own
file systems in memory, so that an attack which succeeds does no harm. enter() makes the sandbox and runs this program
again inside. Instance is one synlua in it, and as_user() does what a service would do."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time

ROOT = "/srv"  # all that an attack and its instance have, beside copies of /etc and an empty /root
PROGRAM = ROOT + "/program"
SYNLUA = PROGRAM + "/build/synlua"
DATA, CONFIG, RUNTIME = ROOT + "/data", ROOT + "/etc", "/run/synlua"
PYTHON = ROOT + "/venv/bin/python"
USERS = {"synapse": (991, 991)}
LONG = 60

HERE = os.path.dirname(os.path.abspath(__file__))

MAKE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /srv
mkdir -p /srv/program/build /srv/program/core/process /srv/keep
cp -r "$CHECKOUT/lua" "$CHECKOUT/templates" /srv/program
cp "$CHECKOUT"/core/process/*.py /srv/program/core/process
cp "$SYNLUA_BINARY" /srv/program/build/synlua
cp -r "$CHECKOUT/tests" /srv/tests
if [ -n "$REAL_PREFIX" ]; then mkdir /srv/venv; mount --rbind "$REAL_PREFIX" /srv/venv; fi
cp -a /etc/. /srv/keep
for place in /etc /root /run /var/log /dev/shm /tmp; do mount -t tmpfs tmpfs "$place"; done
cp -a /srv/keep/. /etc
rm -rf /srv/keep
chmod 755 /etc /run /var/log /srv
chmod 700 /root
chmod 1777 /tmp /dev/shm
mkdir -p /var/log/nginx
mount -o remount,bind,ro /
ip link set lo up
cd /
status=0
python3 -B -I "$@" || status=$?
exit "$status"
"""


class Held(Exception):
    """The attack could not even begin, as it should be."""


class Broken(AssertionError):
    """The attack succeeded; the text is what it got."""


def refuse(condition, evidence):
    """The attack has succeeded where the condition holds."""
    if condition:
        raise Broken(evidence)


def enter(script, words, binary, real=None):
    """Runs script (below tests/trust) with these words inside; its exit status."""
    return entered(script, words, binary, real, stdout=None).returncode


def entered(script, words, binary, real=None, stdout=subprocess.PIPE):
    """The same; the finished process, with all that it wrote."""
    checkout = os.path.dirname(os.path.dirname(HERE))
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "CHECKOUT": checkout, "LANG": "C.UTF-8",
                   "SYNLUA_BINARY": os.path.abspath(binary), "REAL_PREFIX": real or "", "TRUST_INSIDE": "1"}
    argv = ["unshare", "-m", "-n", "-p", "-u", "-i", "--fork", "--kill-child", "--mount-proc", "sh", "-c", MAKE, "sh",
            f"{ROOT}/tests/trust/{script}", *words]
    return subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, text=True, errors="replace",
                          stderr=subprocess.STDOUT if stdout else None, check=False)


def is_inside():
    return os.environ.get("TRUST_INSIDE") == "1"


def user(name):
    if name in USERS:
        return USERS[name]
    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


def as_user(name, command, check=False, timeout=LONG):
    """A shell command as a service would run it: its user, and no other group; the finished process."""
    uid, gid = user(name)
    return subprocess.run(["/bin/sh", "-c", command], user=uid, group=gid, extra_groups=[], umask=0o22, cwd="/",
                          env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=timeout, check=check)


def synapse(command):
    """What Synapse does; it must be able to do it for the attack to go on."""
    done = as_user("synapse", command)
    if done.returncode != 0:
        raise Held(f"{command}: {done.stderr.strip()}")
    return done.stdout


def write(path, text, mode=0o644, owner=(0, 0)):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as to:
        to.write(text)
    os.chmod(path, mode)
    os.chown(path, *owner)


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def owner(path):
    try:
        return os.lstat(path).st_uid
    except OSError:
        return None


def wait(holds, seconds=LONG):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = holds()
        if found:
            return found
        time.sleep(0.01)
    return holds()


def library(path, code, directory="/tmp"):
    """A shared library whose constructor is this code."""
    source = f"{directory}/{os.path.basename(path)}.c"
    write(source, "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <fcntl.h>\n#include <stdio.h>\n"
          "#include <stdlib.h>\n#include <string.h>\n#include <sys/stat.h>\n#include <unistd.h>\n" + code)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-w", "-o", path, source, "-ldl"], check=True)
    os.chmod(path, 0o755)


def certificate(directory, group="www-data"):
    os.makedirs(directory, exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-days", "30", "-keyout", directory + "/key.pem", "-out",
                    directory + "/cert.pem"], check=True, capture_output=True)
    os.chmod(directory + "/key.pem", 0o640)
    os.chown(directory + "/key.pem", 0, user(group)[1])


def fake_synapse():
    """A virtual environment with as much of Synapse as a start needs; the real one where that is mounted."""
    if os.path.exists(PYTHON):
        return
    os.makedirs(os.path.dirname(PYTHON))
    os.symlink("/usr/bin/python3", PYTHON)
    write(ROOT + "/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for place in ("fakes", "trust"):
        shutil.copytree(f"{ROOT}/tests/{place}/python", f"{ROOT}/venv/lib/{version}/site-packages", dirs_exist_ok=True)


class Instance:
    """One synlua with the fake Synapse, nginx as it is. Variables in capitals go into its environment."""

    def __init__(self, homeserver=None, nofile=None, **variables):
        """nofile: the limit of open files that it begins with"""
        fake_synapse()
        self.nofile = nofile
        self.log_path, self.process = ROOT + "/log", None
        self.variables = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYNAPSE_SERVER_NAME": "localhost", "SYNAPSE_REPORT_STATS": "no",
            "SYNAPSE_CONFIG_DIR": DATA, "SYNAPSE_DATA_DIR": DATA, "SYNLUA_RUNTIME_DIR": RUNTIME,
            "SYNLUA_SYNAPSE_PYTHON": PYTHON, "NGINX_LISTEN_ADDRESS": "127.0.0.1", "SYNAPSE_HTTP_PORT": "8008",
            **variables}
        self.variables = {name: value for name, value in self.variables.items() if value is not None}
        os.makedirs(DATA, exist_ok=True)
        if homeserver is not None:
            write(self.homeserver(), "server_name: localhost\nreport_stats: false\n" + homeserver)

    def homeserver(self):
        return self.variables["SYNAPSE_CONFIG_DIR"] + "/homeserver.yaml"

    def start(self):
        with open(self.log_path, "w", encoding="utf-8") as log:
            limit = ["prlimit", f"--nofile={self.nofile}:"] if self.nofile else []
            self.process = subprocess.Popen([*limit, SYNLUA, "run"], env=self.variables, stdout=log, stderr=log,
                                            cwd="/", start_new_session=True)
        return self

    def log(self):
        return read(self.log_path)

    def settled(self):
        """Waits until it is ready or has ended; whether it is ready."""
        wait(lambda: "synlua | ready in" in self.log() or self.process.poll() is not None)
        return self.process.poll() is None

    def ready(self):
        self.start()
        if not self.settled():
            raise RuntimeError("it did not start: " + " / ".join(self.log().strip().splitlines()[-5:]))
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(LONG)
        return self

    def again(self):
        """The next start, as an engine makes it; whether it is ready. That it refuses is an answer too."""
        self.stop()
        self.start()
        return self.settled()

    def command(self, *words, cwd="/", timeout=LONG, variables=None):
        return subprocess.run([SYNLUA, *words], env={**self.variables, **(variables or {})}, cwd=cwd, timeout=timeout,
                              capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)

    def pid_of(self, name):
        said = self.command("status", "--json").stdout
        for service in json.loads(said)["services"] if said else []:
            if service["name"] == name:
                return service.get("pid")
        return None


ATTACKS = []


def attack(sentence):
    """Names an attack by what must hold."""
    def add(function):
        ATTACKS.append((sentence, function))
        return function
    return add


def secret_yaml():
    """A file of root's that is YAML; its secret."""
    write("/root/secret.yaml", "client: {org.example.secret: hunter2-of-root}\nroot_secret: hunter2-of-root\n", 0o600)
    return "hunter2-of-root"


def everything_readable_by(name, below):
    """The text of all that a user can read there."""
    return as_user(name, f"find {below} -type f -exec cat {{}} + 2>/dev/null; true").stdout
