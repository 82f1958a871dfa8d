-- What stands in the place of a file that is to be read.

local lfs = require "lfs"
local support = require "run.support"

local quoted = support.quote
local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or lfs.currentdir() .. "/.venv/bin/python"
local PORT = support.port()
local base, data

local function check(words)
  return support.capture(("env -i SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no SYNAPSE_DATA_DIR=%s "
    .. "SYNAPSE_CONFIG_DIR=%s SYNLUA_RUNTIME_DIR=%s/run SYNLUA_SYNAPSE_PYTHON=%s SYNAPSE_HTTP_PORT=%d %s %s check 2>&1")
    :format(data, data, base, quoted(PYTHON), PORT, words or "", quoted(support.SYNLUA)))
end

local HINT = "a container engine makes a directory where the file to be mounted does not exist"

describe("a directory in the place of", function()
  before_each(function()
    base = support.directory()
    data = base .. "/data"
    assert(os.execute("mkdir " .. data))
  end)
  after_each(function() support.remove(base) end)

  local function is_told(path, words)
    assert(os.execute(("mkdir -p %s"):format(quoted(path))))
    local said, status = check(words)
    assert.equal(78, status, said)
    assert.truthy(said:find(path, 1, true), said)
    assert.truthy(said:find "a directory", said)
    assert.truthy(said:find(HINT, 1, true), said)
  end

  local function homeserver(text)
    support.write(data .. "/homeserver.yaml", "server_name: example.org\nreport_stats: false\n" .. text)
  end

  it("homeserver.yaml is told", function() is_told(data .. "/homeserver.yaml") end)

  it("well-known.yaml is told", function() is_told(data .. "/well-known.yaml") end)

  it("a registration is told", function()
    homeserver(("app_service_config_files: [%s/bridge.yaml]\n"):format(data))
    is_told(data .. "/bridge.yaml")
  end)

  it("the file of a variable is told", function()
    is_told(data .. "/secret", ("SYNAPSE_REGISTRATION_SHARED_SECRET_FILE=%s/secret"):format(data))
    is_told(data .. "/secret", ("SYNAPSE_CONFIG__form_secret_FILE=%s/secret"):format(data))
  end)

  it("log_config, a key or a secret is told", function()
    homeserver(("log_config: %s/log\n"):format(data))
    is_told(data .. "/log")
    homeserver(("signing_key_path: %s/key\n"):format(data))
    is_told(data .. "/key")
    homeserver(("oidc_providers: [{client_secret_path: %s/oidc}]\n"):format(data))
    is_told(data .. "/oidc")
  end)
end)
