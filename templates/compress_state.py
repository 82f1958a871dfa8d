# Runs the state compressor on Synapse's database, and says how many rows there were before and after. Arguments: a YAML
# file with the arguments of psycopg2; the size of a chunk; the number of chunks; the sizes of the levels.
#
# The compressor gets its connection as a text in memory. What it says may contain that text, so whatever it writes goes
# through here first.
import logging
import sys

import psycopg2
import yaml

MANY = 50_000_000  # rows that are estimated, because counting them would take long
HIDDEN = "<the database>"

# Of libpq's settings for TLS, those that the compressor has no word for.
UNKNOWN = ("sslcert", "sslkey", "sslcrl")


class Unfit(Exception):
    pass


def say(text):
    print(text, flush=True)


def rows_of(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = 'state_groups_state'::regclass")
        estimate = cursor.fetchone()[0]
        if estimate > MANY:
            cursor.execute("ANALYZE state_groups_state")
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = 'state_groups_state'::regclass")
            return cursor.fetchone()[0], "about %d rows"
        cursor.execute("SELECT count(*) FROM state_groups_state")
        return cursor.fetchone()[0], "%d rows"


def quoted(value):
    return "'%s'" % str(value).replace("\\", "\\\\").replace("'", "\\'")


def target_of(connection):
    """The connection as the compressor takes it: what libpq made of all that the configuration says."""
    info, said = connection.info, connection.get_dsn_parameters()
    if said.get("sslmode", "").startswith("verify") and info.ssl_in_use:
        raise Unfit("sslmode=%s asks for a certificate that is verified, and the compressor verifies none"
                    % said["sslmode"])
    for name in UNKNOWN:
        if said.get(name) and info.ssl_in_use:
            raise Unfit("the database is reached with %s, which the compressor does not know" % name)
    words = {"host": info.host or said.get("host") or "/var/run/postgresql", "port": info.port, "user": info.user,
             "dbname": info.dbname, "sslmode": "require" if info.ssl_in_use else "disable"}
    if info.password:
        words["password"] = info.password
    return " ".join("%s=%s" % (name, quoted(value)) for name, value in words.items()), info.password


class Scrubbed(logging.Handler):
    """Passes on what the compressor logs, without its connection."""

    def __init__(self, secrets):
        super().__init__()
        self.secrets = secrets

    def clean(self, text):
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def emit(self, record):
        say(self.clean(record.getMessage()))


def compress(target, chunk_size, chunks, levels):
    import synapse_auto_compressor

    # Later versions have another name for it.
    run = getattr(synapse_auto_compressor, "run_compression", None)
    run = run or getattr(synapse_auto_compressor, "compress_state_events_table", None)
    if run is None:
        raise Unfit("this build of synapse_auto_compressor has no code for Python: pip install "
                    "synapse_auto_compressor==0.1.2")
    run(db_url=target, chunk_size=chunk_size, number_of_chunks=chunks, default_levels=levels)


def main():
    path, chunk_size, chunks, levels = sys.argv[1:]
    with open(path, encoding="utf-8") as source:
        arguments = yaml.safe_load(source)
    connection = psycopg2.connect(**arguments)
    connection.autocommit = True
    target, password = target_of(connection)
    handler = Scrubbed([text for text in (target, password) if text])
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    before, form = rows_of(connection)
    say("state_groups_state has " + form % before)
    try:
        compress(target, int(chunk_size), int(chunks), levels)
    except ImportError:
        raise Unfit("synapse_auto_compressor is not installed beside Synapse: pip install "
                    "synapse_auto_compressor==0.1.2 (there is none but for x86_64)")
    except (Unfit, KeyboardInterrupt):
        raise
    except BaseException as fault:  # a panic of the compressor is no Exception
        say(handler.clean("the compressor failed: %s" % fault))
        return 1
    after, form = rows_of(connection)
    say("state_groups_state has %s now, %d fewer; PostgreSQL uses the space again after its next vacuum"
        % (form % after, before - after))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unfit as fault:
        sys.exit(str(fault))
    except psycopg2.Error as fault:
        sys.exit("the database: %s" % str(fault).strip().replace("\n", "; "))
