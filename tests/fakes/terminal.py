"""Runs a command on a terminal of its own and types an answer to each question: terminal.py ANSWER... -- COMMAND...

An answer is typed once the next "Password: " stands there; ^D is the end of input, and ^C the interrupt. Prints what the
command wrote, and its status in the last line.
"""

import os
import pty
import select
import sys
import time

at = sys.argv.index("--")
answers, command = sys.argv[1:at], sys.argv[at + 1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
written, seen, ends = b"", 0, time.monotonic() + 60
while time.monotonic() < ends:
    if answers and written.lower().find(b"password: ", seen) >= 0:
        seen = len(written)
        os.write(terminal, {"^D": b"\x04", "^C": b"\x03"}.get(answers[0], answers[0].encode() + b"\n"))
        answers.pop(0)
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        part = os.read(terminal, 65536)
    except OSError:
        part = b""
    if not part:
        break
    written += part
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(written.decode(errors="replace").replace("\r", ""))
print(f"status {status}")
