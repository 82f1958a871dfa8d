"""fork_gaps.py PYTHON: checks that the fork server, with the real Synapse, fills the gaps in the pages that its children
share, and that it goes on where it cannot count them."""

import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = os.path.join(HERE, "../../core/process")

# Prints by how many KB a forked child grows that takes some blocks of each size from Python or from the C library.
GROWTH = """
import ctypes, gc, os, sys
sys.path.insert(0, sys.argv[1])
gc.disable()
import forkserver, synapse.app.homeserver
gc.collect()
if sys.argv[2] == "fill":
    forkserver.fill_gaps()
allocate = ctypes.pythonapi.PyObject_Malloc if sys.argv[3] == "Python" else ctypes.CDLL(None).malloc
allocate.argtypes, allocate.restype = [ctypes.c_size_t], ctypes.c_void_p
def own():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private"))
if os.fork() == 0:
    for _ in range(2):
        before = own()
    for size in range(16, 513, 16) if sys.argv[3] == "Python" else range(640, 3585, 128):
        for _ in range(20 if sys.argv[3] == "Python" else 2):
            ctypes.memset(allocate(size), 1, size)
    print(own() - before, flush=True)
    os._exit(0)
os.wait()
"""

UNKNOWN = """
import sys
sys.path.insert(0, sys.argv[1])
import forkserver
del sys._debugmallocstats
forkserver.fill_gaps()
"""


def run(python, program, environment, *words):
    done = subprocess.run([python, "-c", program, SERVER, *words], env={"PATH": "/usr/bin:/bin", **environment},
                          capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


def main():
    python = sys.argv[1]
    libraries = glob.glob("/usr/lib/*/libjemalloc.so.2")
    assert libraries, "install libjemalloc2"
    preload = {"LD_PRELOAD": libraries[0], "MALLOC_CONF": "narenas:1,tcache:false"}
    for allocator, environment in (("Python", {}), ("Python", preload), ("jemalloc", preload)):
        left, filled = (int(run(python, GROWTH, environment, how, allocator)[0]) for how in ("leave", "fill"))
        print(f"{allocator}: a child grows by {left} KB, and by {filled} KB where gaps are filled")
        assert filled < left * 2 / 3, "gaps are left"
    out, err = run(python, UNKNOWN, {})
    assert out == "" and err.startswith("fork server: gaps in its memory are not filled"), (out, err)
    assert "Traceback" not in err, err


if __name__ == "__main__":
    main()
