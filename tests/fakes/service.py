"""A service that does what its arguments say, one after the other; then it waits to be ended.

say:TEXT      a line            part:TEXT   text without a newline     long:N      one line of N bytes
flood:N       N lines of 1000 bytes         ready       tells READY=1 (twice does no harm)
lines:N       N numbered lines of 115 bytes, many at a time
await:PATH    goes on when the file exists  touch:PATH  makes a file
ignore:NAME   ignores a signal              orphan:PATH leaves a sleeping grandchild and its pid in PATH
escape:PATH   the same in a session of its own          corpse:N    leaves N grandchildren that end at once
exit:N        ends                          kill:NAME   a signal to itself
serve:PATH    answers HTTP on that socket from now on                spin        uses the processor from now on
measure:PATH  answers there with one metric
count:N       N numbered lines "NAME N"     pid:PATH    writes its pid there
lock:PATH     locks the file, as long as anything lives that it starts; where another has the lock it says so and ends
of:PATH       nothing; says whose process it is
"""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import threading
import time


def write(text):
    os.write(1, text.encode())


def lines(count):
    for first in range(1, count + 1, 500):
        numbers = range(first, min(first + 500, count + 1))
        data = b"".join(b"number %d " % at + b"x" * (106 - len(str(at))) + b"\n" for at in numbers)
        while data:
            data = data[os.write(1, data):]


def ready():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(b"STATUS=up\nREADY=1\n", os.environ["NOTIFY_SOCKET"])


def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)


def touch(path):
    with open(path, "a", encoding="ascii"):
        pass


def grandchild(path, escape):
    """Forks twice, so that the one who sleeps has lost its parent."""
    if os.fork() == 0:
        waits, goes_on = os.pipe()
        pid = os.fork()
        if pid == 0:
            if escape:
                os.setsid()
            os.close(waits)
            os.close(goes_on)
            rest()
        os.close(goes_on)
        os.read(waits, 1)  # until it has its session: what is killed before is still of the service's group
        if path:
            with open(path + ".new", "w", encoding="ascii") as file:
                file.write(str(pid))
            os.rename(path + ".new", path)
        os._exit(0)
    os.wait()


def corpses(count):
    """Processes that end only after their parent, so that somebody else has to collect them."""
    for _ in range(count):
        if os.fork() == 0:
            if os.fork() == 0:
                time.sleep(0.05)
            os._exit(0)
    for _ in range(count):
        os.wait()


def count_up(count):
    name = os.urandom(6).hex()  # a pid would come again
    text = "".join(f"{name} {n}\n" for n in range(count)).encode()
    while text:
        text = text[os.write(1, text[:65536]):]


def tell_pid(path):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    os.rename(path + ".new", path)


def serve(path, text=b"HTTP/1.1 204 No Content\r\n\r\n"):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)  # a real nginx is another user
    listener.listen(16)

    def answer():
        while True:
            with listener.accept()[0] as connection, contextlib.suppress(OSError):  # who asked may have gone
                connection.recv(4096)
                connection.sendall(text)

    threading.Thread(target=answer, daemon=True).start()


def measure(path):
    serve(path, b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nfake_up 1\n")


def spin():
    while True:
        pass


def lock(path):
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        write("another has the lock\n")
        os._exit(1)


def rest():
    while True:
        signal.pause()


ACTIONS = {
    "of": lambda _: None,
    "say": lambda text: write(text + "\n"),
    "part": write,
    "long": lambda count: write("x" * int(count) + "\n"),
    "flood": lambda count: [write("y" * 999 + "\n") for _ in range(int(count))],
    "lines": lambda count: lines(int(count)),
    "ready": lambda _: ready(),
    "serve": serve,
    "measure": measure,
    "spin": lambda _: spin(),
    "count": lambda count: count_up(int(count)),
    "pid": tell_pid,
    "lock": lock,
    "await": wait_for,
    "touch": touch,
    "ignore": lambda name: signal.signal(getattr(signal, "SIG" + name), signal.SIG_IGN),
    "orphan": lambda path: grandchild(path, False),
    "escape": lambda path: grandchild(path, True),
    "corpse": lambda count: corpses(int(count)),
    "exit": lambda status: os._exit(int(status)),
    "kill": lambda name: os.kill(os.getpid(), getattr(signal, "SIG" + name)),
}

for word in sys.argv[1:]:
    action, _, value = word.partition(":")
    ACTIONS[action](value)
rest()
