"""The table of what each user may do with each path, with the reasons; see matrix."""

import fnmatch
import os

USERS = ("synapse", "www-data", "redis", "postgres")
OPERATIONS = ("read", "write", "rename", "unlink", "link over it", "replace its directory", "FIFO in its place")
# A socket is "read" and "written" by connecting, a directory by listing it and by making something in it.
READING, INSIDE, ALL = {"read"}, {"read", "write"}, set(OPERATIONS)

# What each user may do. The first rule that fits counts, and everything without a rule is forbidden. A path is relative to
# its area; ("runtime", "nginx*") is nginx's directory and all below it.
#        area       path                      users and what they may      why
RULES = [
    ("data", "postgres", {"postgres": INSIDE}, "PostgreSQL's own, at a name that is not its own"),
    ("data", "postgres/*", {"postgres": ALL}, "PostgreSQL's own cluster"),
    ("data", "tls/cert.pem", {name: READING for name in USERS}, "a certificate is public"),
    ("data", "tls/*.pem", {"www-data": READING}, "nginx ends TLS"),
    ("data", "tls", {name: READING for name in USERS}, "names only"),
    ("data", "backup*", {}, "root's"),
    ("data", "synlua*", {name: READING for name in USERS}, "the admin's overrides: code, and no secret"),
    ("data", ".synlua.nginx/*", {"www-data": ALL}, "nginx's temporary files"),
    ("data", ".synlua.nginx", {"www-data": INSIDE}, "the directory of nginx's temporary files"),
    ("data", ".synlua.tmp*", {"synapse": ALL}, "what Synapse keeps for a moment"),
    ("data", ".synlua.*", {name: READING for name in USERS}, "records without secrets, root's"),
    ("data", "homeserver.yaml", {"synapse": READING}, "the admin's; Synapse reads it"),
    ("data", "*.d*", {"synapse": READING}, "the admin's"),
    ("data", "", {"synapse": INSIDE}, "root's with Synapse's group; others may only go through"),
    ("data", "*", {"synapse": ALL}, "Synapse's own data"),
    ("config", "tls.key", {}, "root's, beside the configuration"),
    ("config", "", {name: READING for name in USERS}, "names only, as the admin's modes say"),
    ("config", "homeserver.d", {name: READING for name in USERS}, "names only, as the admin's modes say"),
    ("config", "*.signing.key", {"synapse": INSIDE}, "Synapse's own key"),
    ("config", "*", {"synapse": READING}, "the admin's; Synapse reads it"),
    ("runtime", "", {name: READING for name in USERS}, "a way through; names only"),
    ("runtime", "nginx/tmp", {"www-data": INSIDE}, "the directory of nginx's temporary files"),
    ("runtime", "nginx/tmp/*", {"www-data": ALL}, "nginx's temporary files"),
    ("runtime", "nginx*", {"www-data": READING}, "nginx's configuration"),
    ("runtime", "redis/run/*", {"redis": ALL, "synapse": INSIDE}, "Redis's socket, for Synapse's group"),
    ("runtime", "redis/run", {"redis": INSIDE, "synapse": READING}, "the directory of that"),
    ("runtime", "redis*", {"redis": READING}, "Redis's configuration"),
    ("runtime", "postgres/run/*", {"postgres": ALL, "synapse": INSIDE}, "PostgreSQL's socket, for Synapse's group"),
    ("runtime", "postgres/run", {"postgres": INSIDE, "synapse": READING}, "the directory of that"),
    ("runtime", "postgres*", {"postgres": READING}, "PostgreSQL's configuration"),
    ("runtime", "sockets/*", {"synapse": ALL, "www-data": INSIDE}, "Synapse's sockets, for nginx's group"),
    ("runtime", "sockets", {"synapse": INSIDE, "www-data": READING}, "the directory of those"),
    ("runtime", "private/*", {"synapse": ALL}, "among Synapse's processes"),
    ("runtime", "private", {"synapse": INSIDE}, "the directory of that"),
    ("runtime", "synapse*", {"synapse": READING}, "Synapse's overlay"),
    ("runtime", "workers*", {"synapse": READING}, "configuration of workers"),
    ("runtime", "notify.sock", {name: INSIDE for name in USERS}, "each service says that it is ready"),
    ("runtime", "*", {}, "synlua's own: control socket, lock"),
]

# Of each directory of root's, names may be read and nothing made; a directory is "read" by listing it. One that others
# may enter and list tells no more than the program, which is public.
LISTING = {"redis", "postgres", "nginx", "synapse", "sockets", "workers"}


def rule(area, path, name):
    for in_area, pattern, users, why in RULES:
        if in_area == area and fnmatch.fnmatchcase(path, pattern):
            return users.get(name, set()), why
    return set(), "nobody's"


def own_or_public(area, path, name, operation):
    allowed, why = rule(area, path, name)
    if operation in allowed:
        return True, why
    # What is next to the user's own may go with its directory, where that is the user's.
    if operation == "replace its directory" and path:
        upper = os.path.dirname(path)
        return "rename" in rule(area, upper, name)[0], why
    if operation == "read" and area == "runtime" and path in LISTING:
        return True, "names only"
    return False, why
