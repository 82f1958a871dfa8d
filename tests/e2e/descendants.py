"""Finds every process below another one."""

import os


def parents():
    """pid -> (state letter, parent) of all there are."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(name)] = (fields[0], int(fields[1]))
    return found


def descendants(pid):
    """Itself first."""
    children = {}
    for one, (_, parent) in parents().items():
        children.setdefault(parent, []).append(one)
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found
