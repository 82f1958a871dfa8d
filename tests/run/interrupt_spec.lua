-- Every command but `run` ends by Ctrl-C and by SIGTERM, whatever it is doing.

local support = require "run.support"

local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or require "lfs".currentdir() .. "/.venv/bin/python"
local quote = support.quote
local directory

local STATUS = {INT = "130", TERM = "143"}

local function interrupted(name, words, variables)
  local list = {"env"}
  for key, value in pairs(variables or {}) do list[#list + 1] = quote(key .. "=" .. value) end
  list[#list + 1] = ("timeout -s KILL 90 %s -I %s/interrupt.py %s"):format(support.PYTHON, support.FAKES, name)
  for _, word in ipairs(words) do list[#list + 1] = quote(word) end
  return support.capture(table.concat(list, " ") .. " 2>&1"):gsub("\n$", "")
end

local function ends(words, variables)
  for name, status in pairs(STATUS) do
    assert.equal(status, interrupted(name, words, variables), name .. " " .. table.concat(words, " "))
  end
end

local function evaluates(code) ends {support.SYNLUA, "eval", "-e", 'print "up" io.stdout:flush() ' .. code} end

before_each(function() directory = support.directory() end)
after_each(function()
  support.finish()
  support.remove(directory)
end)

describe("a signal ends", function()
  it("a script in a loop", function()
    evaluates "while true do end"
    evaluates "while true do pcall(function() while true do end end) end"
  end)

  it("a script in a function of C", function() evaluates [[string.find(("a"):rep(200), ("a-"):rep(40) .. "b")]] end)

  it("a script that waits for input", function() evaluates [[io.read "l"]] end)

  it("a script that waits for a child, and the child with it", function()
    -- The child itself says that it runs: a signal while C's system() begins is ignored, as in any shell.
    ends {support.SYNLUA, "eval", "-e", [[while true do os.execute "echo up; exec sleep 100" end]]}
    ends {support.SYNLUA, "eval", "-e", [[io.popen "echo up >&2; exec sleep 100":read "a"]]}
  end)

  it("a command that loads a file of the user's which does not end", function()
    support.write(directory .. "/services/nginx.lua", 'print "up" while true do end')
    ends({support.SYNLUA, "plan"}, {SYNLUA_USER_DIR = directory, SYNAPSE_SERVER_NAME = "localhost",
      SYNAPSE_REPORT_STATS = "no", SYNAPSE_CONFIG_DIR = directory, SYNAPSE_DATA_DIR = directory})
  end)

  it("check while nginx tries its configuration, and nothing of it stays", function()
    support.write(directory .. "/nginx",
      ("#!/bin/sh\necho $4 >>%s/tried\necho up >%s/up\nexec sleep 100\n"):format(directory, directory))
    support.write(directory .. "/tried", "") -- as root, nginx's user writes it
    assert(os.execute(("cd %s && mkfifo up && chmod 755 nginx && chmod 666 tried up"):format(directory)))
    ends({support.SYNLUA, "check"}, {UP_FIFO = directory .. "/up", SYNLUA_NGINX = directory .. "/nginx",
      SYNLUA_SYNAPSE_PYTHON = PYTHON, SYNAPSE_SERVER_NAME = "localhost", SYNAPSE_REPORT_STATS = "no",
      SYNAPSE_CONFIG_DIR = directory, SYNAPSE_DATA_DIR = directory, SYNAPSE_HTTP_PORT = tostring(support.port())})
    local tried = 0
    for path in support.read(directory .. "/tried"):gmatch "(/%S+)/[^/\n]+\n" do
      tried = tried + 1
      assert.is_false(support.exists(path))
    end
    assert.equal(2, tried)
  end)

  it("check and a start while Synapse's parser is asked, and Synapse does not start", function()
    support.write(directory .. "/bin/python", "#!/bin/sh\necho up\nexec sleep 100\n")
    assert(os.execute(("chmod 755 %s/bin/python"):format(directory)))
    for _, verb in ipairs {"check", "run"} do
      ends({support.SYNLUA, verb}, {SYNLUA_SYNAPSE_PYTHON = directory .. "/bin/python",
        SYNAPSE_SERVER_NAME = "localhost", SYNAPSE_REPORT_STATS = "no", SYNAPSE_CONFIG_DIR = directory .. "/data",
        SYNAPSE_DATA_DIR = directory .. "/data",
        SYNLUA_RUNTIME_DIR = directory .. "/runtime", SYNAPSE_HTTP_PORT = tostring(support.port())})
    end
    assert.is_false(support.exists(directory .. "/data/.synlua.checked"))
  end)

  it("commands that talk to the instance", function()
    local run = support.pair({"say:I am up", "ready"}, {"ready"}):start()
    run:says "synlua | ready in"
    ends({support.SYNLUA, "logs", "-f", "synapse"}, {SYNLUA_RUNTIME_DIR = run:path "run"})
    run:stop()
  end)
end)

local may = os.execute "unshare --pid --fork --mount-proc --kill-child true 2>/dev/null"

it(may and "a signal ends a command that is PID 1, which the kernel spares otherwise"
  or "a signal ends a command below another process", function()
  local words = {support.SYNLUA, "eval", "-e", 'print "up" while true do end'}
  if may then words = {"unshare", "--pid", "--fork", "--mount-proc", "--kill-child", table.unpack(words)} end
  ends(words)
end)
