# Moves the content of a SQLite database to PostgreSQL with Synapse's own synapse_port_db, which remembers how far it got
# with each table. Arguments: "check" or "move"; the SQLite file; one YAML file with all of Synapse's configuration; the
# target of a check: "builtin", "outside", or "resume" if an earlier move was begun.
import os
import sqlite3
import sys
import time

import psycopg2
import yaml
from synapse._scripts import synapse_port_db as port
from synapse.storage.schema import SCHEMA_VERSION

# The tool reads all of Synapse's configuration, which may name the admin's own modules.
sys.path += [place for place in os.environ.get("SYNLUA_PYTHON_PATH", "").split(":") if place]

CONFIGURATION = 78
PAUSE = 1  # seconds between two messages about one table

# The sequence that gives out the ids of each stream. synapse_port_db sets these sequences wrongly in two ways. First,
# it looks only at the rows that still exist, although deleted rows had ids as well. Synapse refuses to start if a
# sequence is behind its stream, and clients that have synced beyond an id do not see what gets it a second time.
# Second, it stores the id that comes next, but Synapse takes the stored id as given out. A client that syncs before
# that id is really given out never sees what gets it.
SEQUENCES = {
    "account_data": "account_data_sequence",
    "backfill": "events_backfill_stream_seq",
    "caches": "cache_invalidation_stream_seq",
    "device_lists_stream": "device_lists_sequence",
    "e2e_cross_signing_keys": "e2e_cross_signing_keys_sequence",
    "events": "events_stream_seq",
    "presence_stream": "presence_stream_sequence",
    "profile_updates": "profile_updates_sequence",
    "push_rules_stream": "push_rules_stream_sequence",
    "pushers": "pushers_sequence",
    "quarantined_media_changes": "quarantined_media_id_seq",
    "receipts": "receipts_sequence",
    "sticky_events": "sticky_events_sequence",
    "thread_subscriptions": "thread_subscriptions_sequence",
    "to_device": "device_inbox_sequence",
    "un_partial_stated_event_stream": "un_partial_stated_event_stream_sequence",
    "un_partial_stated_room_stream": "un_partial_stated_room_stream_sequence",
}


# synapse_port_db does not copy the user directory. These background updates of Synapse rebuild it after the next start.
# Each waits for the one before it.
DIRECTORY = (
    "populate_user_directory_createtables",
    "populate_user_directory_process_rooms",
    "populate_user_directory_process_users",
    "populate_user_directory_cleanup",
)


def connect(args):
    return psycopg2.connect(**{key: value for key, value in args.items() if not key.startswith("cp_")})


def exists(cursor, table):
    cursor.execute("SELECT to_regclass(%s)", (table,))
    return cursor.fetchone()[0] is not None


def source_fault(path):
    """The reason why this file cannot be moved safely, or None. It is looked for before anything is made."""
    connection = sqlite3.connect("file:%s?mode=ro" % path.replace("%", "%25").replace("?", "%3f"), uri=True)
    ignored = set(getattr(port, "IGNORED_BACKGROUND_UPDATES", ()))
    schema = connection.execute("SELECT version FROM schema_version").fetchone()[0]
    pending = {row[0] for row in connection.execute("SELECT update_name FROM background_updates")} - ignored
    vacuum = connection.execute("PRAGMA auto_vacuum").fetchone()[0]
    connection.close()
    if schema != SCHEMA_VERSION:
        return "unfinished: its schema is %d, that of this Synapse %d" % (schema, SCHEMA_VERSION)
    if pending:
        return "unfinished: Synapse has %d background updates to do in it" % len(pending)
    if vacuum:
        return "auto_vacuum: is enabled in it, and would change the row numbers by which a move is resumed"
    return None


def is_occupied(args):
    """Whether the database holds the data of a server."""
    connection = connect(args)
    try:
        with connection.cursor() as cursor:
            for table in ("users", "events"):
                if exists(cursor, table):
                    cursor.execute("SELECT EXISTS (SELECT FROM %s)" % table)
                    if cursor.fetchone()[0]:
                        return True
    finally:
        connection.close()
    return False


def check(sqlite, args, target):
    fault = source_fault(sqlite)
    if fault is None and target == "outside" and is_occupied(args):
        fault = "occupied: the target database already holds users or events"
    if fault:
        print(fault, flush=True)
        sys.exit(CONFIGURATION)


def correct_sequences(args):
    connection = connect(args)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT stream_name, MAX(ABS(stream_id)) FROM stream_positions GROUP BY stream_name")
        positions = dict(cursor.fetchall())
        for stream, sequence in SEQUENCES.items():
            if not exists(cursor, sequence):
                continue
            cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM %s" % sequence)
            last = max(cursor.fetchone()[0], positions.get(stream, 0))
            if last > 0:
                cursor.execute("SELECT setval(%s, %s, true)", (sequence, last))
    connection.close()


def queue_directory(args):
    connection = connect(args)
    with connection, connection.cursor() as cursor:
        for name, before in zip(DIRECTORY, ("", *DIRECTORY)):
            cursor.execute(
                "INSERT INTO background_updates (update_name, progress_json, depends_on) SELECT %s, '{}', NULLIF(%s, '')"
                " WHERE NOT EXISTS (SELECT FROM background_updates WHERE update_name = %s)",
                (name, before, name),
            )
    connection.close()


class Progress(port.TerminalProgress):
    """Reports less often on tables that take long, and records whether the tool has finished."""

    finished = False

    def __init__(self):
        super().__init__()
        self.said = {}

    def update(self, table, num_done):
        now = time.monotonic()
        if num_done >= self.tables[table]["total"] or now - self.said.get(table, 0) >= PAUSE:
            self.said[table] = now
            super().update(table, num_done)
        else:
            port.Progress.update(self, table, num_done)

    def done(self):
        Progress.finished = True


def move(sqlite, config, args):
    port.TerminalProgress = Progress
    sys.argv[1:] = ["--sqlite-database", sqlite, "--postgres-config", config]
    port.main()
    # A signal ends port.main in the middle, but it then returns as if it had succeeded.
    if not Progress.finished:
        sys.exit("synapse_port_db ended before everything was moved")
    correct_sequences(args)
    queue_directory(args)


def main():
    action, sqlite, config, target = sys.argv[1:]
    with open(config, encoding="utf-8") as file:
        args = yaml.safe_load(file)["database"].get("args") or {}
    if action == "check":
        check(sqlite, args, target)
    else:
        move(sqlite, config, args)


main()
