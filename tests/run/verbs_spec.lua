-- The verbs of the official image, and other programs.

local file = require "core.file"
local support = require "run.support"

local quoted = support.quote

local base

local function synlua(arguments, environment)
  local words = {
    "cd", base, "&& env -i SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no PATH=$PWD/bin:/usr/bin:/bin",
    "SYNAPSE_CONFIG_DIR=$PWD/data SYNAPSE_DATA_DIR=$PWD/data SYNLUA_RUNTIME_DIR=$PWD/run",
    "SYNLUA_SYNAPSE_PYTHON=$PWD/opt/python", environment or "", "timeout 60", quoted(support.SYNLUA), arguments, "2>&1",
  }
  return support.capture(table.concat(words, " "))
end

local function script(path, text)
  support.write(base .. "/" .. path, "#!/bin/sh\n" .. text)
  os.execute(("chmod 755 %s/%s"):format(base, path))
end

local function says(text, part) assert.truthy(text:find(part, 1, true), text) end

describe("a verb", function()
  before_each(function()
    base = support.directory()
    script("opt/python", "exit 0\n")
    script("opt/synapse_tool", 'echo "tool $*"\nexit 7\n')
  end)
  after_each(function() support.remove(base) end)

  it("that is not synlua's runs that program, Synapse's own included, with its status", function()
    local text, status = synlua "synapse_tool -a 'b c'"
    assert.equal("tool -a b c\n", text)
    assert.equal(7, status)
    text, status = synlua "sh -c 'echo $FOO; exit 3'"
    assert.equal("\n", text)
    assert.equal(3, status)
    assert.equal("bar\n", (synlua("exec sh -c 'echo $FOO'", "FOO=bar")))
    assert.equal("tool x\n", (synlua "./opt/synapse_tool x"))
  end)

  it("exec also runs a program with the name of a verb", function()
    script("bin/status", "echo mine\n")
    assert.equal("mine\n", (synlua "exec status"))
  end)

  it("exec reports a missing program, and a missing argument", function()
    local text, status = synlua "exec nothing-of-that-name"
    assert.equal(127, status)
    says(text, "nothing-of-that-name")
    assert.equal(64, select(2, synlua "exec"))
  end)

  it("misspelt is an error that names the right one", function()
    local text, status = synlua "staus"
    assert.equal(64, status)
    says(text, "did you mean status?")
    script("bin/staus", "echo mine\n")
    assert.equal("mine\n", (synlua "staus"))
  end)

  it("runs with more variables than an engine sets for a hundred services", function()
    local many = {}
    for at = 1, 900 do many[at] = ("X%d=1"):format(at) end
    assert.equal("ok\n", (synlua("sh -c 'echo ok'", table.concat(many, " "))))
  end)

  for _, verb in ipairs {"generate", "migrate_config"} do
    it(verb .. " makes what lasts, once, and starts nothing", function()
      local text, status = synlua(verb)
      assert.equal(0, status, text)
      for _, name in ipairs {"homeserver.yaml", "example.org.signing.key", "example.org.macaroon.key"} do
        says(text, "made " .. base .. "/data/" .. name)
        assert.is_truthy(file.stat(base .. "/data/" .. name))
      end
      assert.equal(384, file.stat(base .. "/data/example.org.signing.key").mode)
      assert.is_nil(file.stat(base .. "/run"))
      local made = file.stat(base .. "/data/homeserver.yaml")
      assert.same({0, 991, 416}, {made.uid, made.gid, made.mode}) -- root's, and Synapse reads it
      local before = support.read(base .. "/data/homeserver.yaml")
      text, status = synlua(verb)
      assert.equal(0, status, text)
      says(text, "all keys exist already")
      assert.equal(before, support.read(base .. "/data/homeserver.yaml"))
    end)
  end

  it("generate does not care who listens on the ports of a start", function()
    local server <close> = setmetatable(support.listen(), {__close = function(self) self:close() end})
    local text, status = synlua("generate", "NGINX_LISTEN_ADDRESS=127.0.0.1 SYNAPSE_HTTP_PORT=" .. server.port)
    assert.equal(0, status, text)
  end)

  it("run accepts the official arguments, and says what they mean here", function()
    local text, status = synlua "run -m synapse.app.generic_worker"
    assert.equal(64, status)
    says(text, "SYNAPSE_WORKER_TYPES")
    support.write(base .. "/data/other.yaml", "server_name: b.org\nlisteners: 8\n")
    for _, words in ipairs {"run", ""} do
      text, status = synlua(words .. " -m synapse.app.homeserver --config-path " .. base .. "/data/other.yaml")
      assert.equal(78, status, text)
      says(text, "-m synapse.app.homeserver: it runs in any case")
      says(text, "other.yaml:2")
    end
  end)

  it("eval shows no secret in the environment of a process", function()
    local text = synlua("eval -e plan", "SYNAPSE_HTTP_PROXY=http://u:se-cret@proxy")
    says(text, "HTTP_PROXY=(secret)")
    assert.is_nil(text:find("se-cret", 1, true))
    text = synlua("eval -e files", "SYNAPSE_FORM_SECRET=se-cret")
    assert.is_nil(text:find("se-cret", 1, true))
  end)
end)
