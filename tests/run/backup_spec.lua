-- Backups of a small SQLite database, and restores: files, owners, links, refusals. tests/e2e/backup does it with a
-- real server and with PostgreSQL.

local file = require "core.file"
local lfs = require "lfs"
local manifest = require "lib.manifest"
local sha256 = require "lib.sha256"
local support = require "run.support"
local system = require "core.system"

local quoted = support.quote

local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or lfs.currentdir() .. "/.venv/bin/python"
local base
local is_root = system.identity().uid == 0

-- As Synapse's user: a database with a row of each kind, and two files of media.
local FILL = [[
import os, sqlite3, sys
base = sys.argv[1]
c = sqlite3.connect(base + "/data/homeserver.db")
c.executescript("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('@a:example.org'); CREATE TABLE rooms (x);"
                "CREATE TABLE events (x); CREATE TABLE e2e_one_time_keys_json (x);"
                "INSERT INTO e2e_one_time_keys_json VALUES (1);")
for name in ("local_content/aa/bb/one", "remote_content/two", "url_cache/page"):
    path = base + "/data/media_store/" + name
    os.makedirs(os.path.dirname(path))
    open(path, "w").write(name * 1000)
    os.utime(path, (10 ** 9, 10 ** 9))
open(base + "/data/own.txt", "w").write("of Synapse")
os.symlink("/etc/passwd", base + "/data/link")
]]

-- Archives that no backup makes, by a kind each.
local HOSTILE = [[
import bz2, io, sys, tarfile
kind, path = sys.argv[1:]
def one(name, type=tarfile.REGTYPE, bytes=b"", **more):
    info = tarfile.TarInfo(name)
    info.type, info.size = type, len(bytes)
    for key, value in more.items():
        setattr(info, key, value)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(bytes))
if kind == "up": one("a/../../up", bytes=b"x")
elif kind == "absolute": one("/tmp/absolute", bytes=b"x")
elif kind == "link": one("link", tarfile.SYMTYPE, linkname="/etc")
elif kind == "second": one("second", tarfile.LNKTYPE, linkname="/etc/passwd")
elif kind == "device": one("device", tarfile.CHRTYPE, devmajor=1, devminor=3)
elif kind == "fifo": one("fifo", tarfile.FIFOTYPE)
elif kind == "sparse": one("sparse", bytes=b"0\n".ljust(512, b"\0"), pax_headers={"GNU.sparse.major": "1",
    "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse", "GNU.sparse.realsize": str(1 << 26)})
else:
    one("x", bytes=b"x")
    text = bz2.compress(open(path, "rb").read())
    open(path, "wb").write(text)
]]

local program, who = support.SYNLUA, "" -- who: what makes a command run as another user

local function synlua(arguments, environment)
  return support.capture(("cd %s && %s env -i SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no "
    .. "PATH=/usr/bin:/bin SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data SYNLUA_RUNTIME_DIR=%s/run "
    .. "SYNLUA_SYNAPSE_PYTHON=%s %s "
    .. "timeout 120 %s %s 2>&1"):format(base, who, base, base, base, quoted(PYTHON), environment or "",
    quoted(program), arguments))
end

local good, refused = support.endings(synlua)

local function shell(command, ...)
  local text, status = support.capture(("cd %s && { %s; } 2>&1"):format(base, command:format(...)))
  assert.equal(0, status, text)
  return text
end

local function names() return support.capture(("ls %s/data/backups"):format(base)) end

local function backup(arguments, environment)
  return good("backup " .. (arguments or ""), environment):match "\n?(/%S+): %d+ users"
end

-- The data directory goes elsewhere, with its backups; the place of a backup of it.
local function move_away(path)
  shell("mv data old")
  return (path:gsub("/data/", "/old/", 1))
end

local function digest(directory)
  return shell("cd %s && find . -type f ! -path './backups/*' ! -name '.synlua.lock' ! -name 'homeserver.db*' "
    .. "! -path './media_store/url_cache/*' -exec sha256sum {} + | sort -k 2", directory)
end

local function owners(directory)
  return shell("cd %s && find . -type f ! -path './backups/*' ! -path './media_store/*' ! -name 'homeserver.db*' "
    .. "-printf '%%%%p %%%%u %%%%g %%%%m\\n' | sort", directory)
end

local function flip(path, at)
  shell("/usr/bin/python3 -c 'import sys; f = open(sys.argv[1], \"r+b\"); f.seek(%d); b = f.read(1)[0]; f.seek(%d); "
    .. "f.write(bytes([b ^ 4]))' %s", at, at, quoted(path))
end

describe("a backup", function()
  local function fill(uid)
    support.write(base .. "/fill.py", FILL)
    good "generate"
    local as = is_root and ("setpriv --reuid %d --regid %d --clear-groups"):format(uid, uid) or ""
    shell("%s /usr/bin/python3 fill.py %s", as, base)
    shell("mkdir -p data/synlua && echo 'return {api = 2}' >data/synlua/init.lua && chmod 600 data/synlua/init.lua")
    shell("echo '{}' >data/well-known.yaml")
  end

  before_each(function()
    base, program, who = support.directory(), support.SYNLUA, ""
    fill(991)
  end)
  after_each(function() support.remove(base) end)

  it("restored into an empty directory has every file with its owner, the database and the media", function()
    local path = move_away(backup())
    local text = good("restore " .. path)
    assert.truthy(text:find("example.org is restored as of ", 1, true), text)
    assert.truthy(text:find(": 1 users, 0 rooms, 2 files of media\n", 1, true), text)
    assert.equal(digest "old", digest "data")
    assert.equal(owners "old", owners "data")
    assert.equal("1|0\n", shell("/usr/bin/python3 -c 'import sqlite3; c = sqlite3.connect(\"data/homeserver.db\"); "
      .. "print(*[c.execute(\"SELECT count(*) FROM \" + t).fetchone()[0] for t in "
      .. "(\"users\", \"e2e_one_time_keys_json\")], sep=\"|\")'"))
    assert.is_nil(file.stat(base .. "/data/.synlua.restoring"))
    good "check"
  end)

  it("has nothing of the runs of jobs, none of which is made up for after a restore", function()
    support.write(base .. "/data/.synlua.jobs", '{"jobs": {"backup": {"considered": 1}}}')
    if is_root then shell "chown 991 data/.synlua.jobs" end
    good("restore " .. move_away(backup()))
    assert.is_nil(file.stat(base .. "/data/.synlua.jobs"))
  end)

  it("has the secrets that synlua keeps, and those of coturn and of the metrics come back with their owners", function()
    local kept = {"turn.key", "metrics.token", "manhole.key", "example.org.signing.key", "example.org.macaroon.key"}
    for _, name in ipairs(kept) do
      if not file.stat(base .. "/data/" .. name) then support.write(base .. "/data/" .. name, "the secret " .. name) end
      shell("chmod 600 data/%s", name)
    end
    if is_root then shell "chown 991:991 data/turn.key" end
    good("restore " .. move_away(backup()))
    for _, name in ipairs(kept) do
      local was = support.read(base .. "/old/" .. name)
      assert.equal(was, support.read(base .. "/data/" .. name))
      assert.equal(shell("stat -c '%%u %%g %%a' old/%s", name), shell("stat -c '%%u %%g %%a' data/%s", name))
    end
  end)

  it("is closed to all but its owner, and says what it cannot hold", function()
    local text = good "backup"
    local path = assert(text:match "\n?(/%S+): 1 users, 0 rooms, 0 events; 2 files of media")
    assert.equal("700\n", shell("stat -c %%a %s", path))
    assert.equal("600\n", shell("stat -c %%a %s/admin.tar", path))
    assert.truthy(text:find("not in it: " .. base .. "/data/link: is a link", 1, true), text)
    assert.truthy(text:find("the keys of end-to-end encryption, which only clients have", 1, true), text)
    if is_root then
      assert.falsy(shell("tar -tf %s/synapse/files.tar", path):find("init.lua", 1, true))
      assert.truthy(shell("tar -tf %s/admin.tar", path):find("data/synlua/init.lua\n", 1, true))
    end
  end)

  it("with a flipped bit is refused, whichever file it is in", function()
    local path = backup()
    for _, piece in ipairs {"MANIFEST", "admin.tar", "synapse/database.sqlite", "synapse/files.tar",
      "synapse/media.list", "synapse/media/local_content/aa/bb/one"} do
      shell("rm -rf copy && cp -a %s copy", path)
      flip(base .. "/copy/" .. piece, 77)
      refused("is not what it was when the backup was made", "restore --check copy")
    end
    assert.truthy(good("restore --check " .. path):find "can be restored: example.org of 20")
  end)

  it("that was made by someone hostile is refused, and leaves no file elsewhere", function()
    local path = move_away(backup())
    support.write(base .. "/hostile.py", HOSTILE)
    local function forge(piece)
      local made = assert(manifest.read(support.read(path .. "/MANIFEST")))
      for _, one in ipairs(made.pieces) do
        if one.name == piece then
          local text = support.read(path .. "/" .. piece)
          one.size, one.sum = #text, sha256(text)
        end
      end
      support.write(path .. "/MANIFEST", manifest.text(made))
    end
    local files = path .. "/synapse/files.tar"
    local good_one = support.read(files)
    for _, kind in ipairs {"up", "absolute", "link", "second", "device", "fifo", "sparse", "compressed"} do
      shell("/usr/bin/python3 hostile.py %s %s", kind, files)
      forge "synapse/files.tar"
      refused(kind == "compressed" and "files.tar" or "which is no file below the data directory", "restore " .. path)
      assert.is_nil(file.stat(base .. "/data/" .. kind))
      assert.is_nil(file.stat(base .. "/" .. kind))
    end
    support.write(files, good_one)
    forge "synapse/files.tar"
    for line, what in pairs {["- 1 1 ../up"] = "which is no file of the backup", ["- 1 /x"] = "has the line '- 1 /x",
      [("0"):rep(64) .. " 1 1 /etc/passwd"] = "which is no file of the backup"} do
      support.write(path .. "/synapse/media.list", line .. "\n")
      forge "synapse/media.list"
      refused(what, "restore " .. path)
    end
  end)

  it("that was not finished is none, and the next one removes it", function()
    local path = backup()
    assert(os.remove(path .. "/MANIFEST"))
    refused("is no finished backup", "restore " .. path)
    local again = backup()
    assert.equal(again:match "[^/]+$" .. "\n", names())
  end)

  it("that was not finished is removed although a process of it still writes there for a moment", function()
    local path = backup()
    assert(os.remove(path .. "/MANIFEST"))
    support.write(base .. "/writer.py", "import os, sys, time\nend = time.monotonic() + 3\nat = 0\n"
      .. "os.chdir(sys.argv[1])\nprint('x', flush=True)\nwhile time.monotonic() < end:\n    at += 1\n"
      .. "    try:\n        open(str(at), 'w').close()\n    except OSError:\n        break\n")
    local writer = assert(io.popen(("/usr/bin/python3 %s/writer.py %s/synapse"):format(base, path)))
    writer:read "l"
    local again = backup()
    writer:close()
    assert.equal(again:match "[^/]+$" .. "\n", names())
  end)

  it("is not restored into a directory that is in use, nor for another server", function()
    local path = backup()
    refused("/data: is in use: it holds ", "restore " .. path)
    path = move_away(path)
    refused("SYNAPSE_SERVER_NAME: is other.org, and the backup is of example.org", "restore " .. path,
      "SYNAPSE_SERVER_NAME=other.org")
    refused("SYNAPSE_DATA_DIR: is /elsewhere", "restore " .. path, "SYNAPSE_DATA_DIR=/elsewhere")
    assert.is_nil(file.stat(base .. "/data/homeserver.yaml"))
    good("restore " .. path)
  end)

  it("whose restore is interrupted keeps everything out, until it is restored again", function()
    local path = move_away(backup())
    shell("mkdir data && echo x >data/.synlua.restoring && echo half >data/homeserver.yaml && mkdir -p data/synlua/x")
    for _, verb in ipairs {"run", "check", "generate", "backup", "plan"} do
      refused("the restore of x was interrupted, so a part is missing", verb)
    end
    shell("cp -a old/backups data/ && echo >data/lost+found")
    good("restore " .. path:gsub("/old/", "/data/"))
    shell "rm 'data/lost+found'"
    assert.equal(digest "old", digest "data")
    assert.is_nil(file.stat(base .. "/data/synlua/x"))
    assert.equal(path:match "[^/]+$" .. "\n", names())
  end)

  it("whose restore is killed while it writes its mark is restored as if it had not begun", function()
    local path = move_away(backup())
    shell "mkdir data && echo half >data/..synlua.restoring.new"
    good("restore " .. path)
    assert.equal(digest "old", digest "data")
  end)

  it("is good whatever is written to a file of media that comes while it is made", function()
    shell "touch data/media_store/remote_content/two"
    for _, how in ipairs {"link", "whole"} do
      local path = backup("--media " .. how .. " " .. how)
      shell "echo more >>data/media_store/remote_content/two"
      good("restore --check " .. path)
    end
  end)

  it("says which media are not in it", function()
    shell "mkdir elsewhere && mv data/media_store/remote_content elsewhere/"
    shell "ln -s ../../elsewhere/remote_content data/media_store/remote_content"
    shell "ln -s /etc/passwd data/media_store/local_content/link && mkfifo data/media_store/local_content/fifo"
    shell "/usr/bin/python3 -c 'open(\"data/media_store/local_content/a\\nb\", \"w\")'"
    shell "/usr/bin/python3 -c 'open(\"data/media_store/local_content/c\\rd\", \"w\")'"
    local text = good "backup"
    local media = "not in it: " .. base .. "/data/media_store/"
    for _, what in ipairs {"remote_content: is a link", "local_content/link: is a link",
      "local_content/fifo: is no file", "local_content/a\\nb: has a name of more than one line"} do
      assert.truthy(text:find(media .. what, 1, true), what .. " in " .. text)
    end
    good("restore --check " .. text:match "\n?(/%S+): %d+ users")
  end)

  it("says how many more are not in it, where many are not", function()
    shell "for at in $(seq 70); do ln -s /etc/passwd data/media_store/$at; done"
    local text = good "backup --no-rehearsal"
    assert.equal(50, select(2, text:gsub("not in it: [^\n]+: is a link\n", "")))
    assert.truthy(text:find("\nnot in it: 21 more\n", 1, true), text)
  end)

  it("replaces the oldest beyond SYNLUA_BACKUP_KEEP, but only where it keeps them by itself", function()
    for _ = 1, 4 do backup("--no-rehearsal", "SYNLUA_BACKUP_KEEP=2") end
    assert.equal(2, select(2, names():gsub("\n", "")))
    for _ = 1, 3 do backup("--no-rehearsal other", "SYNLUA_BACKUP_KEEP=2") end
    assert.equal("3\n", shell "ls other | wc -l")
  end)

  it("has a second name for each file of media, a copy, or only its name", function()
    local one = "/synapse/media/local_content/aa/bb/one"
    local function inode(path) return shell("stat -c %%i %s", path) end
    local original = inode "data/media_store/local_content/aa/bb/one"
    assert.equal(original, inode(backup "--media link" .. one))
    local whole = backup "--media whole other"
    assert.not_equal(original, inode(whole .. one))
    assert.equal(inode(whole .. one), inode(backup "--media whole other" .. one)) -- one copy for all
    local list = backup "--media list"
    assert.is_nil(file.stat(list .. one))
    list = move_away(list)
    assert.truthy(good("restore " .. list):find("missing: 2 files of media", 1, true))
  end)

  it("holds what lies elsewhere, which a restore puts beside the data", function()
    shell("mkdir tls && echo certificate >tls/cert.pem && echo key >tls/key.pem")
    local tls = ("SYNAPSE_TLS_CERT=%s/tls/cert.pem SYNAPSE_TLS_KEY=%s/tls/key.pem"):format(base, base)
    local path = move_away(backup("", tls))
    local text = good("restore " .. path)
    local kept = ("%s/data/restored%s/tls/key.pem"):format(base, base)
    assert.truthy(text:find("not in its place, where you may put it: " .. kept, 1, true), text)
    assert.equal("key\n", support.read(kept))
    assert.truthy(text:find("set there and not here: SYNAPSE_TLS_CERT, SYNAPSE_TLS_KEY", 1, true), text)
    if is_root then assert.equal("0 700\n", shell "stat -c '%%u %%a' data/restored") end
  end)

  it("that is encrypted opens with its secret key alone", function()
    shell "age-keygen -o key 2>/dev/null && age-keygen -o other 2>/dev/null"
    local recipient = "SYNLUA_BACKUP_RECIPIENT=" .. shell "age-keygen -y key":match "^%S+"
    local path = backup("", recipient)
    assert.equal("MANIFEST\nadmin.tar.age\nsynapse\n", shell("ls %s", path))
    assert.equal("database.sqlite.age\nfiles.tar.age\nmedia.list.age\nmedia.tar.age\n", shell("ls %s/synapse", path))
    assert.equal("0\n", shell("grep -rlE 'api = 2|of Synapse|local_content' %s | wc -l", path))
    assert.truthy(good("restore --check " .. path):find("can be restored by who has its secret key", 1, true))
    good("restore --check --identity key " .. path)
    flip(path .. "/synapse/media.tar.age", 300)
    refused("is not what it was", "restore --check " .. path)
    flip(path .. "/synapse/media.tar.age", 300)
    path = move_away(path)
    refused("is encrypted; give the file of the secret key of age: --identity FILE", "restore " .. path)
    refused("give the secret key that belongs to it", "restore --identity other " .. path)
    refused("holds no secret key of age", "restore --identity fill.py " .. path)
    assert.is_nil(file.stat(base .. "/data"))
    good("restore --identity key " .. path)
    assert.equal(digest "old", digest "data")
    assert.equal(owners "old", owners "data")
  end)

  it("of SQLite goes on with a move where there are to be workers", function()
    local path = move_away(backup())
    local text = good("restore " .. path, "SYNAPSE_WORKER_TYPES=pusher")
    assert.truthy(text:find("go on with: synlua migrate-database\n", 1, true), text)
  end)

  it("is made by one at a time, and not of what is not there yet", function()
    good "backup"
    local text = shell("flock data/backups/.synlua.backup.lock env -i SYNAPSE_SERVER_NAME=example.org "
      .. "SYNAPSE_REPORT_STATS=no SYNAPSE_CONFIG_DIR=$PWD/data SYNAPSE_DATA_DIR=$PWD/data SYNLUA_RUNTIME_DIR=$PWD/run "
      .. "SYNLUA_SYNAPSE_PYTHON=%s PATH=/usr/bin:/bin %s backup || :", quoted(PYTHON), quoted(support.SYNLUA))
    assert.truthy(text:find("another backup is being made there", 1, true), text)
    assert(os.remove(base .. "/data/homeserver.db"))
    refused("there is no database yet", "backup")
  end)

  it("is not made where it would hold itself, or keep what is there out of every later one", function()
    for _, place in ipairs {"data", "data/", "data/media_store", "data/media_store/x"} do
      refused("name another directory for backups", "backup " .. place)
    end
    refused("name another directory for backups", "backup", ("SYNLUA_BACKUP_DIR=%s/data"):format(base))
    assert.is_nil(file.stat(base .. "/data/.synlua.backup.lock"))
  end)

  it("holds everything although others have put the mark of backups there", function()
    shell "touch data/.synlua.backup.lock data/synlua/.synlua.backup.lock"
    if is_root then shell "chown 991 data/.synlua.backup.lock data/synlua/.synlua.backup.lock" end
    local path = backup()
    local text = shell("tar -tf %s/admin.tar; tar -tf %s/synapse/files.tar", path, path)
    for _, name in ipairs {"homeserver.yaml", "own.txt", is_root and "synlua/init.lua" or nil} do
      assert.truthy(text:find(name, 1, true), name .. " in " .. text)
    end
  end)

  it("has no larger part of root's than a restore takes in, and names what is not in it", is_root and function()
    local backups, contents = require "disk.backups", require "plan.backup.contents"
    local left_out, elsewhere, room = contents.left_out, contents.elsewhere, backups.ROOM
    contents.left_out, contents.elsewhere, backups.ROOM = function() return {} end, function() return {} end, 2500
    shell "mkdir large && cd large && for at in a b c; do printf '%%01000d' 1 >$at; done && printf '%%0200d' 1 >d"
    local text, left = backups.admin_part {paths = {data = base .. "/large"}, users = {own = {uid = 0},
      synapse = {uid = 991}}}
    contents.left_out, contents.elsewhere, backups.ROOM = left_out, elsewhere, room
    local found = {}
    for at, entry in ipairs(backups.admin_entries(text)) do found[at] = entry.name end
    assert.same({"data/a", "data/b", "data/d"}, found)
    assert.same({{base .. "/large/c", "is too much: of root's files, a backup holds 2500 bytes"}}, left)
  end or function() end)

  it("holds or names what root has put into a data directory of Synapse's", is_root and function()
    shell "chown 991:991 data && mkdir data/of-root data/closed && chmod 700 data/closed"
    shell "echo x >data/of-root/open.yaml && echo x >data/of-root/secret && chmod 600 data/of-root/secret"
    shell "echo x >data/closed/inner && echo x >data/secret && chmod 600 data/secret"
    local text = good "backup --no-rehearsal"
    local path = text:match "\n?(/%S+): %d+ users"
    assert.truthy(shell("tar -tf %s/synapse/files.tar", path):find("of-root/open.yaml\n", 1, true))
    for _, name in ipairs {"of-root/secret", "closed", "secret"} do
      local line = ("not in it: %s/data/%s: cannot be read: Permission denied\n"):format(base, name)
      assert.truthy(text:find(line, 1, true), line .. " in " .. text)
    end
  end or function() end)

  it("stays open for who reads it, and is read by one command at a time", function()
    local path = backup "--no-rehearsal"
    local function mode() return shell("stat -c %%a %s", path) end
    shell("chmod 711 %s && touch %s/.synlua.reading", path, path)
    shell "mkfifo end"
    local holder = assert(io.popen(("timeout 60 flock %s/.synlua.reading sh -c 'echo held; read end <%s/end'"):format(
      path, base)))
    holder:read "l"
    backup "--no-rehearsal"
    local open_while_held = mode()
    refused("another command reads this backup", "restore --check --no-rehearsal " .. path)
    shell "echo >end"
    holder:close()
    backup "--no-rehearsal"
    assert.same(is_root and {"711\n", "700\n"} or {"711\n", "711\n"}, {open_while_held, mode()})
    good("restore --check --no-rehearsal " .. path)
  end)

  it("does not hold other backups", function()
    for _ = 1, 2 do backup "--no-rehearsal data/other" end
    local path = backup "--no-rehearsal"
    assert.falsy(shell("tar -tf %s/admin.tar; tar -tf %s/synapse/files.tar", path, path):find("T%d+Z"))
  end)

  it("keeps configuration that is another one by now", function()
    local apart = "SYNAPSE_CONFIG_DIR=" .. base .. "/config"
    shell("rm -rf data && mkdir data config")
    good("generate", apart)
    shell("touch data/x && cp config/homeserver.yaml then && %s /usr/bin/python3 fill.py %s",
      is_root and "setpriv --reuid 991 --regid 991 --clear-groups" or "", base)
    local path = move_away(backup("", apart))
    shell "echo '# later' >>config/homeserver.yaml"
    local text = good("restore " .. path, apart)
    assert.truthy(text:find("where you may put it: " .. base .. "/data/restored/homeserver.yaml", 1, true), text)
    assert.equal(support.read(base .. "/then"), support.read(base .. "/data/restored/homeserver.yaml"))
    assert.truthy(support.read(base .. "/config/homeserver.yaml"):find("# later", 1, true))
  end)

  it("of a user other than root holds everything too", is_root and function()
    support.remove(base)
    base = support.directory()
    program, who = support.program(base .. "/program"), "setpriv --reuid 4242 --regid 4242 --clear-groups"
    shell "chown 4242:4242 ."
    fill(4242)
    shell "chown -R 4242:4242 data"
    local path = move_away(backup())
    assert.equal("700\n", shell("stat -c %%a %s", path))
    good("restore --check " .. path)
    good("restore " .. path)
    assert.equal(digest "old", digest "data")
    assert.equal(owners "old", owners "data")
  end or function() end)

  it("has no file that would give its owner's rights to others, not even one made so on purpose", is_root and function()
    shell "mkdir data/own && cp /bin/true data/own/tool && chmod 4755 data/own/tool && chmod 2755 data/own"
    shell "cp /bin/true data/theirs && chown 991:991 data/theirs && chmod 4755 data/theirs"
    good("restore " .. move_away(backup()))
    assert.equal("755\n755\n2755\n", shell "stat -c %%a data/own/tool data/theirs data/own")
  end or function() end)

  it("that another user could have changed is not restored by root", is_root and function()
    local path = backup()
    shell("cp -a %s copy && chown 991 copy/MANIFEST", path)
    refused("belongs to uid 991, who could have changed what root is going to write", "restore --check copy")
  end or function() end)

  it("empties no directory for root because another user has put the mark of a restore there", is_root and function()
    local path = backup()
    shell "echo 'x' >data/.synlua.restoring && chown 991 data/.synlua.restoring"
    refused("belongs to uid 991, and only a mark of root's says that all of this may go", "restore " .. path)
    assert.truthy(file.stat(base .. "/data/own.txt"))
  end or function() end)

  it("does not follow a link that Synapse puts in the way of root", is_root and function()
    shell("echo root-only >secret && chmod 600 secret")
    local as = "setpriv --reuid 991 --regid 991 --clear-groups "
    shell(as .. "ln -s %s/secret data/own.key", base)
    local path = backup()
    assert.falsy(shell("cat %s/admin.tar %s/synapse/files.tar", path, path):find("root-only", 1, true))
  end or function() end)
end)
