"""Starts a command and ends it by a signal once it has written "up": interrupt.py TERM|INT COMMAND...
With UP_FIFO, somebody else writes that into this FIFO: a child whose lines the command does not show.

The command leads a session, and its whole group gets the signal, as at a terminal; below `unshare` only the PID 1 in there
does. Prints the status that a shell would show, or "still there" with all that was written.
"""

import os
import signal
import subprocess
import sys

DEADLINE = 20
number = getattr(signal, "SIG" + sys.argv[1])
signal.signal(signal.SIGALRM, lambda *_: sys.exit("it never was up"))
signal.alarm(40)


def only_child(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return int(file.read().split()[0])


command = subprocess.Popen(sys.argv[2:], start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
said_by = command.stdout.fileno()
if "UP_FIFO" in os.environ:
    said_by = os.open(os.environ["UP_FIFO"], os.O_RDONLY)
written = b""
while b"up" not in written:
    part = os.read(said_by, 65536)
    written += part
    if not part:
        sys.exit(f"it ended: {written.decode()}")
if sys.argv[2] == "unshare":
    os.kill(only_child(command.pid), number)
else:
    os.killpg(command.pid, number)
try:
    status = command.wait(DEADLINE)
    print(128 - status if status < 0 else status)
    status = None
except subprocess.TimeoutExpired:
    print("still there:", written.decode())
finally:
    try:
        os.killpg(command.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
