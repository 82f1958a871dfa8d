"""Makes the objects of the fork server immortal, so that its children share the pages in which these objects lie.

Python counts the references to an object in the object itself. A child that only looks at an object of the fork server
therefore writes to it, and the kernel copies the page for that child. Python 3.12 and 3.13 know objects that are never
freed, and leave their counts alone (PEP 683). Such a count has all of its low 32 bits set: Py_INCREF does nothing where
the sum would be zero, and Py_DECREF does nothing where these bits are a negative number (Include/object.h).

CPython does not promise that every object may be made immortal. So this is done only where the version and the place of
the count are known, and nobody relies on it before a child has tried it. ARCHITECTURE.md says what is promised.
"""

import collections
import ctypes
import gc
import itertools
import json
import operator
import os
import signal
import sys
import weakref

IMMORTAL = 0xFFFFFFFF  # _Py_IMMORTAL_REFCNT
VERSIONS = ((3, 12), (3, 13))  # each version has its own rules: the count of 3.14 is another one
HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE, Include/object.h: only such a type keeps its names as objects
BATCH = 1000  # the objects found for one batch are marked before the next, so few are found twice
SAMPLE = 500
TRIAL_SECONDS = 60
TURNS = 3

CodeType = type((lambda: None).__code__)
parts_of_code = operator.attrgetter("co_consts", "co_names", "co_name", "co_qualname", "co_filename")
flags_of_type, name_of_type, qualname_of_type = (
    type.__dict__[name].__get__ for name in ("__flags__", "__name__", "__qualname__")  # a metaclass may have others
)
drain = collections.deque(maxlen=0).extend
chain = itertools.chain.from_iterable


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


def untold(things):
    """What these objects refer to without telling the collector: the parts of code objects, which have no tp_traverse
    (Objects/codeobject.c), keys that are strings (Objects/dictobject.c), and names of types (Objects/typeobject.c)."""
    kinds, told = set(map(type, things)), []
    dicts, types = ({kind for kind in kinds if issubclass(kind, base)} for base in (dict, type))
    if CodeType in kinds:
        told += chain(map(parts_of_code, [thing for thing in things if type(thing) is CodeType]))
    if dicts:
        told += chain(map(dict.keys, [thing for thing in things if type(thing) in dicts]))
    if types:
        own = [one for one in things if type(one) in types and flags_of_type(one) & HEAP_TYPE]
        told += [*map(name_of_type, own), *map(qualname_of_type, own)]
    return told


def make_immortal():
    """Every object that is there, and a few of them are returned. Each is marked while it is held here: an object that
    nobody holds may be freed. All loops over single objects run in C, or this would take seconds."""
    memory = (ctypes.c_uint32 * (1 << 45)).from_address(0)  # an index is an address divided by four

    def mark(things):
        places = map(operator.rshift, map(id, things), itertools.repeat(2))
        drain(map(memory.__setitem__, places, itertools.repeat(IMMORTAL)))

    sample, things = [], gc.get_objects()
    mark(things)
    while things:
        sample += things[:: len(things) // SAMPLE + 1]
        found = []
        for begin in range(0, len(things), BATCH):
            batch = things[begin : begin + BATCH]
            new = gc.get_referents(*batch) + untold(batch)
            new = list(itertools.compress(new, map(IMMORTAL.__ne__, map(sys.getrefcount, new))))
            mark(new)
            found += new
        things = found
    return sample


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


def failure_of_child(sample):
    """Forks a child that uses immortal objects and new ones, and then ends as any Python does. Returns what went wrong
    in it, or None."""
    report = os.memfd_create("trial", os.MFD_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        signal.alarm(TRIAL_SECONDS)
        os.dup2(report, 1)
        os.dup2(report, 2)
        try_objects(sample)
        sys.exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with open(report, encoding="utf-8", errors="replace") as file:
        file.seek(0)
        said = file.read().strip().rpartition("\n")[2]
    if code == 0 and said == "":
        return None
    return f"signal {-code} {said}".rstrip() if code < 0 else f"status {code} {said}".rstrip()
