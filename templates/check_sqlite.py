# Tests an existing SQLite database once, before Synapse opens it: does it belong to this server, and were all of its
# tables made? Arguments: the file; the server's name. Synapse itself reports anything else that is wrong with the file.
import sqlite3
import sys
from urllib.parse import quote

CONFIGURATION = 78


def foreign_user(connection, server_name):
    ending = ":" + server_name
    found = connection.execute("SELECT name FROM users WHERE substr(name, ?) <> ? LIMIT 1", (-len(ending), ending)).fetchone()
    return found and found[0]


def is_unfinished(connection):
    """Synapse writes the schema's version after all tables. If it is interrupted before, it cannot go on later."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    begun = {"schema_version", "background_updates"} <= tables
    return begun and connection.execute("SELECT 1 FROM schema_version").fetchone() is None


def fault(path, server_name):
    connection = sqlite3.connect("file:%s?mode=ro" % quote(path), uri=True, timeout=1)
    if is_unfinished(connection):
        return "unfinished: the first start with the database %s was interrupted before all its tables were made" % path
    foreign = foreign_user(connection, server_name)
    return foreign and (
        "strange: the database %s has the user %s, not a user of %s: it belongs to another server, whose name cannot be"
        " changed" % (path, foreign, server_name)
    )


def main():
    try:
        found = fault(sys.argv[1], sys.argv[2])
    except sqlite3.Error:
        found = None
    if found:
        print(found)
    sys.exit(CONFIGURATION if found else 0)


main()
