# What `synlua backup` and `synlua restore` have done by other users than root: Synapse's reads and writes its own files
# and its database, PostgreSQL's makes a cluster. Descriptor 0 holds this program, a NUL byte and the question in JSON;
# the answer replaces them. Passwords of databases come with it, and go on in the environment of PostgreSQL's programs.
import ctypes
import hashlib
import io
import json
import os
import pwd
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
from urllib.parse import quote

# Their rows are counted in the snapshot that is dumped, and again in what was made of the dump.
COUNTED = ("users", "devices", "access_tokens", "rooms", "events", "event_json", "room_memberships",
           "local_media_repository")
# Clients fetch each of these keys once. One that is given out a second time makes messages unreadable.
ONCE = "e2e_one_time_keys_json"
NOT_MEDIA = ("url_cache", "url_cache_thumbnails")  # Synapse fetches these pages anew
FRESH = 300  # seconds: a file of media that was written to so lately may still grow, and is copied
RESTARTS = 5  # of an SQLite copy that writers interrupt; then one step, for which they wait
SEALED = ".age"  # the ending of what is encrypted
MOST_NAMED, FILE_MAX = 50, 1 << 30
PART = 1 << 20


class Fault(Exception):
    """A reason for people: what is wrong, and what to do."""

    def __init__(self, where, what, hint=None):
        super().__init__(what)
        self.answer = {"where": where, "what": what, "hint": hint}


def say(text):
    print(text, flush=True)


def follow_parent():
    """In a child, before exec: whoever kills the parent ends the child as well."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def sum_of(path):
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while part := file.read(PART):
            digest.update(part)
            size += len(part)
    return digest.hexdigest(), size


def settle(path):
    """Waits until the content is on the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


# ---- PostgreSQL


def directories_of_programs():
    base = "/usr/lib/postgresql"
    found = os.listdir(base) if os.path.isdir(base) else []
    return {int(name): "%s/%s/bin" % (base, name) for name in found if name.isdigit()}


def program(name, version, exact=False):
    """A program of that version of PostgreSQL, or of the next one."""
    for major, directory in sorted(directories_of_programs().items()):
        path = "%s/%s" % (directory, name)
        if (major == version or major > version and not exact) and os.access(path, os.X_OK):
            return path
    return None


def need(name, version):
    found = program(name, version)
    if not found:
        raise Fault(name, "is not installed in version %d or later, which this database needs" % version,
                    "install postgresql-client-%d, and postgresql-%d for the rehearsal" % (version, version))
    return found


FIELDS = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
          "database": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT",
          "sslkey": "PGSSLKEY", "hostaddr": "PGHOSTADDR", "passfile": "PGPASSFILE", "service": "PGSERVICE"}


def environment_of(args):
    made = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": "/", "PGCONNECT_TIMEOUT": "60"}
    made.update({FIELDS[key]: str(value) for key, value in args.items() if key in FIELDS and value is not None})
    return made


def run(argv, environment, what, hint=None):
    done = subprocess.run(argv, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, preexec_fn=follow_parent, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        for line in lines[-20:]:
            say(line)
        raise Fault(os.path.basename(argv[0]), "%s failed: %s" % (what, lines[0] if lines else done.returncode), hint)


def connect(args):
    import psycopg2

    try:
        return psycopg2.connect(**{key: value for key, value in args.items() if not key.startswith("cp_")})
    except psycopg2.Error as error:
        raise Fault("database", "cannot be reached: %s" % str(error).strip(), "start it, or mend how it is named")


def count_rows(execute, tables):
    return {table: execute('SELECT count(*) FROM "%s"' % table) for table in COUNTED if table in tables}


def count_postgres(connection):
    cursor = connection.cursor()

    def one(statement):
        cursor.execute(statement)
        return cursor.fetchone()[0]

    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false))")
    return count_rows(one, {row[0] for row in cursor.fetchall()})


def dump_postgres(question, to):
    """Dumps and counts in the same snapshot. Returns the counts, and the major version of the server."""
    args = question["database"]["args"]
    connection = connect(args)
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    version = connection.server_version // 10000
    tool = need("pg_dump", version)
    cursor = connection.cursor()
    cursor.execute("SELECT pg_export_snapshot()")
    snapshot = cursor.fetchone()[0]
    say("dumping PostgreSQL %d" % version)
    run([tool, "--format=custom", "--file=" + to, "--snapshot=" + snapshot, "--no-password",
         "--exclude-table-data=*." + ONCE], environment_of(args), "the dump of the database")
    rows = count_postgres(connection)
    connection.close()
    return rows, version


def name_for(directory, environment, library):
    """initdb needs a name for its user, and the user of a container may have none."""
    uid, gid = os.getuid(), os.getgid()
    try:
        pwd.getpwuid(uid)
        return
    except KeyError:
        pass
    if not library:
        raise Fault("uid %d" % uid, "has no name in /etc/passwd, which initdb needs", "install libnss-wrapper")
    for kind, text in (("PASSWD", "synlua:x:%d:%d::/:/bin/false\n" % (uid, gid)), ("GROUP", "synlua:x:%d:\n" % gid)):
        path = "%s/%s" % (directory, kind.lower())
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        environment["NSS_WRAPPER_" + kind] = path
    environment["LD_PRELOAD"] = library


class Cluster:
    """A PostgreSQL that nobody else reaches: its socket lies in a directory of its user's."""

    def __init__(self, version, data, scratch, library, fast):
        self.programs = os.path.dirname(need("initdb", version))
        self.version = int(self.programs.split("/")[-2])
        if not os.access(self.programs + "/postgres", os.X_OK):
            raise Fault("PostgreSQL %d" % self.version, "is not installed", "install postgresql-%d" % self.version)
        self.data, self.fast, self.server = data, fast, None
        # A socket's path has at most 107 bytes, and for libpq a comma ends it.
        unfit = len(scratch) > 60 or "," in scratch
        self.sockets = tempfile.mkdtemp(prefix="synlua.", dir=None if unfit else scratch)
        self.environment = environment_of({"host": self.sockets, "user": "postgres", "dbname": "postgres"})
        try:
            self.make(scratch, library)
        except BaseException:
            self.stop()
            raise

    def make(self, scratch, library):
        named = dict(self.environment)
        name_for(scratch, named, library)
        run([self.programs + "/initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--encoding=UTF8",
             "--locale=C", "--data-checksums", "--no-instructions"] + (["--no-sync"] if self.fast else []), named,
            "making a cluster")
        self.start(named)

    def start(self, environment):
        # Its words would be lines of errors about the connections that ask whether it is there.
        self.server = subprocess.Popen(
            [self.programs + "/postgres", "-D", self.data, "-c", "listen_addresses=", "-k", self.sockets,
             "-c", "max_wal_size=2GB", "-c", "maintenance_work_mem=128MB", "-c", "autovacuum=off",
             *(["-F"] if self.fast else [])],
            env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=follow_parent)
        while not os.path.exists(self.sockets + "/.s.PGSQL.5432"):
            if self.server.poll() is not None:
                raise Fault("PostgreSQL", "ended before it was ready", "look for room on the disk and shared memory")
            time.sleep(0.05)
        ready = [self.programs + "/pg_isready", "-q"]
        while subprocess.run(ready, env=self.environment, check=False).returncode != 0:
            if self.server.poll() is not None:
                raise Fault("PostgreSQL", "ended before it was ready", "look for room on the disk and shared memory")
            time.sleep(0.05)

    def sql(self, text, user="postgres", database="postgres"):
        run([self.programs + "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database, "-c", text],
            self.environment, "a statement")

    def load(self, dump, role, database):
        """Fills a new database of that role, who has no other rights, and counts."""
        self.sql('CREATE ROLE "%s" LOGIN' % role)
        self.sql('CREATE DATABASE "%s" OWNER "%s" TEMPLATE template0 ENCODING \'UTF8\' LC_COLLATE \'C\' LC_CTYPE \'C\''
                 % (database, role))
        say("loading the dump")
        run([self.programs + "/pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "-U", role, "-d",
             database, dump], self.environment, "loading the dump")
        connection = connect({"host": self.sockets, "user": role, "dbname": database})
        rows = count_postgres(connection)
        connection.close()
        self.sql("ANALYZE", role, database)
        return rows

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait()
        shutil.rmtree(self.sockets, ignore_errors=True)
        return self.server is None or self.server.returncode == 0


def compare(rows, expected, where):
    for table, count in sorted(expected.items()):
        if rows.get(table) != count:
            raise Fault(where, "has %s rows of %s, and the database had %d" % (rows.get(table, "no"), table, count),
                        "make another backup")


def rehearse_postgres(question, dump):
    inside = os.access(question["directory"], os.W_OK)
    scratch = tempfile.mkdtemp(prefix=".rehearsal.", dir=question["directory"] if inside else None)
    cluster = None
    try:
        cluster = Cluster(question["version"], scratch + "/data", scratch, question.get("library"), True)
        compare(cluster.load(dump, "synapse", "synapse"), question["rows"], dump)
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(scratch, ignore_errors=True)


# ---- SQLite


def open_sqlite(path, mode):
    return sqlite3.connect("file:%s?mode=%s" % (quote(path), mode), uri=True, timeout=60)


def copy_sqlite(path, to):
    """By SQLite's own online backup: in small steps, so that writers need not wait. It begins again after a write."""
    source, target = open_sqlite(path, "ro"), sqlite3.connect(to)
    seen = {"left": None, "restarts": 0}

    def look(_status, left, _total):
        if seen["left"] is not None and left > seen["left"]:
            seen["restarts"] += 1
            if seen["restarts"] > RESTARTS:
                raise InterruptedError
        seen["left"] = left

    say("copying the SQLite database")
    try:
        source.backup(target, pages=2000, progress=look, sleep=0.01)
    except InterruptedError:
        source.backup(target)
    target.execute("PRAGMA journal_mode = DELETE")
    with target:
        if target.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (ONCE,)).fetchone():
            target.execute("DELETE FROM " + ONCE)
    target.close()
    source.close()
    settle(to)


def count_sqlite(path):
    connection = open_sqlite(path, "ro")
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    rows = count_rows(lambda statement: connection.execute(statement).fetchone()[0], tables)
    connection.close()
    return rows


def rehearse_sqlite(question, path):
    say("checking the copy of the SQLite database")
    try:
        connection = open_sqlite(path, "ro")
        found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        connection.close()
        rows = count_sqlite(path)
    except sqlite3.Error as error:
        found, rows = str(error), {}
    if found != "ok":
        raise Fault(path, "is no whole database: %s" % found, "check the database itself: PRAGMA integrity_check")
    compare(rows, question["rows"], path)


# ---- age: what a piece holds is for who has the secret key.


def age(question, arguments, **more):
    """Starts it. The secret key goes there in memory."""
    identity = question.get("identity")
    words, kept = [], ()
    if identity:
        fd = os.memfd_create("identity")
        os.write(fd, identity.encode())
        words, kept = ["-d", "-i", "/proc/self/fd/%d" % fd], (fd,)
    else:
        for recipient in question["recipients"]:
            words += ["-r", recipient]
    try:
        return subprocess.Popen([question["age"], *words, *arguments], env=environment_of({}), cwd="/", pass_fds=kept,
                                stderr=subprocess.PIPE, preexec_fn=follow_parent, **more)
    finally:
        if kept:
            os.close(kept[0])


def end_of(process, what):
    words = process.stderr.read().decode(errors="replace").strip()
    if process.wait() != 0:
        raise Fault(what, "age: %s" % (words.splitlines() or ["failed"])[0].removeprefix("age: "),
                    "give the secret key that belongs to it: --identity FILE")


def seal(question, path):
    """Encrypts a file, and removes what it was."""
    end_of(age(question, ["-o", path + SEALED, path], stdin=subprocess.DEVNULL), path)
    settle(path + SEALED)
    os.remove(path)


def unseal(question, path, to):
    """Decrypts a file, if it is sealed, to another one."""
    if not question.get("identity"):
        shutil.copyfile(path, to)
    else:
        end_of(age(question, ["-o", to, path + SEALED], stdin=subprocess.DEVNULL), path + SEALED)
    settle(to)


class SealedMedia:
    """All media in one encrypted archive."""

    def __init__(self, question, directory):
        self.name = directory + "/media.tar" + SEALED
        self.process = age(question, ["-o", self.name], stdin=subprocess.PIPE)
        self.archive = tarfile.open(fileobj=self.process.stdin, mode="w|", format=tarfile.PAX_FORMAT)

    def add(self, name, path, one):
        info = tarfile.TarInfo(name)
        info.mode, info.mtime, info.size = 0o640, one.st_mtime, one.st_size
        with open(path, "rb") as file:
            self.archive.addfile(info, file)

    def close(self):
        self.archive.close()
        self.process.stdin.close()
        end_of(self.process, self.name)
        settle(self.name)


# ---- Files


class Left:
    """What is not in the backup, and why. Only so many are named."""

    def __init__(self):
        self.named, self.more = [], 0

    def add(self, path, why):
        if len(self.named) < MOST_NAMED:
            self.named.append([path, why])
        else:
            self.more += 1


def is_ours(path, owner, one, alone):
    """Synapse's part holds its own files, where it could make them again. The rest is root's part, if there is one."""
    me = os.geteuid()
    return alone or owner == me or one.st_uid == me and os.access(path, os.W_OK)


def walk(data, skip, left, alone):
    """Each directory and regular file below data, by relative path, but for what is left out."""
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        path = os.path.join(data, inner) if inner else data
        try:
            owner = os.stat(path).st_uid
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:  # another user's
            if alone and not isinstance(error, FileNotFoundError):
                left.add(path, "cannot be read: %s" % error.strerror)
            continue
        if inner and any(entry.name == ".synlua.backup.lock" for entry in entries):
            continue  # backups
        for entry in entries:
            name = os.path.join(inner, entry.name) if inner else entry.name
            if name in skip:
                continue
            try:
                one = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(one.st_mode):
                waiting.append(name)
                if alone or one.st_uid == os.geteuid():
                    yield name, one
            elif stat.S_ISREG(one.st_mode) and is_ours(path, owner, one, alone):
                yield name, one
            elif stat.S_ISLNK(one.st_mode) and is_ours(path, owner, one, alone):
                left.add(os.path.join(data, name), "is a link")


def pack(question, to, left):
    """The files of the data directory that belong to Synapse. Where nothing else is backed up, all that it can read."""
    count = 0
    with tarfile.open(to, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, one in walk(question["data"], set(question["skip"]), left, question["alone"]):
            info = tarfile.TarInfo(name)
            info.mode, info.mtime, info.uid, info.gid = one.st_mode & 0o7777, int(one.st_mtime), one.st_uid, one.st_gid
            if stat.S_ISDIR(one.st_mode):
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
                continue
            path = os.path.join(question["data"], name)
            if one.st_size > FILE_MAX:
                left.add(path, "is larger than 1 GB")
                continue
            try:
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                with open(fd, "rb") as file:
                    content = file.read(FILE_MAX)
            except OSError as error:
                if not isinstance(error, FileNotFoundError):
                    left.add(path, "cannot be read: %s" % error.strerror)
                continue
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
            count += 1
    settle(to)
    return count


def safe(name):
    """Whether a relative path stays below its directory."""
    return name and not name.startswith("/") and ".." not in name.split("/") and "\0" not in name


def is_file(member):
    """A sparse one can be much larger than the archive that holds it."""
    return member.isfile() and not member.issparse()


def unpack(archive_path, data):
    directories = []
    with tarfile.open(archive_path, "r:") as archive:
        for member in archive:
            path = os.path.join(data, member.name)
            if not safe(member.name) or not (member.isdir() or is_file(member)):
                raise Fault(archive_path, "holds %r, which is no file below the data directory" % member.name)
            if member.isdir():
                os.makedirs(path, mode=0o700, exist_ok=True)
                directories.append((path, member.mode))
                continue
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(fd, "wb") as file:
                shutil.copyfileobj(archive.extractfile(member), file, PART)
                os.fchmod(file.fileno(), member.mode & 0o777)
                os.utime(file.fileno(), (member.mtime, member.mtime))
                file.flush()
                os.fsync(file.fileno())
    for path, mode in reversed(directories):
        if os.stat(path).st_uid == os.geteuid():
            os.chmod(path, mode & 0o777)


# ---- Media: a line for each file, "SUM SIZE TIME PATH"; SUM is - where the file itself is not in the backup.


def read_list(path):
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for line in file:
            try:
                sum_, size, at, name = line.rstrip("\n").split(" ", 3)
                yield sum_, int(size), int(at), name
            except ValueError:
                raise Fault(path, "has the line %r, which names no file of media" % line, "use another backup")


def previous_sums(previous):
    """What the backup before says, so that no file is read twice."""
    try:
        return {name: (sum_, size, at) for sum_, size, at, name in read_list(previous + "/media.list") if sum_ != "-"}
    except (OSError, Fault, TypeError):
        return {}


def files_of_media(media, left):
    """Each regular file, and what it is. Whatever else is there is named, because nobody will have it."""

    def unreadable(error):
        if not isinstance(error, FileNotFoundError):
            left.add(error.filename, "cannot be read: %s" % error.strerror)

    for place, directories, names in os.walk(media, onerror=unreadable):
        if place == media:
            directories[:] = [name for name in directories if name not in NOT_MEDIA]
        directories.sort()
        for name in sorted(names) + [name for name in directories if os.path.islink(os.path.join(place, name))]:
            path = os.path.join(place, name)
            try:
                one = os.lstat(path)
            except FileNotFoundError:
                continue  # Synapse has removed it meanwhile
            if not stat.S_ISREG(one.st_mode):
                left.add(path, "is a link" if stat.S_ISLNK(one.st_mode) else "is no file")
            elif "\n" in os.path.relpath(path, media):
                left.add(path, "has a name of more than one line")
            else:
                yield os.path.relpath(path, media), path, one


def keep_file(path, to, old, links):
    """Puts a file into the backup: by another name for it, by one for the copy in the backup before, or by a copy."""
    os.makedirs(os.path.dirname(to), mode=0o700, exist_ok=True)
    for source in ([path] if links else []) + ([old] if old else []):
        try:
            os.link(source, to, follow_symlinks=False)
            return False
        except OSError:
            continue
    shutil.copyfile(path, to, follow_symlinks=False)
    shutil.copystat(path, to, follow_symlinks=False)
    settle(to)
    return True


def keep_media(question, to, left):
    media, how, previous = question["media"], question["media_how"], question.get("previous")
    known, counts, said = previous_sums(previous), {"files": 0, "bytes": 0, "copied": 0}, time.monotonic()
    fresh = time.time() - FRESH
    sealed = SealedMedia(question, to) if question.get("recipients") and how != "list" else None
    with open(to + "/media.list", "w", encoding="utf-8", errors="surrogateescape", newline="\n") as record:
        for name, path, one in files_of_media(media, left):
            try:
                before = known.get(name)
                same = before and before[1:] == (one.st_size, one.st_mtime_ns)
                sum_, length = "-", one.st_size
                if sealed:
                    sealed.add(name, path, one)
                elif how != "list":
                    old = "%s/media/%s" % (previous, name) if same else None
                    target = "%s/media/%s" % (to, name)
                    counts["copied"] += keep_file(path, target, old, how == "link" and one.st_mtime < fresh)
                    sum_, length = before[:2] if same else sum_of(target)
            except FileNotFoundError:
                continue  # Synapse has removed it meanwhile
            record.write("%s %d %d %s\n" % (sum_, length, one.st_mtime_ns, name))
            counts["files"] += 1
            counts["bytes"] += length
            if time.monotonic() - said > 10:
                said = time.monotonic()
                say("%d files of media so far" % counts["files"])
    settle(to + "/media.list")
    if sealed:
        sealed.close()
        counts["copied"] = counts["files"]
    return counts


def check_media(directory):
    """Whether each file is as it was."""
    for sum_, size, _at, name in read_list(directory + "/media.list"):
        if not safe(name):
            raise Fault(directory + "/media.list", "names %r, which is no file of the backup" % name)
        if sum_ == "-":
            continue
        path = "%s/media/%s" % (directory, name)
        try:
            found = sum_of(path)
        except OSError as error:
            raise Fault(path, "cannot be read: %s" % error.strerror, "use another backup")
        if found != (sum_, size):
            raise Fault(path, "is not what it was when the backup was made", "use another backup")


def bring_sealed_media(question, media):
    process = age(question, [question["directory"] + "/media.tar" + SEALED], stdin=subprocess.DEVNULL,
                  stdout=subprocess.PIPE)
    count = 0
    with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
        for member in archive:
            if not safe(member.name) or not is_file(member):
                raise Fault(question["directory"], "holds %r, which is no file of media" % member.name)
            to = os.path.join(media, member.name)
            os.makedirs(os.path.dirname(to), mode=0o750, exist_ok=True)
            with open(to, "wb") as file:
                shutil.copyfileobj(archive.extractfile(member), file, PART)
                os.utime(file.fileno(), (member.mtime, member.mtime))
                file.flush()
                os.fsync(file.fileno())
            count += 1
    end_of(process, "media.tar" + SEALED)
    return count, 0


def bring_media(directory, list_path, media):
    """Copies the media to their place; those that are only named count as missing."""
    missing = count = 0
    for sum_, _size, at, name in read_list(list_path):
        if not safe(name):
            raise Fault(list_path, "names %r, which is no file of the backup" % name)
        if sum_ == "-":
            missing += 1
            continue
        to = os.path.join(media, name)
        os.makedirs(os.path.dirname(to), mode=0o750, exist_ok=True)
        shutil.copyfile("%s/media/%s" % (directory, name), to, follow_symlinks=False)
        os.utime(to, ns=(at, at))
        settle(to)
        count += 1
    return count, missing


# ---- Actions


def make(question):
    directory, kind, left = question["directory"], question["database"]["kind"], Left()
    dump = "database.sqlite" if kind == "sqlite" else "database.dump"
    if kind == "sqlite":
        copy_sqlite(question["database"]["path"], "%s/%s" % (directory, dump))
        question["rows"], version = count_sqlite("%s/%s" % (directory, dump)), 0
    else:
        question["rows"], version = dump_postgres(question, "%s/%s" % (directory, dump))
        settle("%s/%s" % (directory, dump))
    question["version"] = version
    # The media come after the database: what a row names is there, unless it was removed meanwhile.
    files = pack(question, directory + "/files.tar", left)
    media = keep_media(question, directory, left)
    if question["rehearse"]:
        (rehearse_sqlite if kind == "sqlite" else rehearse_postgres)(question, "%s/%s" % (directory, dump))
    names = [dump, "files.tar", "media.list"]
    if question.get("recipients"):
        for name in names:
            seal(question, "%s/%s" % (directory, name))
        names = [name + SEALED for name in names]
        if question["media_how"] != "list":
            names.append("media.tar" + SEALED)
    pieces = []
    for name in names:
        sum_, size = sum_of("%s/%s" % (directory, name))
        pieces.append([name, size, sum_])
    settle(directory)
    return {"pieces": pieces, "rows": question["rows"], "version": version, "files": files, "media": media,
            "left": left.named, "more_left": left.more}


def check(question):
    directory = question["directory"]
    for name, size, sum_ in question["pieces"]:
        path = "%s/%s" % (directory, name)
        try:
            found = sum_of(path)
        except OSError as error:
            raise Fault(path, "cannot be read: %s" % error.strerror,
                        "let uid %d read it: chown -R %d:%d %s" % (os.geteuid(), os.geteuid(), os.getegid(), directory)
                        if isinstance(error, PermissionError) else "use another backup")
        if found != (sum_, size):
            raise Fault(path, "is not what it was when the backup was made", "use another backup")
    if not question["sealed"]:
        say("checking the media")
        check_media(directory)
    if question["rehearse"]:
        rehearse_again(question, "%s/%s" % (directory, question["pieces"][0][0].removesuffix(SEALED)))
    return {}


def rehearse_again(question, path):
    """Loads what is in a backup, which may lie on a disk that is read-only."""
    rehearse = rehearse_sqlite if path.endswith(".sqlite") else rehearse_postgres
    if not question["sealed"]:
        return rehearse(question, path)
    inside = os.access(question["directory"], os.W_OK)
    with tempfile.TemporaryDirectory(prefix=".rehearsal.", dir=question["directory"] if inside else None) as scratch:
        unseal(question, path, scratch + "/database")
        rehearse(question, scratch + "/database")


def bring(question):
    directory = question["directory"]
    with tempfile.TemporaryDirectory(prefix=".synlua.files.", dir=question["data"]) as scratch:
        unseal(question, directory + "/files.tar", scratch + "/files.tar")
        try:
            unpack(scratch + "/files.tar", question["data"])
        except tarfile.TarError as error:
            raise Fault(directory + "/files.tar", "is no whole archive: %s" % error, "use another backup")
        unseal(question, directory + "/media.list", scratch + "/media.list")
        say("copying the media")
        if question["sealed"] and question["media_how"] != "list":
            count, missing = bring_sealed_media(question, question["media"])
        else:
            count, missing = bring_media(directory, scratch + "/media.list", question["media"])
    if question.get("sqlite"):
        unseal(question, directory + "/database.sqlite", question["sqlite"])
        compare(count_sqlite(question["sqlite"]), question["rows"], question["sqlite"])
    if question.get("hand_over"):
        unseal(question, directory + "/database.dump", question["hand_over"])
        os.chmod(question["hand_over"], 0o640)
    return {"media": count, "missing": missing}


def load(question):
    data = question["cluster"]
    cluster = Cluster(question["version"], data + ".new", os.path.dirname(data), question.get("library"), False)
    try:
        compare(cluster.load(question["dump"], question["role"], question["name"]), question["rows"], data)
    finally:
        whole = cluster.stop()
    if not whole:
        raise Fault(data, "PostgreSQL did not end in order", "restore again")
    for name in ("passwd", "group"):
        path = "%s/%s" % (os.path.dirname(data), name)
        if os.path.exists(path):
            os.remove(path)
    os.rename(data + ".new", data)
    settle(os.path.dirname(data))
    return {"version": cluster.version}


def look(question):
    """Whether a database outside can take the dump."""
    connection = connect(question["args"])
    cursor = connection.cursor()
    cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = ANY (current_schemas(false))")
    tables = cursor.fetchone()[0]
    cursor.execute("SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database"
                   " WHERE datname = current_database()")
    collate, encoding = cursor.fetchone()
    connection.close()
    if tables > 0:
        raise Fault("database", "the database outside holds tables already", "name an empty one")
    if encoding != "UTF8" or collate not in ("C", "POSIX"):
        raise Fault("database", "has the encoding %s and the collation %s, and Synapse needs UTF8 and C"
                    % (encoding, collate), "CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    return {}


def fill(question):
    """Loads the dump into a database outside, whole or not at all. What an interrupted restore has loaded is good."""
    args, dump = question["args"], question["dump"]
    connection = connect(args)
    rows, version = count_postgres(connection), connection.server_version // 10000
    connection.close()
    if rows == question["rows"]:
        say("the database holds this backup already")
        return {"version": version}
    if rows:
        raise Fault("database", "the database outside holds something else", "name an empty one")
    say("loading the dump")
    run([need("pg_restore", max(version, question["version"])), "--single-transaction", "--exit-on-error", "--no-owner",
         "--no-privileges", "--no-password", "-d", args.get("dbname") or args.get("database") or "", dump],
        environment_of(args), "loading the dump")
    connection = connect(args)
    compare(count_postgres(connection), question["rows"], "the database outside")
    connection.close()
    return {"version": version}


ACTIONS = {"make": make, "check": check, "bring": bring, "load": load, "look": look, "fill": fill}


def main(data):
    os.umask(0o077)
    question = json.loads(data)
    try:
        answer = ACTIONS[question["action"]](question)
    except Fault as fault:
        answer = {"problem": fault.answer}
    except (OSError, sqlite3.Error, tarfile.TarError, subprocess.SubprocessError) as error:
        answer = {"problem": {"where": getattr(error, "filename", None) or question["action"], "what": str(error),
                              "hint": "mend that, then try again"}}
    text = json.dumps({"synlua": 1, **answer}).encode()
    os.ftruncate(0, 0)
    os.pwrite(0, text, 0)
    sys.exit(0)
