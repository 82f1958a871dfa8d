# Asks an existing SQLite database whose it is, once, before Synapse opens it. Arguments: the file; the server's name.
# Whatever else is wrong with the file is Synapse's to say.
import sqlite3
import sys
from urllib.parse import quote

CONFIGURATION = 78


def foreign_user(path, server_name):
    connection = sqlite3.connect("file:%s?mode=ro" % quote(path), uri=True, timeout=1)
    ending = ":" + server_name
    return connection.execute("SELECT name FROM users WHERE substr(name, ?) <> ? LIMIT 1", (-len(ending), ending)).fetchone()


def main():
    try:
        foreign = foreign_user(sys.argv[1], sys.argv[2])
    except sqlite3.Error:
        foreign = None
    if foreign:
        print(
            "strange: the database %s has the user %s, not a user of %s: it belongs to another server, whose name cannot"
            " be changed" % (sys.argv[1], foreign[0], sys.argv[2])
        )
    sys.exit(CONFIGURATION if foreign else 0)


main()
