# Python runs this file when it starts; lua/plan/process/modules.lua arranges that. The admin's own modules come after
# all packages that Synapse was installed with.
import os
import site
import sys

for place in os.environ.get("SYNLUA_PYTHON_PATH", "").split(":"):
    if place:
        site.addsitedir(place)
# Importing one of these modules fails as if it were not installed.
for name in os.environ.get("SYNLUA_PYTHON_WITHOUT", "").split(","):
    if name:
        sys.modules[name] = None
