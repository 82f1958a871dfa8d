-- What ./dev sets before it runs synlua. A copy of it runs a synlua that only prints its environment.

local support = require "run.support"

local base

-- The environment in which ./dev runs synlua, as text.
local function environment(variables)
  local output, status = support.capture(("cd %s && env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nowhere %s "
    .. "./dev run 2>&1"):format(base, variables or ""))
  assert.equal(0, status, output)
  return "\n" .. output
end

local function has(text, line) return text:find("\n" .. line .. "\n", 1, true) ~= nil end

describe("./dev run", function()
  before_each(function()
    base = support.directory()
    assert(os.execute(("cp dev requirements.txt %s && mkdir -p %s/build %s/.venv/bin"):format(base, base, base)))
    support.write(base .. "/Makefile", "all:\n")
    support.write(base .. "/build/synlua", "#!/bin/sh\nenv\n")
    -- The mark of a virtual environment that is whole, as ./dev leaves it.
    assert(os.execute(("cd %s && chmod +x build/synlua && printf '%%s\\n' \"$(sha256sum <requirements.txt)\" "
      .. "\"$(/usr/bin/python3 -V)\" %s/.venv >.venv/stamp"):format(base, base)))
  end)

  after_each(function() support.remove(base) end)

  it("calls a new server localhost", function()
    local text = environment()
    assert.is_true(has(text, "SYNAPSE_SERVER_NAME=localhost"), text)
    assert.is_true(has(text, "SYNAPSE_REPORT_STATS=no"), text)
    assert.is_true(has(environment "SYNAPSE_SERVER_NAME=a.example", "SYNAPSE_SERVER_NAME=a.example"))
  end)

  it("leaves the name to a homeserver.yaml, wherever that is", function()
    support.write(base .. "/data/homeserver.yaml", "server_name: a.example\n")
    support.write(base .. "/conf/homeserver.yaml", "server_name: b.example\n")
    support.write(base .. "/conf/named", base .. "/conf\n")
    support.write(base .. "/other.yaml", "server_name: c.example\n")
    for _, variables in ipairs {"", "SYNAPSE_CONFIG_DIR=%s/conf", "SYNAPSE_CONFIG_DIR=%s/conf//",
      "SYNAPSE_CONFIG_DIR_FILE=%s/conf/named", "SYNAPSE_CONFIG_PATH=%s/other.yaml"} do
      local text = environment((variables:gsub("%%s", base)))
      assert.is_nil(text:find("SYNAPSE_SERVER_NAME", 1, true), text)
      assert.is_nil(text:find("SYNAPSE_REPORT_STATS", 1, true), text)
    end
    assert.is_true(has(environment("SYNAPSE_CONFIG_PATH=" .. base .. "/none.yaml"), "SYNAPSE_SERVER_NAME=localhost"))
  end)
end)
