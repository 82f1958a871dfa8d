"""no_fork.py SCRIPT ARGUMENT...: runs it in a process that cannot fork."""

import errno
import os
import runpy
import sys


def fork():
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


os.fork = fork
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
