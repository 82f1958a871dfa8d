"""Compares the memory of a child with that of the process that forked it, page by page."""

import collections
import os
import struct

PAGE = os.sysconf("SC_PAGE_SIZE")
PRESENT, FRAME = 1 << 63, (1 << 55) - 1
KINDS = [
    "one page for both", "copy, same bytes", "copy, 1 to 4 words", "copy, up to 64 words", "copy, more", "child only",
]


def mappings(pid):
    """(begin, end, name) of what can be written and belongs to this process alone."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as file:
        for line in file:
            fields = line.split(None, 5)
            if fields[1].startswith("rw") and fields[1].endswith("p"):
                begin, end = (int(word, 16) for word in fields[0].split("-"))
                yield begin, end, fields[5].strip() if len(fields) > 5 else "memory"


class Process:
    def __init__(self, pid):
        self.map = open(f"/proc/{pid}/pagemap", "rb", buffering=0)
        self.memory = open(f"/proc/{pid}/mem", "rb", buffering=0)

    def frames(self, begin, end):
        """The frame of each page, or None where there is none."""
        self.map.seek(begin // PAGE * 8)
        data = self.map.read((end - begin) // PAGE * 8)
        return [word & FRAME if word & PRESENT else None for (word,) in struct.iter_unpack("<Q", data)]

    def page(self, at):
        self.memory.seek(at)
        return self.memory.read(PAGE)


def changed(one, other):
    words = zip(struct.unpack(f"<{PAGE // 8}Q", one), struct.unpack(f"<{PAGE // 8}Q", other))
    return sum(left != right for left, right in words)


def kind(words):
    return KINDS[1 if words == 0 else 2 if words <= 4 else 3 if words <= 64 else 4]


def compare(server, child):
    """Yields (address, name of the mapping, kind, changed words) of each page of the child."""
    theirs, own = Process(server), Process(child)
    for begin, end, name in mappings(child):
        for at, (left, right) in enumerate(zip(theirs.frames(begin, end), own.frames(begin, end))):
            place = begin + at * PAGE
            if right is None:
                continue
            if left is None:
                yield place, name, KINDS[5], None
            elif left == right:
                yield place, name, KINDS[0], 0
            else:
                words = changed(theirs.page(place), own.page(place))
                yield place, name, kind(words), words


def show(server, child, every):
    """Prints MB by kind and mapping, and with `every` each page that is not shared."""
    sums = collections.defaultdict(collections.Counter)
    for place, name, what, words in compare(server, child):
        sums[os.path.basename(name)][what] += PAGE / (1 << 20)
        sums["all"][what] += PAGE / (1 << 20)
        if every and what != KINDS[0]:
            print(f"{place:x} {name} {what}" + (f" ({words} words)" if words is not None else ""))
    print(f"{'MB':24}" + "".join(f"{what:>22}" for what in KINDS))
    for name, counted in sorted(sums.items(), key=lambda item: -sum(item[1].values())):
        if sum(counted.values()) >= 0.1:
            print(f"{name[:23]:24}" + "".join(f"{counted[what]:22.1f}" for what in KINDS))
