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

  it("names the command whose help goes on where an argument is wrong or missing", function()
    for words, hint in pairs {["override new"] = "override new ", override = "override ", ["user add"] = "user add ",
      ["plan --jsn"] = "plan ", ["--jsn"] = ""} do
      local text, status = synlua(words)
      assert.is_truthy(text:find(("; synlua %s--help shows how\n"):format(hint), 1, true), text)
      assert.equal(64, status)
    end
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

describe("what is made from the parser", function()
  before_each(function() base = support.directory() end)
  after_each(function() support.remove(base) end)

  -- Every command with the long options of its help.
  local function described()
    local list = {[""] = {"--version"}}
    local function add(name, help)
      list[name] = {}
      for option in help:gmatch "%f[^%s]%-%-%l[%l-]*" do
        if option ~= "--help" then list[name][#list[name] + 1] = option end
      end
      for _, inner in ipairs(commands(help)) do
        local full = name .. " " .. inner
        add(full, (synlua("help " .. full)))
      end
    end
    for _, verb in ipairs(commands((synlua "help"))) do add(verb, (synlua("help " .. verb))) end
    return list
  end

  it("has every command and option: the manual page", function()
    local page, status = synlua "man"
    assert.equal(0, status)
    assert.equal('.TH SYNLUA 1 "" "synlua ' .. require "lib.version" .. '" ""\n', page:match "^[^\n]*\n")
    for name, options in pairs(described()) do
      local plain = name:gsub("%-", "\\-")
      local part = name == "" and page or page:match("\n%.SS " .. plain:gsub("%p", "%%%0") .. "\n(.-)\n%.S[SH]")
      assert.is_truthy(part, name)
      for _, option in ipairs(options) do
        assert.is_truthy(part:find("\\fB" .. option:gsub("%-", "\\-") .. "\\fR", 1, true), name .. " " .. option)
      end
    end
    for line in page:gmatch "[^\n]+" do
      assert.is_truthy(line:find "^%.TH " or line:find "^%.S[HS] " or line:find "^%.TP$" or line:find "^%.PP$"
        or line:find "^%.nf$" or line:find "^%.fi$" or line:find "^%.B " or not line:find "^[.']", line)
    end
  end)

  it("has every command and option: the completion of each shell", function()
    for _, shell in ipairs {"bash", "zsh", "fish"} do
      local text, status = synlua("completion " .. shell)
      assert.equal(0, status)
      for name, options in pairs(described()) do
        local last = name:match "[^ ]*$"
        assert.is_truthy(text:find(last, 1, true), shell .. ": " .. name)
        for _, option in ipairs(options) do
          assert.is_truthy(text:find(shell == "fish" and "-l " .. option:sub(3) or option, 1, true), shell .. option)
        end
      end
    end
    assert.equal(64, (select(2, synlua "completion csh")))
  end)

  it("completes commands and options in bash", function()
    assert(synlua "completion bash > bash.out")
    local function completed(...)
      local words = {...}
      local program = ("source %s/bash.out; COMP_WORDS=(%s); COMP_CWORD=%d; _synlua; echo ${COMPREPLY[*]}"):format(base,
        table.concat(words, " "), #words - 1)
      return (support.capture("bash -c " .. quoted(program)))
    end
    assert.equal("status start\n", completed("synlua", "sta"))
    assert.equal("--json --watch\n", completed("synlua", "status", "--"):gsub("%-%-help ", ""):gsub("%-%-version ", ""))
    assert.equal("restart\n", completed("synlua", "help", "resta"))
  end)

  it("is put in its place by make install, as the commands print it", function()
    local build = support.SYNLUA:match "^(.*)/"
    local said, status = support.capture(("env -i PATH=\"$PATH\" make -s install BUILD=%s DESTDIR=%s 2>&1"):format(
      quoted(build), base))
    assert.equal(0, status, said)
    local share = base .. "/usr/local/share/"
    for path, words in pairs {["man/man1/synlua.1"] = "man", ["bash-completion/completions/synlua"] = "completion bash",
      ["zsh/site-functions/_synlua"] = "completion zsh",
      ["fish/vendor_completions.d/synlua.fish"] = "completion fish"} do
      assert.equal((synlua(words)), support.read(share .. path))
    end
  end)
end)
