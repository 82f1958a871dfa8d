-- `synlua user add` at a terminal: whatever ends Synapse's tool, its traceback is nobody's business.

local support = require "run.support"

local directory, server

-- Asks as Synapse's tool does, and then talks to a homeserver; BODY stands for that.
local TOOL = [[
import getpass
import json

if not getpass.getpass("Password: ") or not getpass.getpass("Confirm password: "):
    raise SystemExit(1)
BODY
print("made")
]]

local function add(answers, body)
  local tool = directory .. "/site/synapse/_scripts"
  support.write(tool .. "/register_new_matrix_user.py", (TOOL:gsub("BODY", body or "")))
  support.write(directory .. "/site/synapse/__init__.py", "")
  support.write(tool .. "/__init__.py", "")
  -- Python as it is, with that Synapse.
  support.write(directory .. "/python", ([=[#!/usr/bin/python3 -I
import os, sys
words = sys.argv[1:]
at = next(at for at, word in enumerate(words) if word in ("-c", "-m"))
begin = "import sys; sys.path.insert(0, '%s/site')\n"
run = words[at + 1] if words[at] == "-c" else f"import runpy; runpy.run_module({words[at + 1]!r}, run_name='__main__')"
os.execv("/usr/bin/python3", ["python3", "-I", "-c", begin + run, *words[at + 2:]])
]=]):format(directory))
  assert(os.execute(("chmod -R a+rX %s && chmod 755 %s/python"):format(directory, directory)))
  local words = {"env -i PATH=/usr/bin:/bin SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no",
    "SYNAPSE_DATA_DIR=" .. directory, "SYNAPSE_CONFIG_DIR=" .. directory, "SYNLUA_RUNTIME_DIR=" .. directory .. "/run",
    "SYNLUA_SYNAPSE_PYTHON=" .. directory .. "/python", support.quote(support.SYNLUA), "user add alice"}
  return support.capture(("%s -I %s/terminal.py %s -- %s 2>&1"):format(support.PYTHON, support.FAKES, answers,
    table.concat(words, " ")))
end

describe("user add at a terminal", function()
  before_each(function()
    directory, server = support.directory(), support.listen()
    assert(os.execute(("mkdir -p %s/run/sockets; ln -s %s %s/run/sockets/main_public.sock"):format(directory,
      server.path, directory)))
  end)

  after_each(function()
    server:close()
    support.remove(directory)
  end)

  it("makes the user where both passwords are typed", function()
    assert.matches("made\n\nstatus 0\n$", add "secret secret")
  end)

  it("ends plainly where the input ends at either question, or Ctrl-C is typed", function()
    for _, first in ipairs {"", "secret "} do
      for answer, words in pairs {["^D"] = "no password was given, so no user was made\n\nstatus 64\n",
        ["^C"] = "interrupted\n\nstatus 130\n"} do
        local text = add(first .. answer)
        assert.is_nil(text:find("Traceback", 1, true), text)
        assert.is_truthy(text:find("\nsynlua: " .. words, 1, true), text)
      end
    end
  end)

  it("ends plainly where the homeserver is gone by the time the password is typed, or answers otherwise", function()
    for body, words in pairs {
      ["raise ConnectionError('nobody listens')"] = "synlua: the homeserver was not reached: nobody listens\n",
      ["class RequestException(OSError): pass\nclass J(RequestException, json.JSONDecodeError): pass\n"
        .. "raise J('no JSON', 'x', 0)"] = "synlua: the homeserver was not reached: ",
      ["raise KeyError('nonce')"] = "synlua: the homeserver's answer has no 'nonce'\n",
    } do
      local text = add("secret secret", body)
      assert.is_nil(text:find("Traceback", 1, true), text)
      assert.is_truthy(text:find(words, 1, true), text)
      assert.matches("status 69\n$", text)
    end
  end)
end)
