"""fork_immortal.py PYTHON: checks, with the real Synapse, that the objects of the fork server are immortal where Python
can have that, that its children then share them, that what a child makes itself is freed, and that a fork server whose
children have trouble with it begins anew without. Any Python will do: one without immortal objects must say so."""

import array
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../..")
FILES = ("core/process/forkserver.py", "core/process/immortal.py", "build/libimmortal.so")  # as synlua puts them
FAKES = os.path.join(HERE, "../fakes/python")
IMMORTAL = 0xFFFFFFFF
PR_SET_CHILD_SUBREAPER = 36
REFUSED = "the fork server cannot make its objects immortal, so that workers need more memory: "
BEGINS_ANEW = ("the fork server begins anew, because a child had trouble with immortal objects: "
               "status 1 AssertionError: not ours")

# Prints by how many KB a child grows that takes references to the objects of its parent, how many of these objects
# are immortal and how many there are, whether the child's own are mortal, and how many blocks of memory stay after a
# hundred more turns of work with objects of its own.
CHILD = """
import gc, json, os, sys
sys.path.insert(0, sys.argv[1])
gc.disable()
import forkserver, synapse.app.homeserver
from synapse.api.room_versions import RoomVersions
from synapse.events import make_event_from_dict
from twisted.internet import defer
gc.collect()
things = gc.get_objects()
forkserver.share_objects(sys.argv[2])
for module in [module for name, module in sys.modules.items() if name.startswith("synapse.")]:
    things += vars(module)
    for kind in [value for value in vars(module).values() if isinstance(value, type) and value.__flags__ & 1 << 9]:
        things += [*vars(kind), kind.__qualname__]
    for code in [value.__code__ for value in vars(module).values() if hasattr(value, "__code__")]:
        things += [*code.co_names, *code.co_consts, code.co_qualname, code.co_filename]
forkserver.fill_gaps()
gc.freeze()

class Kept:
    pass

def work():
    kept, waiting = Kept(), defer.Deferred()
    kept.self, kept.names = kept, {str(n): [n, waiting] for n in range(1000)}
    waiting.addCallback(lambda _: 1 / len(sys.argv[9:]))
    waiting.addErrback(lambda failure: failure.trap(ZeroDivisionError))
    waiting.callback(None)
    content = {"body": "x" * 100, "other": [kept.names["1"][0]] * 50}
    event = make_event_from_dict({"type": "m.room.message", "room_id": "!a:b", "sender": "@a:b", "content": content,
                                  "auth_events": [], "prev_events": [], "depth": 1, "origin_server_ts": 1,
                                  "hashes": {"sha256": "a"}, "signatures": {}, "unsigned": {}}, RoomVersions.V10)
    assert json.loads(json.dumps(event.get_dict()))["content"] == content
    type("Own", (synapse.app.homeserver.SynapseHomeServer,), {"kept": kept})
    exec("def own(a): return [a, own]", {"kept": kept})

def own_memory():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private"))

def turns(count):
    for _ in range(count):
        work()
    gc.collect()
    return sys.getallocatedblocks()

if os.fork() == 0:
    for _ in range(2):
        before = own_memory()
    references = list(things)
    grown = own_memory() - before
    counts = list(map(sys.getrefcount, things))
    mortal = sys.getrefcount(Kept()) < 9 > sys.getrefcount("".join(sys.argv))
    blocks = turns(20)
    print(grown, counts.count(0xffffffff), len(counts), int(mortal), turns(100) - blocks, flush=True)
    sys.exit(0)
assert os.wait()[1] == 0
"""

# Prints which objects the library has not made immortal of those that two roots lead to, told to the collector or not.
MARKED = """
import gc, os, sys
sys.path.insert(0, sys.argv[1])
import immortal
mark = immortal.load(sys.argv[1] + "/libimmortal.so")

def named(text):
    return text[:2] + " of " + text  # what no code has as a constant

Kind = type(named("type"), (), {"slot": None})

def function(argument, default=("a default", 10.5)):
    return lambda: (argument, 12345.5)

one = Kind()
one.slot = [{named("key"): 2**70}, {3**70: b"bytes"}, frozenset([4**70])]
code, roots = function.__code__, [one, function]

def marked():
    untouched = object()  # no root leads to a running frame
    return mark(roots, immortal.CodeType, immortal.PARTS_OF_CODE), sys.getrefcount(untouched)

count, references = marked()
inner = [part for part in code.co_consts if type(part) is type(code)][0]
first, second, held = *one.slot[:2], list(one.slot[2])
things = {"roots": roots[0], "type": Kind, "its name": Kind.__name__, "list": one.slot, "key": list(first)[0],
          "value": list(first.values())[0], "other key": list(second)[0], "other value": list(second.values())[0],
          "in a set": held[0], "code": code, "inner code": inner, "constant": inner.co_consts[-1],
          "default": function.__defaults__[0], "name": code.co_qualname, "file": code.co_filename}
print([name for name, thing in things.items() if sys.getrefcount(thing) != immortal.IMMORTAL])
print(references < 9, count > len(things), mark(roots, immortal.CodeType, immortal.PARTS_OF_CODE))
for wrong in ((roots, immortal.CodeType, ("no_such_part",)), (1, immortal.CodeType, ())):
    try:
        exec("def made(): return 1")
        print(mark([made] if wrong[2] else wrong[0], *wrong[1:]))
    except Exception as error:
        print(type(error).__name__)
"""

# Tries to start with something else in place of parts of the module.
CHANGED = """
import sys
sys.path.insert(0, {server!r})
import forkserver
from forkserver import immortal
def fail(sample):
    raise AssertionError("not ours")
immortal.unknown, immortal.load, immortal.try_objects = (lambda: None), (lambda path: path), fail
immortal.make_immortal = lambda mark: [1]
forkserver.main()
"""


def ok(text):
    print(f"ok - {text}", flush=True)


def child(python, server, wanted):
    done = subprocess.run([python, "-c", CHILD, server, wanted], env={"PATH": "/usr/bin:/bin"}, capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()], done.stderr


class Server:
    """A running fork server, as synlua starts it."""

    def __init__(self, words, variables, directory):
        self.environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NOTIFY_SOCKET": directory + "/notify"}
        self.environment.update(variables)
        self.said, self.python = open(directory + "/said", "w+", encoding="utf-8"), words[0]
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(directory + "/notify")
        notify.settimeout(60)
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(60)
        self.process = subprocess.Popen(words, stdin=theirs, stderr=self.said, env=self.environment, cwd=HERE + "/fork")
        theirs.close()
        try:
            assert notify.recv(100) == b"READY=1"
        except TimeoutError:
            self.process.kill()
            raise
        notify.close()

    def run(self, app, *words):
        """How an app ended that the server has forked."""
        go_reader, go = os.pipe()
        argv = [self.python, "-m", app, *words]
        parts = ["synlua 2", app, "/", "0", "0", "0", "0", str(len(argv)), *argv]
        parts += [f"{name}={value}" for name, value in self.environment.items()]
        descriptors = array.array("i", [self.said.fileno(), self.said.fileno(), go_reader])
        message = b"".join(part.encode() + b"\0" for part in parts)
        self.control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
        answer = self.control.recv(1000)
        assert answer.startswith(b"pid "), answer
        os.close(go_reader)
        os.write(go, b"1")
        os.close(go)
        return os.waitpid(int(answer.split()[1]), 0)[1]

    def end(self):
        """All that was written to descriptor 2."""
        self.control.close()
        assert self.process.wait(10) == 0
        self.said.seek(0)
        return self.said.read()


def memory_is_shared(python, server, can):
    (left, _, count, _, stays), said = child(python, server, "no")
    assert said == "", said
    (grown, immortal, count, mortal, also_stays), said = child(python, server, "yes")
    print(f"a child grows by {left} KB as it is, and by {grown} KB where {immortal} of {count} objects are immortal; "
          f"after 100 turns {stays} and {also_stays} blocks stay")
    if can:
        assert immortal == count and grown < left / 10, "objects are copied"
        assert said == "", said
    else:
        assert immortal == 0 and grown > left / 2, "something was done"
        assert said.startswith(REFUSED) and said.count("\n") == 1, said
        assert child(python, server, "try")[1] == "", "nobody asked for it"
    assert mortal == 1, "what a child makes is immortal"
    assert also_stays <= stays + 50, "what a child makes is not freed"


def marks_what_it_finds(python, server):
    done = subprocess.run([python, "-c", MARKED, server], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
                          timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.splitlines() == ["[]", "True True 0", "AttributeError", "SystemError"], done.stdout


def goes_on_without_library(python, server):
    os.truncate(server + "/libimmortal.so", 100)
    (_, immortal, count, *_), said = child(python, server, "yes")
    assert immortal < count / 2 and said.startswith(REFUSED + "its library cannot be loaded: "), said
    assert child(python, server, "try")[1] == "", "nobody asked for it"


def ends_in_silence(python, server):
    with tempfile.TemporaryDirectory() as directory:
        running = Server([python, server + "/forkserver.py", "--immortal=try", "synapse.app.homeserver", "draws", "--",
                          "psycopg2", "hiredis"], {}, directory)
        statuses = [running.run("draws") for _ in range(3)]
        said = running.end()
    assert statuses == [0, 0, 0], statuses
    assert len([line for line in said.splitlines() if not line.startswith('{"random')]) == 0, said


def begins_anew(python, server):
    with tempfile.TemporaryDirectory() as directory:
        running = Server([python, "-c", CHANGED.format(server=server), "--immortal=yes", "synapse.app.fake", "--"],
                         {"PYTHONPATH": FAKES}, directory)
        status = running.run("synapse.app.fake", "leave:and works")
        said = running.end()
    assert said.splitlines() == [BEGINS_ANEW, "and works"], said
    assert os.waitstatus_to_exitcode(status) == 1


def main():
    python = sys.argv[1]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    version = subprocess.run([python, "--version"], capture_output=True, check=True).stdout
    can = version.startswith((b"Python 3.12.", b"Python 3.13."))
    with tempfile.TemporaryDirectory() as server:
        for path in FILES:
            shutil.copy(os.path.join(ROOT, path), server)
        if can:
            marks_what_it_finds(python, server)
            ok("the library marks what its roots lead to, nothing else, and passes on what Python refuses")
        memory_is_shared(python, server, can)
        ok("children share immortal objects, and free what they make" if can else "this Python has none, and says so")
        ends_in_silence(python, server)
        ok("processes that set up Synapse end with status 0 and without a message")
        begins_anew(python, server)
        ok("after trouble in a child the fork server begins anew without immortal objects")
        if can:
            goes_on_without_library(python, server)
            ok("without its library the fork server says so and makes nothing immortal")


if __name__ == "__main__":
    main()
