# Removes what nobody needs any more, or says what that would be. It stands behind admin.py.
#
# Of media and rooms Synapse removes what it thinks fit. The questions here are Synapse's own, so that a dry run names the
# same.
import re

DAY_MS = 86400000
POLL_S = 0.2

OLD_REMOTE = "FROM remote_media_cache m WHERE m.last_access_ts < ? AND m.quarantined_by IS NULL"
OLD_LOCAL = """FROM local_media_repository m WHERE (m.last_access_ts < ? OR m.created_ts < ? AND m.last_access_ts IS NULL)
    AND m.media_length > ? AND m.quarantined_by IS NULL AND NOT m.safe_from_quarantine
    AND NOT EXISTS (SELECT 1 FROM profiles WHERE avatar_url = ? || m.media_id)
    AND NOT EXISTS (SELECT 1 FROM room_memberships WHERE avatar_url = ? || m.media_id)
    AND NOT EXISTS (SELECT 1 FROM user_directory WHERE avatar_url = ? || m.media_id)
    AND NOT EXISTS (SELECT 1 FROM room_stats_state WHERE avatar = ? || m.media_id)"""

# Nobody of this server is in it, invited or knocking, and nothing has come for so long.
EMPTY_ROOMS = """SELECT r.room_id, (SELECT COUNT(*) FROM events e WHERE e.room_id = r.room_id)
    FROM rooms r WHERE NOT EXISTS (SELECT 1 FROM local_current_membership m
                      WHERE m.room_id = r.room_id AND m.membership IN ('join', 'invite', 'knock'))
    AND (SELECT MAX(e.received_ts) FROM events e WHERE e.room_id = r.room_id) < ?"""

# Of a room that nobody is in, only its events tell the name.
NAME = """SELECT j.json FROM events e JOIN event_json j ON j.event_id = e.event_id
    WHERE e.room_id = ? AND e.type = 'm.room.name' AND e.rejection_reason IS NULL
    ORDER BY e.stream_ordering DESC LIMIT 1"""

def size(number):
    for unit in "bytes", "KB", "MB", "GB":
        if number < 1000 or unit == "GB":
            return f"{number} bytes" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000

def many(number, one, more):
    return f"{number:,} {one if number == 1 else more}".replace(",", " ")

class Task:
    def __init__(self, said, world):
        self.said, self.world, self.days = said, world, said["days"]
        self.before = int(time.time() * 1000) - self.days * DAY_MS

    def tell(self, text):
        print(f"{self.name}: {text}", flush=True)

    def run(self):
        number, what = self.look()
        if self.said["dry"]:
            self.tell(f"would free {what}")
        elif number == 0:
            self.tell(f"nothing to free: {self.none}")
        else:
            return self.clean(number, what)
        return 0

class Media(Task):
    """Both kinds: how many, and how many bytes with their thumbnails."""

    def look(self):
        found, values = self.which()
        one = self.world.database.run
        number, own = one(f"SELECT COUNT(*), COALESCE(SUM(m.media_length), 0) {found}", *values)[0]
        both = " AND ".join(f"t.{key} = m.{key}" for key in self.keys)
        pictures = one(f"SELECT COALESCE(SUM(t.thumbnail_length), 0) FROM {self.thumbnails} t "
                       f"WHERE EXISTS (SELECT 1 {found} AND {both})", *values)[0][0]
        self.bytes = int(own) + int(pictures)
        return number, f"{size(self.bytes)}: {many(number, 'file', 'files')} {self.words()}"

    def clean(self, number, what):
        before = self.bytes
        with self.world.administrator() as administrator:
            administrator.call(self.said["media"], "POST", self.request(), timeout=None)
        left, _ = self.look()
        self.tell(f"freed {size(before - self.bytes)}: {many(number - left, 'file', 'files')} {self.words()}")
        if left:
            self.tell(f"{many(left, 'file', 'files')} could not be removed; Synapse's log says why")
        return 1 if left else 0

class RemoteMedia(Media):
    name, none = "remote-media", "no file of another server is that old"
    thumbnails, keys = "remote_media_cache_thumbnails", ("media_origin", "media_id")

    def which(self):
        return OLD_REMOTE, (self.before,)

    def words(self):
        return f"of other servers that nobody has opened for {many(self.days, 'day', 'days')}"

    def request(self):
        return f"v1/purge_media_cache?before_ts={self.before}"

class LocalMedia(Media):
    name, none = "local-media", "no file of this server's users is that old"
    thumbnails, keys = "local_media_repository_thumbnails", ("media_id",)

    def which(self):
        prefix = f"mxc://{self.world.config.server.server_name}/"
        return OLD_LOCAL, (self.before, self.before, self.said["larger"]) + (prefix,) * 4

    def words(self):
        larger = f", larger than {size(self.said['larger'])}," if self.said["larger"] else ""
        return f"of this server's users{larger} that nobody has opened for {many(self.days, 'day', 'days')}"

    def request(self):
        return f"v1/media/delete?before_ts={self.before}&size_gt={self.said['larger']}&keep_profiles=true"

class EmptyRooms(Task):
    name, none = "empty-rooms", "somebody of this server is in every room, or was not long ago"

    def look(self):
        self.rooms = self.world.database.run(EMPTY_ROOMS + " ORDER BY r.room_id", self.before)
        events = sum(room[1] for room in self.rooms)
        if self.said["dry"]:
            for room in self.rooms:
                self.tell(self.describe(room))
        return len(self.rooms), (f"{many(len(self.rooms), 'room', 'rooms')} with {many(events, 'event', 'events')}, where "
                                 f"nothing has come for {many(self.days, 'day', 'days')}")

    def describe(self, room):
        found = self.world.database.run(NAME, room[0])
        name = json.loads(found[0][0]).get("content", {}).get("name") if found else None
        return (f"{plain(room[0])}{'  ' + plain(name) if isinstance(name, str) else ''}  "
                f"{many(room[1], 'event', 'events')}")

    def remove(self, administrator, room):
        main = self.said["main"]
        begun = administrator.call(main, "DELETE", "v2/rooms/" + quote(room, safe=""), {"purge": True, "block": False})
        while True:
            found = administrator.call(main, "GET", "v2/rooms/delete_status/" + quote(begun["delete_id"], safe=""))
            if found["status"] in ("complete", "failed"):
                return found["status"] == "complete" or found.get("error") or "Synapse's log says why"
            time.sleep(POLL_S)

    def clean(self, number, what):
        removed = events = 0
        with self.world.administrator() as administrator:
            for room in self.rooms:
                # Somebody may have come back while others were removed.
                if not self.world.database.run(EMPTY_ROOMS + " AND r.room_id = ?", self.before, room[0]):
                    continue
                described = self.describe(room) # while it is there
                try:
                    why = self.remove(administrator, room[0])
                except Refused as fault: # of this room, and the others can be removed
                    why = fault
                if why is not True:
                    self.tell(f"{plain(room[0])} could not be removed: {plain(str(why))}")
                    number = -1
                    continue
                self.tell(described)
                removed, events = removed + 1, events + room[1]
        self.tell(f"freed {many(removed, 'room', 'rooms')} with {many(events, 'event', 'events')}")
        return 1 if number < 0 else 0

# Synapse's user owns them. A file that a service writes to is kept.
class Logs(Task):
    name, none = "logs", "no log file is that old"

    def old(self):
        for name in sorted(os.listdir(self.said["logs"])) if os.path.isdir(self.said["logs"]) else []:
            parts = re.fullmatch(r"(.+)\.log(\.[0-9]+)?", name)
            if not parts or not parts[2] and parts[1] in self.said["services"]:
                continue
            path = os.path.join(self.said["logs"], name)
            stat = os.lstat(path)
            if (stat.st_mode & 0o170000) == 0o100000 and stat.st_mtime * 1000 < self.before:
                yield path, stat.st_size

    def look(self):
        self.files = list(self.old())
        return len(self.files), (f"{size(sum(one[1] for one in self.files))}: {many(len(self.files), 'log file', 'log files')}"
                                 f" that nothing was written to for {many(self.days, 'day', 'days')}")

    def clean(self, number, what):
        for path, _ in self.files:
            os.unlink(path)
        self.tell(f"freed {what}")
        return 0

class World:
    """What several tasks need, made when one needs it."""

    def __init__(self, files, dry):
        self.files, self.dry, self.made = files, dry, None

    @property
    def config(self):
        self.made = self.made or configuration(self.files)
        return self.made

    @property
    def database(self):
        if not hasattr(self, "connection"):
            self.connection = Database(self.config, reader=self.dry)
        return self.connection

    def administrator(self):
        if is_delegated(self.config):
            end(78, "the authentication service says who is an administrator of this homeserver, so synlua cannot be one "
                    "for a moment; --dry-run works, and the admin API with a token of that service")
        return Administrator(self.database, administrators(self.database))

TASKS = {task.name: task for task in (RemoteMedia, LocalMedia, EmptyRooms, Logs)}

said = json.loads(sys.argv[1])
try:
    world = World(said["files"], said["dry"])
    sys.exit(max(TASKS[task["name"]]({**said, **task}, world).run() for task in said["tasks"]))
except KeyboardInterrupt:
    print(file=sys.stderr)
    end(130, "interrupted")
except Refused as fault:
    end(1, fault)
except OSError as fault:
    end(69, f"the homeserver was not reached: {fault}")
except KeyError as fault:
    end(69, f"the homeserver's answer has no {fault}")
except Exception as fault:
    end(69, f"the homeserver or its database was not reached: {fault}")
