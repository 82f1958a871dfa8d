"""Checks what a benchmark needs beside synlua, so that a missing program is reported at once and not by a traceback."""

import os
import shutil
import sys

PACKAGES = {
    "cc": "gcc", "curl": "curl", "lua5.4": "lua5.4", "mawk": "mawk", "mtail": "mtail", "nginx": "nginx-core",
    "s6-log": "s6", "supervisord": "supervisor", "wrk": "wrk",
}


def needs(root, *programs):
    """Ends the benchmark where a program, or the built synlua, is missing, and says what to install."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    missing = [name for name in programs if shutil.which(name, path=path) is None]
    if missing:
        packages = " ".join(sorted({PACKAGES[name] for name in missing}))
        sys.exit(f"{sys.argv[0]}: {', '.join(missing)} missing; install them: apt-get install --no-install-recommends {packages}")
    if not os.path.exists(os.path.join(root, "build/synlua")):
        sys.exit(f"{sys.argv[0]}: build/synlua is missing; build it: make")
