-- What the installed Synapse itself calls a secret is hidden, whatever its name is.

local support = require "run.support"

-- A Synapse with options that nobody here knows.
local SOURCE = [[
class NewConfig(Config):
    def read_config(self, config, allow_secrets_in_config, **kwargs):
        if config.get("riddle") and not allow_secrets_in_config:
            raise ConfigError(
                "Config options that expect an in-line secret as value are disabled",
                ("riddle",),
            )
        if self.phrase and not allow_secrets_in_config:
            raise ConfigError('Config options that expect an in-line secret', ("sphinx", "phrase"))
        if self.sitekey and not allow_secrets_in_config:
            raise ConfigError('Config options that expect an in-line secret', ("new_public_word",))
        raise ConfigError("must be a word", ("plain",))
]]

local CONFIG = "riddle: hush1\nsphinx: {phrase: {deep: hush2}, feet: four}\nnew_public_word: said\nplain: shown\n"

local directory

local function synlua(words)
  return (support.capture(("env -i PATH=/usr/sbin:/usr/bin:/bin SYNAPSE_SERVER_NAME=example.org "
    .. "SYNAPSE_REPORT_STATS=no SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data SYNLUA_RUNTIME_DIR=%s/run "
    .. "SYNLUA_SYNAPSE_PYTHON=%s/bin/python %s %s 2>&1"):format(
    directory, directory, directory, directory, support.quote(support.SYNLUA), words)))
end

describe("an option that the installed Synapse calls a secret", function()
  before_each(function()
    directory = support.directory()
    local package = directory .. "/lib/python3.11/site-packages/synapse/"
    support.write(package .. "__init__.py", "")
    support.write(package .. "config/new.py", SOURCE)
    support.write(directory .. "/pyvenv.cfg", "")
    support.write(directory .. "/bin/python", "#!/bin/sh\n")
    support.write(directory .. "/data/homeserver.yaml", "report_stats: false\n")
    support.write(directory .. "/data/homeserver.d/a.yaml", CONFIG)
    assert(os.execute(("chmod 755 %s/bin/python"):format(directory)))
  end)

  after_each(function() support.remove(directory) end)

  it("is hidden by explain, and what is below it", function()
    for _, option in ipairs {"riddle", "sphinx", "sphinx.phrase", "sphinx.phrase.deep"} do
      local text = synlua("explain " .. option)
      assert.is_nil(text:find("hush", 1, true), text)
      assert.is_truthy(text:find("(hidden)", 1, true), text)
    end
    assert.matches("four", synlua "explain sphinx.feet")
    assert.matches("said", synlua "explain new_public_word")
    assert.matches("shown", synlua "explain plain")
  end)

  it("is hidden by eval and diff", function()
    local text = synlua "eval -e files"
    assert.is_nil(text:find("hush", 1, true), text)
    assert.is_truthy(text:find("four", 1, true) and text:find("riddle", 1, true), text)
    assert(os.execute(("mkdir %s/out"):format(directory)))
    synlua(("render %s/out"):format(directory))
    assert(os.execute(("mv %s/out%s/run %s/run"):format(directory, directory, directory)))
    support.write(directory .. "/data/homeserver.d/a.yaml", CONFIG:gsub("hush", "new-hush"):gsub("four", "five"))
    text = synlua "diff"
    assert.is_nil(text:find("hush", 1, true), text)
    assert.is_truthy(text:find("five", 1, true), text)
  end)
end)
