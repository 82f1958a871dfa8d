-- A start on a disk that is all but full, on a real one of its own.

local support = require "run.support"

local quoted = support.quote
local PORT = support.port()
local base

-- May anything be mounted here?
local mounts = select(2, support.capture "unshare -m mount -t tmpfs none /mnt 2>&1") == 0

local function check(size, words, before)
  local command = ("mount -t tmpfs -o %s none %s/data && %s env -i SYNAPSE_SERVER_NAME=example.org "
    .. "SYNAPSE_REPORT_STATS=no SYNAPSE_DATA_DIR=%s/data SYNAPSE_CONFIG_DIR=%s/data SYNLUA_RUNTIME_DIR=%s/run "
    .. "SYNLUA_SYNAPSE_PYTHON=/bin/true SYNAPSE_HTTP_PORT=%d %s %s check"):format(size, base, before or "", base, base,
    base, PORT, words, quoted(support.SYNLUA))
  return support.capture(("unshare -m sh -c %s 2>&1"):format(quoted(command)))
end

describe("a start without room", function()
  before_each(function()
    base = support.directory()
    assert(os.execute(("mkdir %s/data"):format(base)))
  end)
  after_each(function() support.remove(base) end)

  local function case(name, fn) it(name, mounts and fn or function() end) end

  case("is refused, with what is left and what is needed", function()
    local said, status = check("size=8m", "")
    assert.equal(78, status)
    assert.truthy(said:find(base .. "/data: has room for 8 MB more, and a start needs 32 MB", 1, true), said)
  end)

  case("is refused the earlier where PostgreSQL's files are to be made", function()
    local said = check("size=100m", "SYNAPSE_WORKER_TYPES=pusher")
    assert.truthy(said:find("/data: has room for 100 MB more, and a start needs 128 MB", 1, true), said)
    said = check("size=100m", "")
    assert.falsy(said:find("has room", 1, true), said)
  end)

  case("is refused where no file can be made", function()
    local said, status = check("nr_inodes=40", "", ("for i in $(seq 1 38); do : >%s/data/$i; done;"):format(base))
    assert.equal(78, status)
    assert.truthy(said:find("/data: has room for 1 more files (inodes), and a start needs 100", 1, true), said)
  end)
end)
