-- What synlua says of itself: help and versions.

local support = require "run.support"

local quoted = support.quote

local base

local function synlua(words, environment)
  return support.capture(("cd %s && env -i PATH=/usr/bin:/bin SYNLUA_USER_DIR=%s/user %s timeout 60 %s %s 2>&1"):format(
    base, base, environment or "", quoted(support.SYNLUA), words))
end

-- The commands that the help lists; those of `user` with its name before them.
local function commands(help)
  local list = {}
  for verb in (help:match "\nCommands:\n(.*)$" or ""):gmatch "%f[^\n\0]   (%l[%l_-]*)" do list[#list + 1] = verb end
  return list
end

describe("the command line", function()
  before_each(function() base = support.directory() end)
  after_each(function() support.remove(base) end)

  it("tells the versions, as a command and as an option", function()
    local text, status = synlua "version"
    assert.equal(0, status)
    assert.is_truthy(text:find "^synlua %S+\nLua 5%.4%.%d+, libuv [%d.]+, %a[^\n]+\n$", text)
    assert.same({text, 0}, {synlua "--version"})
  end)

  it("finds the version of the Synapse that it would run", function()
    local directory = base .. "/venv/lib/python3.11/site-packages"
    support.write(base .. "/venv/pyvenv.cfg", "")
    local schema = "SCHEMA_VERSION = 88\nSCHEMA_COMPAT_VERSION = 84\n"
    support.write(directory .. "/synapse/storage/schema/__init__.py", schema)
    support.write(directory .. "/matrix_synapse-1.99.7.dist-info/METADATA", "")
    local text = synlua("--version", ("SYNLUA_SYNAPSE_PYTHON=%s/venv/bin/python"):format(base))
    assert.is_truthy(text:find(", Synapse 1.99.7\n", 1, true), text)
  end)

  it("describes a command by `help` as by --help, also one that hands on its arguments", function()
    assert.same({synlua "status --help"}, {synlua "help status"})
    assert.same({synlua "user add --help"}, {synlua "help user add"})
    assert.same({synlua "--help"}, {synlua "help"})
    for _, verb in ipairs {"run", "psql", "exec"} do
      local text, status = synlua("help " .. verb)
      assert.is_truthy(text:find("^Usage: synlua " .. verb), text)
      assert.equal(0, status)
    end
  end)

  it("names the command that was meant", function()
    local text, status = synlua "help staus"
    assert.is_truthy(text:find("Did you mean 'status'", 1, true), text)
    assert.equal(64, status)
    assert.is_truthy((synlua "versoin"):find("did you mean version?", 1, true))
  end)

  it("helps where a file of the user's is broken", function()
    support.write(base .. "/user/init.lua", "error 'x'")
    for _, words in ipairs {"help", "--help", "version", "--version", "help plan"} do
      assert.equal(0, (select(2, synlua(words))), words)
    end
  end)

  it("is described in at most 80 columns", function()
    local texts = {[""] = (synlua "help")}
    for _, verb in ipairs(commands(texts[""])) do
      texts[verb] = synlua("help " .. verb)
      for _, inner in ipairs(commands(texts[verb])) do
        texts[verb .. " " .. inner] = synlua(("help %s %s"):format(verb, inner))
      end
    end
    assert.is_truthy(texts["user add"] and texts.status)
    for verb, text in pairs(texts) do
      for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 80, verb .. ": " .. line) end
    end
  end)
end)
