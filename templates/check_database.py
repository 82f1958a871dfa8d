# Tests once whether Synapse can work with a PostgreSQL server outside. synlua tries again where waiting may help.
# Arguments: the number of connections that all processes together may open; a file that names a signing key which no
# database has confirmed yet; the file of the signing key; "confirmed" if the key may be new in any case; then Synapse's
# configuration files. The first word of each line tells synlua what kind of fault it is.
import os
import sys

import psycopg2
import yaml

OLDEST = 140000
WAITING, CONFIGURATION = 69, 78


def configuration(paths):
    merged = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            merged.update(yaml.safe_load(file) or {})
    return merged


def connect(args):
    args = {key: value for key, value in args.items() if not key.startswith("cp_")}
    args.setdefault("connect_timeout", 5)
    return psycopg2.connect(**args)


def answer(connection, question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def setup_faults(connection, database):
    name, owner, encoding, collate, ctype = answer(
        connection,
        "SELECT datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype"
        " FROM pg_database WHERE datname = current_database()",
    )
    if connection.server_version < OLDEST:
        yield "the server is PostgreSQL %d; Synapse needs 14 or later" % (connection.server_version // 10000)
    unsafe = database.get("allow_unsafe_locale", False)
    if encoding != "UTF8" or (not unsafe and (collate, ctype) != ("C", "C")):
        yield (
            "database %s has encoding %s, collation %s and ctype %s; Synapse needs UTF8, C and C. Make it anew: "
            "CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';"
            % (name, encoding, collate, ctype, quoted(name), quoted(owner))
        )


def budget_faults(connection, needed):
    limit = int(answer(connection, "SHOW max_connections")[0])
    limit -= int(answer(connection, "SHOW superuser_reserved_connections")[0])
    if needed > limit:
        yield (
            "Synapse's processes may open %d connections, the server takes %d: raise its max_connections, lower "
            "POSTGRES_CP_MAX, or run fewer workers" % (needed, limit)
        )


def has_rows(connection, table):
    if answer(connection, "SELECT to_regclass('%s') IS NOT NULL" % table)[0]:
        return answer(connection, "SELECT EXISTS (SELECT 1 FROM %s)" % table)[0]
    return False


# A signing key that was just made does not fit a database whose events were signed with another one.
def key_faults(connection, mark, key, confirmed):
    try:
        with open(mark, encoding="utf-8") as file:
            made = file.read().strip()
        with open(key, encoding="utf-8") as file:
            is_made = made != "" and made in file.read().split()
    except OSError:
        return
    if is_made and not confirmed and has_rows(connection, "events"):
        yield (
            "the signing key %s was made just now, but the database has events, signed with another one. Put the old "
            "key there; only where it is lost for good, set SYNLUA_NEW_SIGNING_KEY=yes for one start" % key
        )


def name_faults(connection, server_name):
    if not has_rows(connection, "users"):
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM users WHERE right(name, %s) <> %s LIMIT 1", (len(server_name) + 1, ":" + server_name))
        foreign = cursor.fetchone()
    if foreign:
        yield (
            "the database has the user %s, not a user of %s: it belongs to another server, whose name cannot be changed"
            % (foreign[0], server_name)
        )


# The server refuses the login for good if its error contains one of these. Any other error may be over in a moment.
REFUSED = ("password authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist",
           "authentication failed", "fe_sendauth")


def check(database, needed, identity):
    try:
        connection = connect(database.get("args") or {})
    except psycopg2.OperationalError as error:
        text = " ".join(str(error).split())
        refused = any(words in text for words in REFUSED) and "No such file" not in text
        print("%s %s" % ("refused:" if refused else "unreachable:", text))
        return CONFIGURATION if refused else WAITING
    with connection:
        faults = [*setup_faults(connection, database), *budget_faults(connection, needed)]
        strange = [*name_faults(connection, identity[0]), *key_faults(connection, *identity[1:])]
    for fault in faults:
        print("unfit: " + fault)
    for fault in strange:
        print("strange: " + fault)
    return CONFIGURATION if faults or strange else 0


# This user may write the file, but perhaps not remove it from its directory. Then it stays, but empty.
def forget(mark):
    if os.path.exists(mark):
        with open(mark, "w", encoding="utf-8"):
            pass
        try:
            os.unlink(mark)
        except PermissionError:
            pass


def main():
    config = configuration(sys.argv[5:])
    identity = (config["server_name"], sys.argv[2], sys.argv[3], sys.argv[4] == "confirmed")
    databases = list((config.get("databases") or {}).values()) or [config.get("database") or {}]
    status = 0
    for database in databases:
        if database.get("name") == "psycopg2":
            status = status or check(database, int(sys.argv[1]), identity)
    if status == 0:
        forget(sys.argv[2])
    sys.exit(status)


main()
