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

describe("a command", function()
  before_each(function()
    base = shell "mktemp -d /tmp/synlua-commands-XXXXXX":gsub("\n", "")
    shell(("mkdir -p %s/synlua/templates %s/synlua/plan"):format(base, base))
  end)

  after_each(function() shell("rm -rf " .. base) end)

  it("renders the user's template in place of the shipped one, and plan names it", function()
    write(base .. "/synlua/templates/nginx.conf", "mine {{ max_body }}\n")
    assert.equal(0, select(2, synlua("render " .. base .. "/out")))
    assert.equal("mine 53477376\n", read(base .. "/out/run/synlua/nginx/nginx.conf"))
    local text, said = synlua "plan", "taken from the user directory: " .. base .. "/synlua/templates/nginx.conf"
    assert.is_truthy(text:find(said, 1, true), text)
  end)

  it("runs the user's Lua in place of the shipped one", function()
    write(base .. "/synlua/plan/listeners/split.lua",
      "return {make = function() return {port = 4711, ports = {}, sockets = {}, kept = {}, "
      .. "resources = {client = true}} end}")
    assert.is_truthy(synlua("plan"):find("port 4711", 1, true))
  end)

  it("listens on every address where the engine says in the environment that this is a container", function()
    local text = synlua("plan --json", "container=podman")
    assert.is_truthy(text:find('"address":"0.0.0.0"', 1, true), text)
  end)

  it("runs the user's own worker type", function()
    write(base .. "/synlua/workers/mine.lua", "return {api = 1, doc = 'A type of mine.', resources = {'client'}, "
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
    write(base .. "/synlua/plan/listeners/split.lua", "\nlocal x = nil\nreturn x.y\n")
    local text, status = synlua "plan"
    assert.equal(78, status, text)
    assert.is_truthy(text:find(base .. "/synlua/plan/listeners/split.lua:3", 1, true), text)
    assert.is_nil(text:find("stack traceback", 1, true), text)
  end)

  it("refuses as root what a service's user could change, and says how to mend it", function()
    write(base .. "/synlua/plan/listeners/split.lua", "return {}")
    shell(("chown 991 %s/synlua/plan/listeners/split.lua"):format(base))
    local text, status = synlua "plan"
    assert.equal(78, status)
    assert.is_truthy(text:find("chown -R root:root " .. base .. "/synlua", 1, true), text)
    local trusted = synlua("eval -e 'require \"plan.listeners.split\"'", "SYNLUA_TRUST_OVERRIDES=yes")
    assert.equal("{}\n", trusted)
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
