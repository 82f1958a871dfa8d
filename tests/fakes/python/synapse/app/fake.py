"""An app that does what tests/fakes/service.py says, and of its own:

facts:PATH  writes what it finds itself to be     fail:TEXT  raises an exception     leave:TEXT  sys.exit(TEXT)
"""

import os
import resource
import runpy
import sys

import synapse.app._base

SERVICE = os.path.join(os.path.dirname(__file__), *[os.pardir] * 3, "service.py")


def status(*names):
    with open("/proc/self/status", encoding="ascii") as file:
        return [line.split(None, 1) for line in file if line.partition(":")[0] in names]


def facts(path):
    lines = [
        f"argv {sys.argv} {sys.orig_argv}",
        f"directory {os.getcwd()}, path begins with {sys.path[0]}",
        f"environment {sorted(os.environ.items())}",
        f"notify {synapse.app._base.sdnotify_sockaddr}",
        f"leader {os.getsid(0) == os.getpid()}, stdin {os.readlink('/proc/self/fd/0')}",
        f"status {status('Umask', 'Uid', 'Gid', 'Groups', 'SigBlk', 'SigIgn', 'SigCgt', 'NoNewPrivs', 'Threads')}",
        f"files {resource.getrlimit(resource.RLIMIT_NOFILE)}",
        f"descriptors {sorted(set(os.listdir('/proc/self/fd')) - {'3'})}",
    ]
    with open("/proc/self/oom_score_adj", encoding="ascii") as file:
        lines.append("adjust " + file.read().strip())
    with open("/proc/self/cmdline", "rb") as file:
        lines.append(f"shown as {file.read().rstrip(bytes(1)).replace(bytes(1), b' ')}")
    with open(path + ".new", "w", encoding="utf-8") as to:
        to.write("\n".join(lines) + "\n")
    os.rename(path + ".new", path)


def fail(text):
    raise RuntimeError(text)


OWN = {"facts": facts, "fail": fail, "leave": sys.exit}


def main():
    words, theirs = sys.argv[1:], []
    for word in words:
        action, _, value = word.partition(":")
        if action in OWN:
            OWN[action](value)
        else:
            theirs.append(word)
    sys.argv[1:] = theirs
    runpy.run_path(SERVICE)


if __name__ == "__main__":
    main()
