"""As the real one, this begins with what it imports."""

import yaml

print("user made with", yaml.__file__)
