"""Makes the objects of the fork server immortal, so that its children share the pages in which these objects lie.

Python counts the references to an object in the object itself. A child that only looks at an object of the fork server
therefore writes to it, and the kernel copies the page for that child. Python 3.12 and 3.13 know objects that are never
freed, and leave their counts alone (PEP 683). Such a count has all of its low 32 bits set: Py_INCREF does nothing where
the sum would be zero, and Py_DECREF does nothing where these bits are a negative number (Include/object.h).

The objects are found and marked by a small library, immortal.c.

CPython does not promise that every object may be made immortal. So this is done only where the version and the place of
the count are known, and nobody relies on it before a child has tried it. ARCHITECTURE.md says what is promised.
"""

import collections
import ctypes
import gc
import json
import os
import signal
import sys
import weakref

IMMORTAL = 0xFFFFFFFF  # _Py_IMMORTAL_REFCNT
VERSIONS = ((3, 12), (3, 13))  # each version has its own rules: the count of 3.14 is another one
SAMPLE = 500
TRIAL_SECONDS = 60
TURNS = 3

CodeType = type((lambda: None).__code__)
PARTS_OF_CODE = ("co_consts", "co_names", "co_name", "co_qualname", "co_filename")


def unknown():
    """Why the rules above do not hold for this Python, or None."""
    version = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
    if sys.implementation.name != "cpython" or sys.version_info[:2] not in VERSIONS:
        return f"it knows the immortal objects of cpython 3.12 and 3.13, and this is {version}"
    if sys.version_info.releaselevel != "final" or sys.abiflags or hasattr(sys, "gettotalrefcount"):
        return f"this is a special build of {version}, in which objects may look different"
    if sys.maxsize != (1 << 63) - 1 or sys.byteorder != "little":
        return "numbers have another size or order of bytes here than it knows"
    counts, probe = (ctypes.c_size_t * (1 << 44)).from_address(0), []
    place = id(probe) >> 3
    before = counts[place]
    references = [probe] * 1000
    if counts[place] - before != len(references) or counts[id(None) >> 3] != sys.getrefcount(None) != IMMORTAL:
        return "an object's count of references is not where it should be"
    return None


def load(path):
    """The function of the library. It is loaded from memory: its directory may be mounted without the right to execute
    (noexec). Raises OSError where that cannot be."""
    with open(path, "rb") as file, open(os.memfd_create("immortal", os.MFD_CLOEXEC), "wb", buffering=0) as memory:
        memory.write(file.read())
        mark = ctypes.PyDLL(f"/proc/self/fd/{memory.fileno()}").immortal_mark  # which holds the lock of this Python
    mark.restype, mark.argtypes = ctypes.c_long, [ctypes.py_object] * 3
    return mark


def make_immortal(mark):
    """Every object that is there, and a few of them are returned."""
    things = gc.get_objects()
    if mark(things, CodeType, PARTS_OF_CODE) < 0:
        raise MemoryError("not all objects could be made immortal")
    sample = things[:: len(things) // SAMPLE + 1]
    return sample + gc.get_referents(*sample)


def need(holds, what):
    """Unlike assert, it also looks with PYTHONOPTIMIZE."""
    if not holds:
        raise AssertionError(what)


def use_new_objects():
    """Makes objects of a child's own of every common kind, which refer to immortal ones, and lets go of them."""

    class Own(collections.OrderedDict, metaclass=type(collections.abc.Mapping)):
        def __init__(self, other):
            super().__init__(json=json, own=self, gc=gc)
            self.__dict__.update(other=other, call=lambda: (other, self))

    one, text = Own(None), "own text of a child" * len(sys.argv)
    one.other = Own(one)
    content = {text: [text, 10**30, 1.5, None]}
    need(json.loads(json.dumps(content)) == content, "JSON is not read as it was written")
    need(sys.intern("".join(["coll", "ections"])) is sys.intern("collections"), "strings are interned twice")
    names = {}
    exec(compile("def made(a, *, b=len):\n return [a, b, made]\n", "own", "exec"), names)
    need(names["made"](text) == [text, len, names["made"]], "a new function returns something else")
    try:
        raise ValueError(one, one.call())
    except ValueError as error:
        gone = [weakref.ref(error.__traceback__.tb_frame.f_locals["one"]), weakref.ref(Own), weakref.ref(names["made"])]
    return gone


def try_objects(sample):
    """In a child. Raises where objects do not behave."""
    blocks = []
    for _ in range(TURNS):
        gone = use_new_objects()
        gc.collect()
        need([one() for one in gone] == [None] * len(gone), "objects of a child are not freed")
        blocks.append(sys.getallocatedblocks())
    need(blocks[-1] - blocks[-2] < 20, f"a child loses memory: {blocks}")
    for _ in range(TURNS):
        references = sample * 10
        del references
    counts = set(map(sys.getrefcount, sample))
    need(counts == {IMMORTAL}, f"objects are not immortal: {sorted(counts)}")


def begin_trial(sample):
    """Forks a child that uses immortal objects and new ones, and then ends as any Python does."""
    report = os.memfd_create("trial", os.MFD_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        signal.alarm(TRIAL_SECONDS)
        os.dup2(report, 1)
        os.dup2(report, 2)
        try_objects(sample)
        sys.exit(0)
    return pid, report


def failure_of(trial):
    """Waits for the child of a trial. Returns what went wrong in it, or None."""
    pid, report = trial
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with open(report, encoding="utf-8", errors="replace") as file:
        file.seek(0)
        said = file.read().strip().rpartition("\n")[2]
    if code == 0 and said == "":
        return None
    return f"signal {-code} {said}".rstrip() if code < 0 else f"status {code} {said}".rstrip()
