"""Starts Synapse's processes by fork: it imports Synapse once and then forks for each request.

    forkserver.py [--immortal=WANTED] APP... [-- MODULE...]

APP is as in `python -m APP`, and MODULE is imported too where it exists. WANTED says whether to make all objects
immortal, see immortal.py: no, try, or yes, which also says it where that cannot be.

Descriptor 0 is a socket (SOCK_SEQPACKET) to synlua, core/process/forkserver.c. One message is one request or one answer.

Request, in which each part ends with a NUL:
    "synlua 2", name, directory, limit of open files, oom_score_adj, signal at synlua's death, mark (see mark.h),
    number of arguments, arguments, environment
with three descriptors: stdout, stderr, and the go pipe. The new process reads from the go pipe: a byte tells it to go
on, the end of the pipe to exit. A fourth descriptor is a question, see lua/files/question.lua: the new process runs the
program that stands in front of it, which finds it as descriptor 0, and no APP.
Answer: "pid N", "stale WHY" (this server must be restarted), or "no WHY" (start this process by exec).

This program must not draw a random number, start a thread, open a connection or read configuration: every child would
get the same one.
"""

import array
import ctypes
import fcntl
import gc
import importlib
import os
import resource
import socket
import sys
import time

# The module beside this file. No compiled one is written there.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
import immortal  # noqa: E402

sys.dont_write_bytecode = before
del sys.path[0], sys.modules["immortal"]  # the children's modules are Synapse's and the admin's

LIBRARY = "libimmortal.so"  # beside the module
PROTOCOL = b"synlua 2"
REQUEST_MAX = 256 * 1024
PR_SET_PDEATHSIG = 1
PRCTL = ctypes.CDLL(None).prctl

# The variables in which a child may differ from this server. Python and Synapse read all others at start or import.
FREE = {"NOTIFY_SOCKET", "TZ", "HOME"} | {
    name for proxy in ("http_proxy", "https_proxy", "no_proxy") for name in (proxy, proxy.upper())
}


class Refused(Exception):
    """The answer in place of a pid."""


class Request:
    def __init__(self, message, descriptors):
        parts = message.split(b"\0")
        if parts[0] != PROTOCOL or parts.pop() != b"" or len(parts) < 8:
            raise Refused(f"no it understands only the protocol {PROTOCOL.decode()!r}")
        name, directory, files, oom, death, mark, count = parts[1:8]
        words = [os.fsdecode(part) for part in parts[8:]]
        self.name, self.directory = os.fsdecode(name), os.fsdecode(directory)
        self.open_files, self.oom_score_adj, self.death_signal = int(files), int(oom), int(death)
        self.mark = int(mark)
        self.argv = words[: int(count)]
        self.environment = dict(word.split("=", 1) for word in words[int(count) :])
        if len(descriptors) not in (3, 4):
            raise Refused("no a request needs three descriptors")
        self.out, self.err, self.go, *question = descriptors
        self.question = question[0] if question else None


class Origin:
    """The files that this process imported, to notice when an import today would give others."""

    def __init__(self):
        self.environment = {name: value for name, value in os.environ.items() if name not in FREE}
        self.files = {}

    def note(self):
        """Call it once everything is imported. A directory changes when a package is added, removed or renamed in it,
        and package managers do so at every upgrade (NAME-VERSION.dist-info)."""
        paths = [path for path in sys.path[1:] if os.path.isdir(path)]  # without the first, which holds data
        for name in ("synapse", "synapse.synapse_rust", "twisted"):
            if name in sys.modules:
                paths.append(sys.modules[name].__file__)
                paths.append(os.path.dirname(sys.modules[name].__file__))
        self.files = {path: stamp(path) for path in paths}

    def check(self, request, apps):
        for path, noted in self.files.items():
            if stamp(path) != noted:
                raise Refused(f"stale {path} has changed since it was imported")
        argv = request.argv
        is_app = len(argv) > 2 and argv[1] == "-m" and argv[2] in apps
        if argv[:1] != [sys.executable] or not is_app and request.question is None:
            raise Refused(f"no it cannot start {' '.join(argv[:3])}")
        wanted = {name: value for name, value in request.environment.items() if name not in FREE}
        for name in sorted(wanted.keys() | self.environment.keys()):
            if wanted.get(name) != self.environment.get(name):
                raise Refused(f"no it runs with another value of {name}")


def stamp(path):
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns


def refuse(why):
    """Ends this server for good. Synapse's processes are then started by exec."""
    sys.exit(f"fork server: {why}")


def check_names(stand_in):
    """Any version of Synapse may change the internals that we use. Without this check a child would never get ready."""
    if not callable(getattr(stand_in, "_install_real_reactor", None)):
        refuse("this Synapse has no placeholder for the reactor that synlua knows")
    base = sys.modules.get("synapse.app._base")
    tells = getattr(getattr(base, "sdnotify", None), "__code__", None)
    name = "sdnotify_sockaddr"
    if getattr(base, name, "") is not None or tells is None or name not in tells.co_names:
        refuse("this Synapse sends READY in a way that synlua does not know")


def import_everything(apps, modules):
    """Returns {app: module} and a placeholder for the reactor; each child gets the real one."""
    # No reactor may exist here: the children would share the descriptors that an asyncio reactor opens.
    os.environ.pop("NOTIFY_SOCKET", None)
    asyncio_reactor = os.environ.pop("SYNAPSE_ASYNC_IO_REACTOR", None)
    try:
        from synapse.app.complement_fork_proxied_reactor import ProxiedReactor
        from synapse.util.stringutils import strtobool  # noqa: F401, for install_reactor
    except ImportError as failure:
        refuse(failure)
    from twisted.internet.main import installReactor

    reactor = ProxiedReactor()
    installReactor(reactor)
    imported = {app: importlib.import_module(app) for app in apps}
    for app, module in imported.items():
        if not callable(getattr(module, "main", None)):
            raise ImportError(f"{app} has no main()")
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            pass  # part of an optional package that is not installed
    check_names(ProxiedReactor)
    if asyncio_reactor is not None:
        os.environ["SYNAPSE_ASYNC_IO_REACTOR"] = asyncio_reactor
    return imported, reactor


# A child that allocates in a page of this server's copies the page. So before the fork all gaps of these pages are
# filled with blocks that nobody uses or frees, and children begin with pages of their own.
def gaps_of_python():
    """Returns (size, count) of the free blocks in the pools in use, by a report that only goes to descriptor 2."""
    kept, report = os.dup(2), os.memfd_create("pools", os.MFD_CLOEXEC)
    try:
        os.dup2(report, 2)
        sys._debugmallocstats()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    with open(report, "rb") as file:
        file.seek(0)
        rows = [line.split() for line in file]  # class, size, pools, blocks in use, free blocks
    return [(int(row[1]), int(row[4])) for row in rows if len(row) == 5 and all(word.isdigit() for word in row)]


def gaps_of_jemalloc(control):
    """Returns (size, count) of the free blocks in the slabs of the one arena."""

    def told(name, kind):
        value, size = kind(), ctypes.c_size_t(ctypes.sizeof(kind))
        if control(name.encode(), ctypes.byref(value), ctypes.byref(size), None, ctypes.c_size_t(0)) != 0:
            raise ValueError(name)
        return value.value

    epoch = ctypes.c_uint64(1)
    control(b"epoch", None, None, ctypes.byref(epoch), ctypes.c_size_t(ctypes.sizeof(epoch)))  # counts anew
    gaps = []
    for at in range(told("arenas.nbins", ctypes.c_uint)):
        bin_of_arena = f"stats.arenas.0.bins.{at}"
        room = told(f"{bin_of_arena}.curslabs", ctypes.c_size_t) * told(f"arenas.bin.{at}.nregs", ctypes.c_uint32)
        free = room - told(f"{bin_of_arena}.curregs", ctypes.c_size_t)
        gaps.append((told(f"arenas.bin.{at}.size", ctypes.c_size_t), free))
    return gaps


def fill(gaps, allocate):
    allocate.argtypes, allocate.restype = [ctypes.c_size_t], ctypes.c_void_p
    for _ in range(2):  # looking for gaps makes and fills some itself
        for size, count in gaps():
            for _ in range(count):
                allocate(size)


def fill_gaps():
    program = ctypes.CDLL(None)
    try:
        fill(gaps_of_python, ctypes.pythonapi.PyObject_Malloc)
        if hasattr(program, "mallctl"):
            fill(lambda: gaps_of_jemalloc(program.mallctl), program.malloc)
            program.mallctl(b"arena.0.purge", None, None, None, ctypes.c_size_t(0))
    except (AttributeError, OSError, ValueError) as failure:  # another Python or jemalloc than those known here
        print(f"fork server: gaps in its memory are not filled, so that workers need more: {failure!r}", file=sys.stderr)


def share_objects(wanted):
    """Makes all objects immortal if that is wanted and possible. Returns some of them, for a trial."""
    if wanted == "no":
        return None
    why = immortal.unknown()
    if why is None:
        try:
            mark = immortal.load(os.path.join(os.path.dirname(immortal.__file__), LIBRARY))
        except (AttributeError, OSError) as failure:
            why = f"its library cannot be loaded: {failure}"
        else:
            return immortal.make_immortal(mark)
    if wanted == "yes":
        said = "the fork server cannot make its objects immortal, so that workers need more memory"
        print(f"{said}: {why}", file=sys.stderr)
    return None


def begin_anew(control, environment, why):
    """Immortal objects stay so. Without them this program must run once more, in the same process."""
    said = "the fork server begins anew, because a child had trouble with immortal objects"
    print(f"{said}: {why}", file=sys.stderr, flush=True)
    os.dup2(control.fileno(), 0)
    words = [word for word in sys.orig_argv[1:] if not word.startswith("--immortal=")]
    os.execve(sys.executable, [sys.executable, *words], environment)


def check_alone(control):
    """Threads and open descriptors would be shared by all children. If there are any, each child is started by exec."""
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        refuse(f"an import has started {threads - 1} threads")
    with os.scandir("/proc/self/fd") as found:
        for entry in found:
            target = os.readlink(entry.path)
            if int(entry.name) not in (1, 2, control.fileno()) and target.startswith(("socket:", "anon_inode:", "pipe:")):
                refuse(f"an import has opened {target}")


def notify(text):
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.sendto(text, path)


def receive(control):
    """Returns the next request, or None when synlua has ended."""
    size = array.array("i").itemsize
    message, ancillary, flags, _ = control.recvmsg(REQUEST_MAX, socket.CMSG_SPACE(8 * size))
    descriptors = []
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            received = array.array("i")
            received.frombytes(data[: len(data) - len(data) % size])
            descriptors.extend(received)
    return message, descriptors, flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)


def fork_twice(ready, keep):
    """Returns 0 in the new process, which leads a session and whose parent is synlua. Here it returns the pid, and
    `ready` is closed in any case."""
    try:
        middle = os.fork()
    except OSError:
        os.close(ready)
        raise
    if middle == 0:
        try:
            if os.fork() != 0:
                os._exit(0)
            os.setsid()
            os.write(ready, b"%d" % os.getpid())
        except OSError:
            os._exit(1)
        return 0
    os.waitpid(middle, 0)
    os.close(ready)
    pid = os.read(keep, 32)
    if not pid:
        raise Refused("no it could not fork")
    return int(pid)


def serve_one(control, message, descriptors, origin, apps):
    """Returns None here, and the request in the new process."""
    keep = -1
    try:
        request = Request(message, descriptors)
        origin.check(request, apps)
        keep, ready = os.pipe()
        pid = fork_twice(ready, keep)
        if pid == 0:
            return request
        answer = f"pid {pid}"
    except Refused as refused:
        answer = str(refused)
    except (OSError, ValueError) as failure:
        answer = f"no {failure}"
    finally:
        if keep >= 0:
            os.close(keep)
    for descriptor in descriptors:
        os.close(descriptor)
    control.send(answer.encode(errors="surrogateescape")[:1000])
    return None


def serve(control, origin, apps):
    """Returns only in a child, with its request."""
    while True:
        message, descriptors, cut = receive(control)
        if not message:
            os._exit(0)  # synlua has ended
        if cut:
            message = b""
        request = serve_one(control, message, descriptors, origin, apps)
        if request:
            return request


def show_as(name, argv):
    """Sets what ps shows: the short name and the command line. The kernel keeps the arguments and the environment at
    the top of the stack. Python has read both at its start, so they can be overwritten."""
    try:
        with open("/proc/self/comm", "wb") as comm:
            comm.write(os.fsencode(name)[:15])
        with open("/proc/self/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        begin, end, environment_end = int(fields[45]), int(fields[46]), int(fields[48])
        text = b"".join(os.fsencode(word) + b"\0" for word in argv)
        if len(text) > end - begin:  # the kernel reads on into the environment only if no NUL ends the arguments
            text = text[:-1].replace(b"\0", b" ")[: environment_end - begin - 1]
            end = environment_end
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            memory.seek(begin)
            memory.write(text.ljust(end - begin, b"\0"))
    except (OSError, IndexError, ValueError):
        pass  # without access to /proc, ps shows the process as the fork server


def set_limits(request):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = request.open_files
    if wanted > 0 and wanted != soft:
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if request.mark > 0:
        try:
            resource.setrlimit(resource.RLIMIT_RTTIME, (request.mark, resource.getrlimit(resource.RLIMIT_RTTIME)[1]))
        except (OSError, ValueError):
            pass  # processes that it leaves behind are then ended at the stop
    if request.oom_score_adj != 0:
        try:
            with open("/proc/self/oom_score_adj", "r+", encoding="ascii") as file:
                file.write(str(request.oom_score_adj))
        except OSError:
            pass  # a failure is ignored: few containers allow it


def follow(parent, death_signal):
    """Makes the process end with synlua, like its other children."""
    if death_signal > 0:
        PRCTL(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)


def become(request, parent):
    """Turns a copy of this server into the process that exec would have made, apart from its imports."""
    if not os.read(request.go, 1):
        os._exit(0)
    null = os.open("/dev/null", os.O_RDONLY)
    if request.question is not None:
        null = request.question
    for descriptor, target in ((null, 0), (request.out, 1), (request.err, 2)):
        os.dup2(descriptor, target)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    follow(parent, request.death_signal)
    os.chdir(request.directory)
    set_limits(request)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    show_as(request.name, request.argv)


def install_reactor(reactor):
    """Installs the reactor that Synapse would have chosen."""
    from synapse.util.stringutils import strtobool

    if strtobool(os.environ.get("SYNAPSE_ASYNC_IO_REACTOR", "0")):
        import asyncio
        from twisted.internet.asyncioreactor import AsyncioSelectorReactor

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        reactor._install_real_reactor(AsyncioSelectorReactor(loop))
    else:
        from twisted.internet.epollreactor import EPollReactor

        reactor._install_real_reactor(EPollReactor())


def answer():
    """Runs the program of a question, as `python -c` would: it writes no compiled files."""
    program, question = os.pread(0, os.fstat(0).st_size, 0).split(b"\0", 1)
    sys.dont_write_bytecode = True
    names = {"__name__": "check_config"}
    exec(compile(program, "check_config.py", "exec"), names)
    names["main"](question)


def main():
    environment, words = dict(os.environ), sys.argv[1:]
    wanted = words.pop(0).partition("=")[2] if words[0].startswith("--immortal=") else "no"
    at = words.index("--") if "--" in words else len(words)
    apps, modules = words[:at], words[at + 1 :]
    parent = os.getppid()
    control = socket.socket(fileno=fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3))
    null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(null, 0)
    os.close(null)
    sys.path[0] = os.getcwd()  # as with -m
    # Imports leave little garbage, and each child would copy the pages whose gaps it fills. To collect it once before the
    # fork would take a quarter of a second for a megabyte.
    gc.disable()
    notify_socket, origin = os.environ.get("NOTIFY_SOCKET"), Origin()
    imported, reactor = import_everything(apps, modules)
    check_alone(control)
    shared = share_objects(wanted)
    gc.freeze()
    trial = shared and immortal.begin_trial(shared)  # on another processor
    origin.note()
    fill_gaps()
    gc.freeze()
    failure = trial and immortal.failure_of(trial)
    if failure:
        begin_anew(control, environment, failure)
    if notify_socket:
        os.environ["NOTIFY_SOCKET"] = notify_socket
        notify(b"READY=1")
    request = serve(control, origin, imported)
    control.close()  # synlua must see its end when the server ends
    become(request, parent)
    sys.modules["synapse.app._base"].sdnotify_sockaddr = os.environ.get("NOTIFY_SOCKET")
    install_reactor(reactor)
    if request.question is not None:
        answer()
        return
    app = imported[request.argv[2]]
    sys.argv = [app.__file__, *request.argv[3:]]
    sys.orig_argv = list(request.argv)
    gc.enable()
    app.main()


if __name__ == "__main__":
    main()
