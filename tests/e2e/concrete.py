"""Makes concrete paths that a servlet's regular expression matches: each branch of each alternative, with and without
the optional parts."""

import itertools
import re

try:
    from re import _constants as constants, _parser as parser
except ImportError:
    import sre_constants as constants
    import sre_parse as parser

# Values of named groups; rooms of both kinds of id, since version 12 ids have no colon. A slash in a name is encoded.
SLASH = "slash%2Fin"
VALUES = {
    "room_id": ["!room:example.org", "!v12_room-id", f"!{SLASH}:example.org"],
    "room_identifier": ["!room:example.org", "%23alias%3Aexample.org"],
    "room_alias": ["%23alias%3Aexample.org", "%23with%2Fslash%3Aexample.org"],
    "user_id": ["%40user%3Aexample.org", f"%40{SLASH}%3Aexample.org"],
    "event_id": ["%24event", "%24old%2Fevent"],
    "path": [],
}


def of_items(items, names, name=None):
    parts = [list(of_item(operation, argument, names, name)) for operation, argument in items]
    return ["".join(choice) for choice in itertools.product(*parts)]


def of_item(operation, argument, names, name):
    if operation is constants.LITERAL:
        return [chr(argument)]
    if operation is constants.ANY:
        return ["."]  # mostly one that was meant
    if operation in (constants.NOT_LITERAL, constants.IN):
        return ["x"]
    if operation is constants.AT:
        return [""]
    if operation is constants.BRANCH:
        return [path for branch in argument[1] for path in of_items(branch, names)]
    if operation is constants.SUBPATTERN:
        name = names.get(argument[0])
        return of_items(argument[3], names, name)
    if operation in (constants.MAX_REPEAT, constants.MIN_REPEAT):
        low, high, inner = argument
        if high == 1:
            return [""] * (low == 0) + of_items(inner, names)
        return VALUES.get(name) or [f"a{name or 'value'}"]
    raise ValueError(f"{operation} is not known here")


def paths(pattern):
    """Some of the paths that match, as they stand in a request."""
    compiled = re.compile(pattern)
    names = {index: name for name, index in compiled.groupindex.items()}
    found = []
    for path in of_items(parser.parse(pattern), names):
        if compiled.match(path) and path not in found:
            found.append(path)
    if not found:
        raise ValueError(f"no path was found for {pattern}")
    return found
