# Python reads this at its start, as lua/plan/process/modules.lua says. The admin's own modules come after everything that
# Synapse was installed with.
import os
import site
import sys

for place in os.environ.get("SYNLUA_PYTHON_PATH", "").split(":"):
    if place:
        site.addsitedir(place)
# To import such a module fails as if it were not installed.
for name in os.environ.get("SYNLUA_PYTHON_WITHOUT", "").split(","):
    if name:
        sys.modules[name] = None
