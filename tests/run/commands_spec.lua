-- Commands as their user types them: overrides, eval, plan, env, user.

local lfs = require "lfs"
local support = require "run.support"

local read, write = support.read, support.write

local PROGRAM = lfs.currentdir() .. "/build/synlua"
local base

local function shell(command) return support.capture("{ " .. command .. "; } 2>&1") end

local function synlua(arguments, environment)
  local words = {"env -i SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no", "SYNAPSE_CONFIG_DIR=" .. base,
    "SYNAPSE_DATA_DIR=" .. base, environment or "", PROGRAM, arguments}
  return shell(table.concat(words, " "))
end

-- Both cannot be at once.
local CAPTCHA = "SYNAPSE_RECAPTCHA_PUBLIC_KEY=k"
local LOGINS = "SYNAPSE_MAS_ENDPOINT=http://mas"

-- In the place of Synapse's interpreter: says its last argument, and then its standard input.
local SAYS = "#!/bin/sh\nfor last do :; done\nprintf 'said %s\\n' \"$last\"\ncat\n"

-- The request in that argument, and the standard input.
local function said_in(text)
  local said, rest = text:match "said ([^\n]*)\n(.*)$"
  return assert(require "dkjson".decode(said), text), rest
end

-- An environment with every secret that the schema has, and what each needs beside it.
local function with_secrets(more, secret_of)
  local words = {"POSTGRES_HOST=db POSTGRES_USER=synapse SYNAPSE_REDIS_HOST=r SYNAPSE_EMAIL=yes",
    "SYNAPSE_EMAIL_SMTP_HOST=m SYNAPSE_EMAIL_SMTP_USER=u SYNAPSE_EMAIL_NOTIF_FROM=a@b.c SYNAPSE_TURN_URIS=turn:a", more}
  local other = more == CAPTCHA and "SYNAPSE_MAS_SECRET" or "SYNAPSE_RECAPTCHA_PRIVATE_KEY"
  for _, entry in ipairs(require("settings.schema").entries) do
    if entry.secret and entry.kind == "string" and entry.name ~= other then
      words[#words + 1] = entry.name .. "=" .. secret_of(entry.name)
    end
  end
  return table.concat(words, " ")
end

describe("a command", function()
  before_each(function()
    base = shell "mktemp -d /tmp/synlua-commands-XXXXXX":gsub("\n", "")
    shell(("chmod 755 %s; mkdir -p %s/synlua/templates %s/synlua/plan"):format(base, base, base))
  end)

  after_each(function() shell("rm -rf " .. base) end)

  it("estimates less memory where Synapse is installed for a Python that lets processes share more", function()
    local function estimate(version)
      local venv = ("%s/%s"):format(base, version)
      local directory = ("%s/lib/python%s/site-packages"):format(venv, version)
      write(directory .. "/synapse/storage/schema/__init__.py", "SCHEMA_VERSION = 94\nSCHEMA_COMPAT_VERSION = 84\n")
      write(directory .. "/matrix_synapse-1.163.2.dist-info/METADATA", "")
      write(venv .. "/pyvenv.cfg", "")
      local text = synlua("plan", ("SYNAPSE_WORKER_TYPES=pusher:4 SYNLUA_SYNAPSE_PYTHON=%s/bin/python"):format(venv))
      return tonumber(text:match "memory: about (%d+) MB"), text
    end
    assert.is_true(estimate "3.13" < estimate "3.11")
    assert.equal(estimate "3.13", estimate "3.12")
    assert.equal(estimate "3.11", estimate "3.14")
  end)

  it("renders the user's template in place of the shipped one, and plan names it", function()
    write(base .. "/synlua/templates/nginx.conf", "mine {{ max_body }}\n")
    assert.equal(0, select(2, synlua("render " .. base .. "/out")))
    assert.equal("mine 53477376\n", read(base .. "/out/run/synlua/nginx/nginx.conf"))
    local text, said = synlua "plan", "taken from the user directory: " .. base .. "/synlua/templates/nginx.conf"
    assert.is_truthy(text:find(said, 1, true), text)
  end)

  it("runs the user's Lua in place of the shipped one", function()
    write(base .. "/synlua/services/nginx.lua", [[return {api = 2, extends = function(shipped)
      local plan = shipped.plan
      function shipped.plan(view)
        local part = plan(view)
        part.listens[1].port = 4711
        return part
      end
      return shipped
    end}]])
    assert.is_truthy(synlua("plan"):find("port 4711", 1, true))
  end)

  it("uses no other Lua of the user directory, and says which file was meant", function()
    write(base .. "/synlua/plan/listeners/split.lua", "error 'x'")
    write(base .. "/synlua/nginx.lua", "error 'x'")
    local text, status = synlua "plan"
    assert.equal(0, status, text)
    assert.is_truthy(text:find("/synlua/nginx.lua: is not used; did you mean services/nginx.lua?", 1, true), text)
    assert.is_truthy(text:find(base .. "/synlua/plan/listeners/split.lua: is not used\n", 1, true), text)
  end)

  it("listens on every address where the engine says in the environment that this is a container", function()
    local text = synlua("plan --json", "container=podman")
    assert.is_truthy(text:find('"address":"0.0.0.0"', 1, true), text)
  end)

  it("runs the user's own worker type", function()
    write(base .. "/synlua/workers/mine.lua", "return {api = 2, doc = 'A type of mine.', resources = {'client'}, "
      .. "shared = function(names) return {mine = names} end, endpoints = {}}")
    local text = synlua("plan", "SYNAPSE_WORKER_TYPES=mine:2")
    assert.matches("mine2 +mine\n", text)
    assert.matches("no worker type is called", (synlua("plan", "SYNAPSE_WORKER_TYPES=mines")))
    assert.equal(0, select(2, synlua("render " .. base .. "/out", "SYNAPSE_WORKER_TYPES=mine:2")))
    assert.matches("mine:\n%- mine1\n%- mine2\n", read(base .. "/out/run/synlua/synapse/main.yaml"))
  end)

  it("names file and line of a template that is broken", function()
    write(base .. "/synlua/templates/nginx.conf", "fine\n{{ no_such_name }}\n")
    local text, status = synlua "plan"
    assert.equal(78, status)
    assert.is_truthy(text:find(base .. "/synlua/templates/nginx.conf:2", 1, true), text)
  end)

  it("names file and line of Lua that raises", function()
    write(base .. "/synlua/services/nginx.lua", "\nlocal x = nil\nreturn x.y\n")
    local text, status = synlua "plan"
    assert.equal(78, status, text)
    assert.is_truthy(text:find(base .. "/synlua/services/nginx.lua:3", 1, true), text)
    assert.is_nil(text:find("stack traceback", 1, true), text)
  end)

  it("names a file of the user's that returns nothing, whichever file it replaces", function()
    for _, name in ipairs {"services/nginx", "workers/typing", "init"} do
      shell(("rm -rf %s/synlua; mkdir -p %s/synlua"):format(base, base))
      local path = base .. "/synlua/" .. name .. ".lua"
      support.write(path, "")
      local text, status = synlua("check", "SYNAPSE_WORKER_TYPES=typing")
      assert.equal(78, status, text)
      assert.matches("must return the table of .*, but returns nothing", text)
      assert.is_truthy(text:find(path .. ":1: must return", 1, true), text)
      assert.is_nil(text:find("stack traceback", 1, true), text)
    end
  end)

  it("names a service or worker type of the user's that lacks something", function()
    for name, part in pairs {["services/nginx"] = "api = 2", ["workers/mine"] = "doc: is missing"} do
      shell(("rm -rf %s/synlua; mkdir -p %s/synlua"):format(base, base))
      local path = base .. "/synlua/" .. name .. ".lua"
      support.write(path, name == "services/nginx" and "return {}" or "return {api = 2}")
      local text, status = synlua("check", "SYNAPSE_WORKER_TYPES=typing")
      assert.equal(78, status, text)
      assert.is_truthy(text:find(path, 1, true) and text:find(part, 1, true), text)
      assert.is_nil(text:find("stack traceback", 1, true), text)
    end
  end)

  it("refuses, as root, files that a service's user could change, and says what to do", function()
    write(base .. "/synlua/services/mine.lua", "return {api = 2, doc = 'trusted', argv = {'/bin/true'}}")
    shell(("chown 991 %s/synlua/services/mine.lua"):format(base))
    local text, status = synlua "plan"
    assert.equal(78, status)
    assert.is_truthy(text:find("look at it first", 1, true), text)
    assert.is_truthy(text:find("write it anew as root", 1, true) and text:find("remove it", 1, true), text)
    assert.is_nil(text:find("chown", 1, true), text)
    local trusted = synlua("eval -e 'plan.services.mine.process.argv[1]'", "SYNLUA_TRUST_OVERRIDES=yes")
    assert.equal('"/bin/true"\n', trusted)
  end)

  it("refuses a user directory that is a link", function()
    shell(("mv %s/synlua %s/elsewhere && ln -s elsewhere %s/synlua"):format(base, base, base))
    assert.equal(78, select(2, synlua "plan"))
  end)

  it("eval shows settings without secrets, plan and files", function()
    local secret = "SYNAPSE_TURN_SECRET=hush SYNAPSE_TURN_URIS=turn:a"
    local text = synlua("eval -e 'settings.SYNAPSE_TURN_SECRET, plan.url'", secret)
    assert.equal('"(secret, from SYNAPSE_TURN_SECRET)"\n"http://127.0.0.1:8008"\n', text)
    text = synlua "eval -e 'files'"
    assert.is_truthy(text:find('localhost', 1, true) == nil and text:find("nginx.conf", 1, true), text)
  end)

  it("eval hides a secret in its place, and not the same word elsewhere", function()
    for _, more in ipairs {CAPTCHA, LOGINS} do
      local text = synlua("eval -e 'files'", with_secrets(more, function() return "synapse" end))
      assert.is_truthy(text:find("user: synapse", 1, true), text)
      assert.is_truthy(text:find("/synapse/main.yaml", 1, true), text)
      assert.is_truthy(text:find('password: \\"(hidden)\\"', 1, true), text)
      assert.is_nil(text:find "%a*password: [\\\"]*synapse", text)
    end
  end)

  it("eval shows no secret of any variable in any file", function()
    for _, more in ipairs {CAPTCHA, LOGINS} do
      local wanted = {}
      local environment = with_secrets(more, function(name)
        wanted[name] = ("hush-%s-hush"):format(name:lower())
        return wanted[name]
      end)
      for _, types in ipairs {"", "SYNAPSE_WORKER_TYPES=typing "} do
        local text = synlua("eval -e 'files'", types .. environment)
        assert.is_truthy(text:find("nginx.conf", 1, true), text)
        for name, secret in pairs(wanted) do assert.is_nil(text:find(secret, 1, true), name) end
      end
    end
  end)

  it("eval reads line by line, and an error ends nothing", function()
    local text = shell(("printf '1 + 1\\nnil + 1\\nplan.server_name\\n' | env -i SYNAPSE_SERVER_NAME=example.org "
      .. "SYNAPSE_REPORT_STATS=no SYNAPSE_DATA_DIR=%s SYNAPSE_CONFIG_DIR=%s %s eval"):format(base, base, PROGRAM))
    assert.is_truthy(text:find("^2\n.-attempt to perform arithmetic.-\n\"example.org\"\n$"), text)
  end)

  it("user add says so where no homeserver runs, and ends with 69", function()
    local text, status = synlua("user add alice", ("SYNLUA_RUNTIME_DIR=%s/run/synlua"):format(base))
    assert.equal(69, status)
    assert.is_truthy(text:find("no homeserver answers on " .. base .. "/run/synlua", 1, true), text)
  end)

  it("the other verbs of user say so too, and give every file and no password in an argument", function()
    for _, words in ipairs {"list", "passwd alice", "admin alice", "deactivate alice"} do
      assert.equal(69, (select(2, synlua("user " .. words, ("SYNLUA_RUNTIME_DIR=%s/none"):format(base)))), words)
    end
    write(base .. "/homeserver.yaml", "server_name: example.org\n")
    write(base .. "/python", SAYS)
    write(base .. "/in", "very secret\n")
    local server <close> = setmetatable(support.listen(), {__close = function(self) self:close() end})
    local sockets = base .. "/run/synlua/sockets"
    shell(("chmod +x %s/python; mkdir -p %s; ln -s %s %s/main_public.sock"):format(base, sockets, server.path, sockets))
    local text, status = synlua(("user passwd alice --password-file - <%s/in"):format(base),
      ("SYNLUA_RUNTIME_DIR=%s/run/synlua SYNLUA_SYNAPSE_PYTHON=%s/python"):format(base, base))
    assert.equal(0, status, text)
    local said, rest = said_in(text)
    assert.equal("very secret\n", rest)
    assert.same({action = "passwd", name = "alice", given = true, keep = false, json = false,
      address = {socket = base .. "/run/synlua/sockets/main_public.sock"},
      files = {base .. "/homeserver.yaml", base .. "/run/synlua/synapse/main.yaml"}}, said)
  end)

  it("user add gives Synapse's tool every file that Synapse reads, conf.d included", function()
    write(base .. "/homeserver.yaml", "server_name: example.org\n")
    write(base .. "/conf.d/secret.yaml", "registration_shared_secret: x\n")
    local python = base .. "/python"
    write(python, SAYS)
    local server <close> = setmetatable(support.listen(), {__close = function(self) self:close() end})
    shell(("chmod +x %s; mkdir -p %s/run/synlua/sockets; ln -s %s %s/run/synlua/sockets/main_public.sock"):format(
      python, base, server.path, base))
    local text, status = synlua("user add alice --admin --password-file " .. python,
      ("SYNLUA_RUNTIME_DIR=%s/run/synlua SYNLUA_SYNAPSE_PYTHON=%s"):format(base, python))
    assert.equal(0, status, text)
    assert.same({action = "add", arguments = {"-u", "alice", "--admin", "-c", base .. "/homeserver.yaml",
      "-c", base .. "/conf.d/secret.yaml", "-c", base .. "/run/synlua/synapse/main.yaml",
      "--password-file", "/dev/stdin"}, address = {socket = base .. "/run/synlua/sockets/main_public.sock"}},
      (said_in(text)))
  end)

  it("user add reads the password from standard input, and says so if there is no terminal", function()
    write(base .. "/python", SAYS)
    shell(("chmod +x %s/python; mkdir -p %s/run/synlua/sockets"):format(base, base))
    local server <close> = setmetatable(support.listen(), {__close = function(self) self:close() end})
    shell(("ln -s %s %s/run/synlua/sockets/main_public.sock"):format(server.path, base))
    write(base .. "/in", "very secret\n")
    local more = ("SYNLUA_RUNTIME_DIR=%s/run/synlua SYNLUA_SYNAPSE_PYTHON=%s/python setsid -w"):format(base, base)
    local text, status = synlua("user add alice </dev/null", more)
    assert.equal(64, status, text)
    assert.is_truthy(text:find("--password-file -", 1, true), text)
    assert.is_nil(text:find("said ", 1, true), text)
    text, status = synlua(("user add alice --password-file - <%s/in"):format(base), more)
    assert.equal(0, status, text)
    local said, rest = said_in(text)
    assert.equal("--password-file /dev/stdin", table.concat(said.arguments, " ", 8, 9))
    assert.equal("very secret\n", rest)
    text, status = synlua(("user add alice --password-file %s/none </dev/null"):format(base), more)
    assert.equal(64, status, text)
    assert.is_truthy(text:find(base .. "/none: ", 1, true), text)
  end)

  it("eval ends with 1 where the code fails", function()
    assert.equal(1, select(2, synlua "eval -e 'error(1)'"))
    assert.equal(1, select(2, synlua "eval -e 'x ='"))
  end)

  it("plan --json can be read by a program and holds no secret", function()
    local text = synlua("plan --json", "SYNAPSE_FORM_SECRET=hush")
    local plan = require("dkjson").decode(text)
    assert.equal("example.org", plan.server_name)
    assert.is_nil(text:find("hush", 1, true))
  end)

  it("plan --svg draws what would run, and holds no secret", function()
    local text, status = synlua("plan --svg", "SYNAPSE_FORM_SECRET=hush")
    assert.equal(0, status)
    assert.matches('^<svg .*>main</text>.*</svg>\n$', text)
    assert.is_nil(text:find("hush", 1, true))
    write(base .. "/plan.svg", text)
    assert.equal("", shell("python3 -c 'import xml.dom.minidom, sys; xml.dom.minidom.parse(sys.argv[1])' " .. base
      .. "/plan.svg"))
    assert.equal(64, select(2, synlua "plan --svg --json"))
  end)

  it("env lists every variable of the schema once", function()
    local text = synlua "env --markdown"
    for _, entry in ipairs(require("settings.schema").entries) do
      local _, count = text:gsub("| `?" .. entry.name .. "`? ", "")
      assert.equal(1, count, entry.name)
    end
  end)

  it("render writes no secret that a start would make", function()
    synlua("render " .. base .. "/out")
    local list = shell(("cat %s/out%s/*.key"):format(base, base))
    assert.equal(("made at the first start\n"):rep(4), list)
  end)
end)
