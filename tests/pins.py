"""pins.py FILE: checks that a list of pinned packages is the whole environment on every supported Python.
pins.py --make FILE [ROOT...]: makes that list anew, in a fresh virtual environment. `make requirements` runs it.

FILE names its roots, what is wanted for itself, in lines that begin with "# root: ". The check runs in the environment
that was made from FILE. It asks three things. Is exactly what is pinned installed here? Is everything pinned that the
roots need on each Python and kind of machine, in a version that fits, by what the packages say of themselves? And is
everything needed that is pinned?
"""

import os
import re
import subprocess
import sys
import tempfile
from importlib import metadata

from pip._vendor.packaging.markers import default_environment
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.specifiers import SpecifierSet
from pip._vendor.packaging.utils import canonicalize_name

PYTHONS = {"3.11": "Debian 12", "3.13": "Debian 13"}
MACHINES = ("x86_64", "aarch64")
ROOT = "# root: "
# What makes a virtual environment, and is in it before anything is installed.
OWN = {"pip", "setuptools", "wheel"}


class Pins:
    """One file: its comment, its roots, and the requirement of each line by the package's name."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.comment = [line for line in lines if line.startswith("#")]
        self.roots = [Requirement(line[len(ROOT):]) for line in lines if line.startswith(ROOT)]
        found = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
        self.pinned = {canonicalize_name(one.name): one for one in found}


def environments():
    for python in PYTHONS:
        for machine in MACHINES:
            yield dict(default_environment(), python_version=python, python_full_version=python + ".0",
                       platform_machine=machine, extra="")


def applies(requirement, environment, extras=("",)):
    return requirement.marker is None or any(
        requirement.marker.evaluate(dict(environment, extra=extra)) for extra in extras)


def installed():
    return {canonicalize_name(one.metadata["Name"]): one for one in metadata.distributions()}


def closure(roots, environment, here):
    """Everything that the roots need there: (requirement, who asks), in the order in which it is found."""
    waiting = [(root, "the roots") for root in roots if applies(root, environment)]
    seen, found = set(), []
    while waiting:
        requirement, who = waiting.pop(0)
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        found.append((requirement, who))
        if (name, extras) in seen or name not in here:
            continue
        seen.add((name, extras))
        for text in here[name].requires or []:
            needed = Requirement(text)
            if applies(needed, environment, {"", *extras}):
                waiting.append((needed, here[name].metadata["Name"]))
    return found


def check_here(pins, here):
    environment = dict(default_environment(), extra="")
    wanted = {name for name, pin in pins.pinned.items() if applies(pin, environment)}
    for name in sorted(wanted - set(here)):
        yield f"{name} is pinned and not installed here"
    for name in sorted(set(here) - wanted - OWN):
        yield f"{name} {here[name].version} is installed here and not pinned"
    for name in sorted(wanted & set(here)):
        if here[name].version not in pins.pinned[name].specifier:
            yield f"{name} is {here[name].version} here, and pinned as {pins.pinned[name].specifier}"


def check_there(pins, here, environment, needed):
    where = "Python {python_version}, {platform_machine}: ".format(**environment)
    for requirement, who in closure(pins.roots, environment, here):
        name = canonicalize_name(requirement.name)
        pin = pins.pinned.get(name)
        needed.add(name)
        if pin is None or not applies(pin, environment):
            yield f"{where}{who} needs {requirement}, which is not pinned"
            continue
        version = str(pin.specifier).lstrip("=")
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"{where}{who} needs {requirement}, and {version} is pinned"
        python = here[name].metadata.get("Requires-Python") if name in here else None
        if python and environment["python_full_version"] not in SpecifierSet(python):
            yield f"{where}{name} {version} wants Python {python}"


def problems(pins):
    here, needed = installed(), set()
    found = list(check_here(pins, here))
    for environment in environments():
        found += check_there(pins, here, environment, needed)
    found += [f"{name} is pinned, and nothing needs it" for name in sorted(set(pins.pinned) - needed)]
    return list(dict.fromkeys(found))


def check(path):
    pins = Pins(path)
    found = problems(pins)
    for one in found:
        print(f"not ok - {path}: {one}")
    if not found:
        names = " and ".join(f"{python} ({release})" for python, release in PYTHONS.items())
        print(f"ok - {path}: {len(pins.pinned)} packages are all that Python {names} need")
    else:
        print("make requirements makes the list anew")
    return bool(found)


def install(wanted, kept):
    """Installs it, in the versions that are pinned already where they do."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{one}\n" for one in kept))
        file.flush()
        subprocess.run([sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check",
                        "--progress-bar", "off", "-c", file.name, *map(str, wanted)], check=True)


def line_of(name, distribution, needs):
    """One line of the file, with a marker where not every environment needs it."""
    spelt, version = distribution.metadata["Name"], distribution.version
    there = [environment for environment, names in needs if name in names]
    line = f"{spelt}=={version}"
    for key, all_of in (("python_version", list(PYTHONS)), ("platform_machine", list(MACHINES))):
        some = sorted({environment[key] for environment in there})
        if len(some) < len(all_of):
            line += "; " + " or ".join(f'{key} == "{one}"' for one in some)
            break
    return line


def make(path, given):
    """What is pinned stays as it is where the roots allow it; with UPGRADE=yes everything may be newer."""
    pins = Pins(path)
    new = {canonicalize_name(Requirement(one).name): Requirement(one) for one in given}
    roots = [new.get(canonicalize_name(root.name), root) for root in pins.roots]
    named = {canonicalize_name(root.name) for root in roots}
    kept = [] if os.environ.get("UPGRADE") == "yes" else [
        pin for name, pin in pins.pinned.items() if name not in named]
    wanted = roots
    while wanted:
        install(wanted, kept)
        here = installed()
        needs = [(environment, {canonicalize_name(one.name): one for one, _ in closure(roots, environment, here)})
                 for environment in environments()]
        # A package that only another Python needs is installed too: what it needs itself must be known.
        missing = {name: one for _, names in needs for name, one in names.items() if name not in here}
        wanted = [re.sub(r"\s*;.*", "", str(one)) for one in missing.values()]
    names = sorted({name for _, found in needs for name in found}, key=lambda name: here[name].metadata["Name"].lower())
    spelt = iter(roots)
    comment = [ROOT + str(next(spelt)) if line.startswith(ROOT) else line for line in pins.comment]
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in comment + [line_of(name, here[name], needs) for name in names]))
    os.replace(path + ".new", path)
    return 0


if __name__ == "__main__":
    sys.exit(make(sys.argv[2], sys.argv[3:]) if sys.argv[1] == "--make" else check(sys.argv[1]))
