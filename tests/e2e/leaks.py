"""Checks that no secret is in arguments, in the environment of other services, or in files that everybody may read.

Arguments: the pid of synlua; a file of the secrets, one per line; a file with the names of secrets that Synapse's
environment may hold; then the files and directories to search.
"""

import os
import stat
import sys

from descendants import descendants


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def lines(path):
    return [line for line in read(path).splitlines() if line]


def in_processes(pid, secrets, for_synapse):
    for one in descendants(pid):
        arguments = read(f"/proc/{one}/cmdline")
        environment = b"" if one == pid else read(f"/proc/{one}/environ")
        for secret in secrets:
            if secret in arguments:
                yield f"arguments of {one}: {arguments[:80]!r}"
            if secret in environment and not (secret in for_synapse and b"synapse.app." in arguments):
                yield f"environment of {one}: {arguments[:80]!r}"


def in_files(places, secrets):
    count = 0
    for place in places:
        walk = os.walk(place) if os.path.isdir(place) else [("", [], [place])]
        for directory, _, names in walk:
            for name in names:
                path = os.path.join(directory, name)
                mode = os.lstat(path).st_mode if os.path.lexists(path) else 0
                if stat.S_ISREG(mode) and (mode & stat.S_IROTH or directory == ""):
                    count += 1
                    content = read(path)
                    if any(secret in content for secret in secrets):
                        yield f"{path}: mode {stat.S_IMODE(mode):o}"
    if count == 0:
        yield "no file was looked at"


def main():
    secrets, for_synapse = lines(sys.argv[2]), lines(sys.argv[3])
    found = [*in_processes(int(sys.argv[1]), secrets, for_synapse), *in_files(sys.argv[4:], secrets)]
    for one in found:
        print(one)
    if found or len(secrets) < 10:
        sys.exit(1)
    print(f"ok - none of {len(secrets)} secrets in arguments, environments and files of {len(descendants(int(sys.argv[1])))} processes")


main()
