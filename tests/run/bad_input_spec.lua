-- Bad input, as its user sees it: one report that names every cause, the exit status, and no file written or changed.

local lfs = require "lfs"
local support = require "run.support"

local quoted, read, write = support.quote, support.read, support.write

local PROGRAM = lfs.currentdir() .. "/build/synlua"
local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or lfs.currentdir() .. "/.venv/bin/python"
local FAULT = lfs.currentdir() .. "/build/tests/fault.so"
local PORT = support.port()
local base, data

local function shell(command) return support.capture("{ " .. command .. "; } 2>&1") end

local GOOD = {SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no"}

-- Runs a command of synlua with GOOD, changed by `environment` (false: unset). `before` goes in front of the program.
local function synlua(arguments, environment, before)
  local all = {
    SYNAPSE_CONFIG_DIR = data, SYNAPSE_DATA_DIR = data, SYNLUA_RUNTIME_DIR = base .. "/run/synlua",
    NGINX_LISTEN_ADDRESS = "127.0.0.1", SYNAPSE_HTTP_PORT = PORT, SYNLUA_SYNAPSE_PYTHON = PYTHON,
  }
  for name, value in pairs(GOOD) do all[name] = value end
  for name, value in pairs(environment or {}) do all[name] = value or nil end
  local words = {before or "", "env -i"}
  for name, value in pairs(all) do words[#words + 1] = quoted(name .. "=" .. value) end
  words[#words + 1] = "timeout 60 " .. (before and support.program(base .. "/program") or PROGRAM) .. " " .. arguments
  return shell(table.concat(words, " "))
end

-- The lock, an empty file, is taken before the first write.
local function files_below(path) return (shell(("find %s -type f ! -name .synlua.lock | sort"):format(path))) end

-- `run` is refused with 78, says each text, and leaves the data directory as it was.
local function refused(environment, texts, before)
  if before then support.program(base .. "/program") end
  local was = files_below(base)
  local text, status = synlua("run", environment, before)
  assert.equal(78, status, text)
  for _, part in ipairs(texts) do assert.is_truthy(text:find(part, 1, true), ("no %q in:\n%s"):format(part, text)) end
  assert.is_truthy(text:find "exit 78", text)
  assert.is_nil(text:find("stack traceback", 1, true), text)
  assert.equal(was, files_below(base))
end

local function refused_file(content, ...)
  local path = data .. "/homeserver.yaml"
  write(path, content)
  refused({SYNAPSE_SERVER_NAME = false, SYNAPSE_REPORT_STATS = false}, {...})
  assert.equal(content, read(path))
end

describe("bad input", function()
  before_each(function()
    base = shell "mktemp -d /tmp/synlua-bad-XXXXXX":gsub("\n", "")
    data = base .. "/data"
    shell(("chmod 755 %s && mkdir %s"):format(base, data))
  end)

  after_each(function() shell("rm -rf " .. base) end)

  it("names both required variables when neither is set", function()
    refused({SYNAPSE_SERVER_NAME = false, SYNAPSE_REPORT_STATS = false},
      {"SYNAPSE_SERVER_NAME", "SYNAPSE_REPORT_STATS", "2 problems"})
  end)

  for what, name in pairs {
    blanks = "my server", ["a scheme"] = "https://example.org", ["a newline"] = "example.org\nlisteners: []",
    ["more than 255 bytes"] = ("a"):rep(256), ["a path"] = "example.org/x", nothing = " ",
  } do
    it("refuses a server name with " .. what, function()
      refused({SYNAPSE_SERVER_NAME = name}, {"SYNAPSE_SERVER_NAME"})
    end)
  end

  it("asks for exactly yes or no where REPORT_STATS is true", function()
    refused({SYNAPSE_REPORT_STATS = "true"}, {"SYNAPSE_REPORT_STATS", "exactly yes or no"})
  end)

  it("asks whether a misspelt variable meant the known one", function()
    refused({SYNAPSE_SEVER_NAME = "x"}, {"SYNAPSE_SEVER_NAME", "did you mean SYNAPSE_SERVER_NAME"})
  end)

  it("reports a bad size, port, boolean, file and a doubled variable all at once", function()
    write(base .. "/secret", "x")
    refused({
      SYNAPSE_MAX_UPLOAD_SIZE = "50 elephants", SYNAPSE_HTTP_PORT = "99999", SYNAPSE_ALLOW_GUEST = "maybe",
      SYNAPSE_TURN_SECRET_FILE = base .. "/missing", SYNAPSE_FORM_SECRET = "a",
      SYNAPSE_FORM_SECRET_FILE = base .. "/secret",
    }, {"SYNAPSE_MAX_UPLOAD_SIZE", "SYNAPSE_HTTP_PORT", "SYNAPSE_ALLOW_GUEST", "SYNAPSE_TURN_SECRET_FILE",
      "No such file", "SYNAPSE_FORM_SECRET", "5 problems"})
  end)

  it("names path and user of a file that it may not read", function()
    write(base .. "/secret", "x")
    shell(("chmod 600 %s/secret && chown 12345 %s"):format(base, data))
    refused({SYNAPSE_TURN_SECRET_FILE = base .. "/secret"}, {base .. "/secret", "Permission denied", "uid 12345"},
      "setpriv --reuid=12345 --regid=12345 --clear-groups")
  end)

  it("refuses an empty homeserver.yaml", function() refused_file("", "homeserver.yaml:1", "empty") end)
  it("refuses a homeserver.yaml of comments", function() refused_file("# nothing\n", "homeserver.yaml") end)
  it("names line and column of a truncated homeserver.yaml", function()
    refused_file('server_name: example.org\ndatabase:\n  name: "sqlite', "homeserver.yaml:3:")
  end)
  it("names line and column of an error in YAML", function()
    refused_file("server_name: a\n\tb: [}\n", "homeserver.yaml:2:")
  end)
  it("refuses a list in the place of a mapping", function()
    refused_file("- a\n- b\n", "homeserver.yaml:1", "mapping")
  end)
  it("names option and line of a value of the wrong type", function()
    refused_file("server_name: example.org\nlisteners: 8008\n", "homeserver.yaml:2", "listeners must be a list")
  end)
  it("refuses unknown tags", function()
    refused_file("server_name: !!python/object/apply:os.system ['id']\n", "homeserver.yaml:1:")
  end)
  it("refuses aliases that expand without end", function()
    local lines = {"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"}
    for n = 1, 9 do
      lines[#lines + 1] = ("a%d: &a%d [%s]"):format(n, n, ("*a%d, "):format(n - 1):rep(10):sub(1, -3))
    end
    refused_file(table.concat(lines, "\n") .. "\n", "homeserver.yaml:", "alias")
  end)
  it("refuses a homeserver.yaml without a server name", function()
    refused_file("report_stats: no\n", "homeserver.yaml", "has no server_name")
  end)
  it("warns of a key that is twice in the admin's file", function()
    write(data .. "/homeserver.yaml", "server_name: a.org\nreport_stats: no\nserver_name: b.org\n")
    local text, status = synlua("plan", {SYNAPSE_SERVER_NAME = false})
    assert.equal(0, status, text)
    assert.is_truthy(text:find("homeserver.yaml:3", 1, true), text)
    assert.is_truthy(text:find("b.org at", 1, true), text)
  end)
  it("refuses a server name that differs from the file's", function()
    write(data .. "/homeserver.yaml", "server_name: other.org\n")
    refused({}, {"SYNAPSE_SERVER_NAME", "other.org"})
  end)

  it("names the port that is taken", function()
    local text = shell(([[/usr/bin/python3 -c 'import socket,subprocess,sys
s=socket.socket(); s.bind(("127.0.0.1",0)); s.listen(); port=str(s.getsockname()[1]); print(port,flush=True)
sys.exit(subprocess.call(["env","SYNAPSE_CONFIG_DIR=%s","SYNAPSE_DATA_DIR=%s","SYNAPSE_SERVER_NAME=a.org",
"SYNAPSE_REPORT_STATS=no","SYNAPSE_HTTP_PORT="+port,"NGINX_LISTEN_ADDRESS=127.0.0.1","SYNLUA_RUNTIME_DIR=%s/run/synlua",
"SYNLUA_SYNAPSE_PYTHON=%s","%s","run"]))'; echo status $?]]):format(data, data, base, PYTHON, PROGRAM))
    local port = text:match "^%d+"
    assert.is_truthy(text:find(("127.0.0.1 port %s: Address already in use"):format(port), 1, true), text)
    assert.is_truthy(text:find("status 78", 1, true), text)
    assert.equal("", files_below(base))
  end)

  it("names file and line of a port that is taken and that homeserver.yaml says, nginx's or Synapse's own", function()
    local server <close> = setmetatable(support.listen(), {__close = function(self) self:close() end})
    for _, kind in ipairs {"type: http, resources: [{names: [client]}]", "type: manhole"} do
      local text = ("server_name: example.org\nlisteners:\n  - {port: %d, bind_addresses: ['127.0.0.1'], %s}\n"):format(
        server.port, kind)
      refused_file(text, ("%s/homeserver.yaml:3: 127.0.0.1 port %d: Address already in use"):format(data, server.port),
        "give that listener another port")
    end
  end)

  it("says that Synapse's Python is missing", function()
    refused({SYNLUA_SYNAPSE_PYTHON = base .. "/none/bin/python"}, {base .. "/none/bin/python", "does not exist"})
  end)

  it("says that a Python has no Synapse", function()
    refused({SYNLUA_SYNAPSE_PYTHON = "/usr/bin/python3"}, {"/usr/bin/python3: has no package synapse"})
  end)

  it("says that Synapse's Python, or nginx, is no program", function()
    local text = base .. "/text"
    write(text, "no program\n")
    for _, path in ipairs {base, text, "/dev/null"} do
      refused({SYNLUA_SYNAPSE_PYTHON = path}, {path .. ": is no program", "SYNLUA_SYNAPSE_PYTHON"})
      refused({SYNLUA_NGINX = path}, {path .. ": is no program", "SYNLUA_NGINX"})
    end
  end)

  it("says that nginx is missing", function()
    refused({SYNLUA_NGINX = base .. "/nginx"}, {base .. "/nginx", "does not exist", "SYNLUA_NGINX"})
  end)

  it("names a directory on the way that keeps Synapse's user out", function()
    shell(("mkdir -m 700 %s/closed && mkdir %s/closed/data"):format(base, base))
    refused({SYNAPSE_DATA_DIR = base .. "/closed/data", SYNAPSE_CONFIG_DIR = base .. "/closed/data"},
      {base .. "/closed: cannot be entered", "uid 991"})
  end)

  it("names the owner of a data directory that Synapse's user cannot write to", function()
    shell("chown 12345:54321 " .. data)
    refused({}, {data .. ": belongs to uid 12345", "set UID=12345 and GID=54321"})
  end)

  it("refuses a runtime directory whose sockets would have too long a path", function()
    refused({SYNLUA_RUNTIME_DIR = "/tmp/" .. ("d"):rep(100) .. "/synlua"}, {"SYNLUA_RUNTIME_DIR", "107"})
  end)

  it("says that the data directory is not writable for an ordinary user", function()
    refused({}, {data, "is not writable for uid 12345"}, "setpriv --reuid=12345 --regid=12345 --clear-groups")
  end)

  it("says which capability root lacks, and nothing that follows from that", function()
    for _, name in ipairs {"CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"} do
      refused({}, {"1 problem:", "as its own user: " .. name .. "\n", "--cap-add=" .. name, "--user"},
        "setpriv --bounding-set=-" .. name:lower())
    end
    refused({}, {"1 problem:", "CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID"}, "setpriv --bounding-set=-all")
  end)

  it("says how a volume of root's starts becomes an ordinary user's", function()
    shell(("chown 12345:12345 %s %s; umask 077; : >%s/.synlua.lock"):format(base, data, data))
    refused({}, {data, "Permission denied", "chown -R 12345:12345 " .. data},
      "setpriv --reuid=12345 --regid=12345 --clear-groups")
  end)

  it("leaves no file behind on a read-only file system", function()
    refused({LD_PRELOAD = FAULT, FAULT = "readonly", FAULT_BELOW = data}, {data, "Read-only file system"})
  end)

  it("says that a file system takes root for another user, and makes nothing there", function()
    refused({LD_PRELOAD = FAULT, FAULT = "squashed", FAULT_BELOW = data},
      {data .. ": root cannot keep a file of its own there", "Operation not permitted", "--user 991:991", "1 problem:"})
    assert.equal("", (shell("ls -A " .. data)))
  end)

  it("leaves no partial file behind when the disk is full", function()
    refused({LD_PRELOAD = FAULT, FAULT = "full", FAULT_BELOW = data},
      {data .. "/homeserver.yaml", "No space left on device", "make room"})
    assert.equal("", files_below(data))
  end)

  it("exits 64 for a command line that makes no sense", function()
    local _, status = synlua "frobnicate"
    assert.equal(64, status)
    local text
    text, status = synlua "plan --jsn"
    assert.equal(64, status)
    assert.is_truthy(text:find("--jsn", 1, true), text)
  end)
end)
