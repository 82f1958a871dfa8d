-- The shell on a real terminal, and `synlua eval` for scripts.

local history = require "cli.shell.history"
local support = require "run.support"
local Terminal = require "run.terminal"

local base

local SECRET = "hush-hush-turn"

local function variables(more)
  local all = {
    SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no", SYNAPSE_CONFIG_DIR = base .. "/data",
    SYNAPSE_DATA_DIR = base .. "/data", SYNLUA_RUNTIME_DIR = base .. "/run", HOME = base .. "/home",
    SYNLUA_SYNAPSE_PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or "/nowhere/python", NO_COLOR = "1",
  }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

local function shell(more, width)
  return Terminal.new(base, support.quote(support.SYNLUA) .. " eval", variables(more), width):shows "\n>$"
end

-- What a command writes, and its status.
local function run(words, more)
  local list = {"env -i PATH=/usr/bin:/bin"}
  for name, value in pairs(variables(more)) do list[#list + 1] = support.quote(name .. "=" .. value) end
  return support.capture(("cd %s && %s timeout -s KILL 60 %s eval %s"):format(base, table.concat(list, " "),
    support.quote(support.SYNLUA), words))
end

before_each(function()
  base = support.directory()
  assert(os.execute(("mkdir %s/data %s/home"):format(base, base)))
end)

after_each(function()
  Terminal.finish()
  support.remove(base)
end)

describe("the shell on a terminal", function()
  it("completes variables, fields, methods, settings and names of files", function()
    local terminal = shell({}, 120)
    terminal:type("pla", "Tab"):shows "\n> plan$"
    terminal:type(".server_n", "Tab", "Enter"):shows '> plan.server_name\n"example.org"\n>$'
    terminal:type("io.stdout:wr", "Tab"):shows "\n> io.stdout:write$"
    terminal:type("", "C-u"):type("settings.SYNAPSE_SERVER_N", "Tab", "Enter"):shows 'NAME\n"example.org"\n>$'
    terminal:type("try{SYNAPSE_WORKER_T", "Tab"):shows "\n> try{SYNAPSE_WORKER_TYPES$"
    terminal:type("", "C-u"):type('render "nginx.c', "Tab"):shows '\n> render "nginx.conf"$'
    terminal:type("", "C-u"):type('why "federation_reader_n', "Tab"):shows '"federation_reader_non_room"$'
    terminal:type("", "C-u"):type(("dofile '%s/ho"):format(base), "Tab"):shows(base .. "/home/$")
  end)

  it("lists what a name may become", function()
    shell():type("pro", "Tab"):type("", "C-u"):type("string.re", "Tab", "Tab"):shows "\nrep%s+reverse\n> string.re$"
  end)

  it("keeps the history for the next session, in a file for its user alone", function()
    shell():enter("40 + 2", "\n42"):type("", "C-d"):shows "ended 0"
    assert.equal("600 700\n", (support.capture(("stat -c %%a %s/home/.local/state/synlua/history | tr '\\n' ' '; "
      .. "stat -c %%a %s/home/.local/state/synlua"):format(base, base))))
    local second = shell():type("", "Up"):shows "\n> 40 %+ 2$"
    second:type("", "Enter"):shows "\n> 40 %+ 2\n42\n>$"
    second:type("", "C-r"):type "0 +":shows "40 %+ 2"
  end)

  it("writes no secret to the history", function()
    local terminal = shell {SYNAPSE_TURN_SECRET = SECRET, SYNAPSE_TURN_URIS = "turn:a"}
    terminal:enter(("#%q"):format(SECRET), "\n14")
    terminal:enter('try{SYNAPSE_FORM_SECRET = "an" .. "other"}.lines', "%-> ")
    terminal:enter("'kept'", "kept"):type("", "C-d"):shows "ended 0"
    assert.equal("'kept'\n", support.read(base .. "/home/.local/state/synlua/history"))
  end)

  it("says once that the history cannot be kept, and goes on", function()
    support.write(base .. "/home/.local/state", "a file")
    shell():enter("'one'", 'one\'\nsynlua: the history is not kept: [^\n]*\n"one"'):enter("'two'", 'two\'\n"two"')
  end)

  it("asks for more until a chunk is whole", function()
    shell():type("for i = 1, 2 do", "Enter"):shows "\n>>$":type("print('line ' .. i)", "Enter")
      :enter("end", "\nline 1\nline 2"):type("x = [[a", "Enter"):shows "\n>>$":enter("b]]", "b]]")
      :enter("x", '"a\\nb"')
  end)

  it("drops a line by Ctrl-C, and ends by Ctrl-D", function()
    shell():type("for i = 1", "C-c"):shows "%^C\n>$":type("do", "Enter"):shows "\n>>$":type("", "C-c")
      :shows "%^C\n>$":type("", "C-d"):shows "ended 0"
  end)

  it("ends a chunk by Ctrl-C and stays, even if the chunk catches errors, runs coroutines or waits", function()
    local terminal = shell()
    terminal:enter("kept = 7", "kept")
    for _, code in ipairs {
      "print 'on' while true do end", "print 'on' while true do pcall(function() while true do end end) end",
      "print 'on' coroutine.wrap(function() while true do pcall(error) end end)()",
      "print 'on' io.stdout:flush() while true do os.execute 'sleep 100' end",
      "print 'on' io.stdout:flush() coroutine.wrap(function() while true do os.execute 'sleep 100' end end)()",
    } do
      terminal:type(code, "Enter"):shows "\non$"
      terminal:type("", "C-c"):shows "interrupted.*\n>$"
      terminal:type("", "C-l"):tmux "clear-history"
    end
    terminal:enter("kept", "\n7")
  end)

  it("follows the width of the terminal", function()
    local terminal = shell({}, 60)
    local list = "{'one two three four', 'five six seven eight'}"
    terminal:enter(list, '\n{\n  "one two three four",\n  "five six seven eight"\n}')
    terminal:resize(120)
    terminal:enter(list, '\n{"one two three four", "five six seven eight"}')
    terminal:type "'half of":resize(50)
    terminal:type(" it'", "Enter"):shows '\n"half of it"\n>$'
  end)

  it("takes letters beyond ASCII", function()
    shell():type("'größe x", "BSpace"):enter("✓'", '\n"größe ✓"')
  end)

  it("has colours unless NO_COLOR is set", function()
    local terminal = shell {NO_COLOR = ""}
    terminal:enter("'text'", '\n"text"')
    assert.is_truthy(terminal:tmux "capture-pane -p -e":find '\27%[32m"text"')
  end)

  it("says where an error is, and what led to it", function()
    local terminal = shell()
    terminal:type("function f()", "Enter"):shows ">>$":type("  return nil + 1", "Enter"):enter("end", "end")
    terminal:enter("local x = f() return x", "chunk 1:2: attempt to perform arithmetic on a nil value\n"
      .. "  2 |   return nil %+ 1\n  in f at chunk 1:2\n  at chunk 2:1")
    terminal:enter("plam", "chunk 3:1: nothing is called plam here, did you mean plan%?\n  1 | plam")
    terminal:enter("x = = 1", "chunk 4:1: unexpected symbol near '='\n  1 | x = = 1")
  end)

  it("says how long a slow chunk took", function()
    shell():enter("os.execute 'sleep 0.2'", "\n%(0%.%d+ s%)")
  end)
end)

-- The session in docs/shell.md.
local SESSION = {
  "workers()", 'why "stream_writers.typing"',
  'route "PUT /_matrix/client/v3/rooms/!room:example.org/typing/@alice:example.org"',
  "plan.databse", "plan.database", 'route "GET /_matrix/client/v3/sync"',
  'more = try{SYNAPSE_WORKER_TYPES = "typing, synchrotron"}', "more", "#more.plan.instances",
  'why "stream_writer.typing"', 'try{SYNAPSE_WORKER_TYPES = "typin"}.problems[1].what',
  "for _, instance in ipairs(plan.instances) do", "  print(instance.name, instance.service)", "end",
  "print 'for ever' while true do end",
}

local function session()
  local terminal = shell({SYNAPSE_WORKER_TYPES = "typing"}, 120)
  for _, line in ipairs(SESSION) do
    local before = #terminal:screen()
    terminal:type(line, "Enter")
    local interrupted = line:find "for ever"
    if interrupted then terminal:shows "\nfor ever$":type("", "C-c") end
    assert(support.poll(support.LONG, function()
      local now = terminal:screen()
      return #now > before + #line and now:find "\n>>?$" and (not interrupted or now:find "interrupted\n")
    end), terminal:screen())
  end
  local text = terminal:type("", "C-d"):shows "ended 0":screen()
  text = text:gsub("%s*ended 0.*", "\n"):gsub("\n>[ ^D]*\n?$", "\n"):gsub("%(%d+%.%d+ s%)\n", "")
  return (text:gsub(base:gsub("%p", "%%%0"), ""):gsub(package.home:gsub("%p", "%%%0"), "/usr/local/share/synlua"))
end

it("the session in docs/shell.md is what the shell shows; GOLDEN=1 writes it", function()
  support.golden("docs/shell.md", "^(.-\n```text\n)(.-)(```\n.*)$", session())
end)

describe("the history", function()
  it("keeps no line that may hold a secret", function()
    for _, code in ipairs {'password = "x"', "{['api_key'] = 'x'}", "try{SYNAPSE_SMTP_PASSWORD='x'}",
      'x = "postgres://me:word@host/db"', "say 'swordfish'"} do
      assert.is_true(history.is_secret(code, {"swordfish"}), code)
    end
    for _, code in ipairs {'plan.url', 'why "registration_shared_secret_path"', 'x = "a"', 'route "GET /x"'} do
      assert.is_false(history.is_secret(code, {"swordfish"}), code)
    end
  end)
end)

describe("eval", function()
  it("prints the values of -e as JSON, and says by its status whether it failed", function()
    local text, status = run "--json -e 'plan.server_name, {1, 2}, {a = true}, nil'"
    assert.equal('"example.org"\n[1,2]\n{"a":true}\nnull\n', text)
    assert.equal(0, status)
    text, status = run "--json -e 'error {}' 2>/dev/null"
    assert.equal("", text)
    assert.equal(1, status)
  end)

  it("runs a script of a file and of standard input, which see the same variables", function()
    support.write(base .. "/script.lua", "made = arg[1]\nprint(plan.server_name, made, nothing)\nreturn 3\n")
    local text, status = run "script.lua word"
    assert.equal("example.org\tword\tnil\n", text)
    assert.equal(3, status)
    text, status = run "- word <script.lua"
    assert.equal("example.org\tword\tnil\n", text)
    assert.equal(3, status)
  end)

  it("prints what a script returns, and fails where it returns nil and a message", function()
    support.write(base .. "/script.lua", "return {a = 1}")
    assert.equal("{\n  a = 1\n}\n", (run "script.lua"))
    support.write(base .. "/script.lua", "return nil, 'no luck'")
    local text, status = run "script.lua 2>&1"
    assert.equal("synlua: no luck\n", text)
    assert.equal(1, status)
  end)

  it("says where a script failed, in the script's own words", function()
    support.write(base .. "/script.lua", "local function f() error 'no' end\nf()\n")
    local text, status = run "script.lua 2>&1 >/dev/null"
    assert.equal("synlua: script.lua:1: no\n  in f at script.lua:1\n  at script.lua:2\n", text)
    assert.equal(1, status)
  end)

  it("fails where a line of standard input failed, and goes on with the next", function()
    local text, status = run "<<'END' 2>/dev/null\nnil + 1\nfor i = 1, 1 do\nprint 'two lines'\nend\nEND"
    assert.equal("two lines\n", text)
    assert.equal(1, status)
  end)

  it("knows no name by half, and says which was meant", function()
    for code, words in pairs {
      ["plam.url"] = "did you mean plan?", ["plan.databse"] = "did you mean database?",
      ["settings.SYNAPSE_SERVER_NAM"] = "did you mean SYNAPSE_SERVER_NAME?",
      ['render "ngin.conf"'] = "did you mean nginx.conf?", ['explain "listner"'] = "did you mean listeners?",
      ['why "typin"'] = "did you mean typing?", ['help "wy"'] = "did you mean why?",
      ['try{SYNAPSE_WORKER_TYPE = "x"}'] = "did you mean SYNAPSE_WORKER_TYPES?",
    } do
      local text, status = run("-e " .. support.quote(code) .. " 2>&1")
      assert.equal(1, status)
      assert.is_truthy(text:find(words, 1, true), code .. ": " .. text)
    end
  end)

  it("describes what files of the user directory may hold", function()
    assert.matches("^service: A file .*\n  argv +The program, .*\n  ready +default ", (run "-e 'help \"service\"'"))
    assert.matches("^service.ready: .*\n  default \"started\"; .*\n  http +A GET ", (run "-e 'help \"service.ready\"'"))
    assert.matches("^service.ready.tcp: This port", (run "-e 'help \"service.ready.tcp\"'"))
    assert.matches("^hooks.on: Gets each event", (run "-e 'help \"hooks.on\"'"))
    assert.matches("did you mean service.argv%?", (run "-e 'help \"service.agv\"' 2>&1"))
  end)

  it("says which worker type, which variable and which file something comes from", function()
    local types = {SYNAPSE_WORKER_TYPES = "typing"}
    local text = run("-e 'why \"stream_writers.typing\"'", types)
    assert.matches('^stream_writers.typing: %["typing1"%]\n    set by synlua.*\n    by worker type typing of typing1, '
      .. ".*/lua/workers/typing.lua:6\n$", text)
    assert.matches("set by SYNAPSE_WORKER_TYPES\n$", (run("-e 'why \"SYNAPSE_WORKER_TYPES\"'", types)))
    support.write(base .. "/data/homeserver.yaml", "server_name: example.org\nreport_stats: no\n\nmax_upload_size: 5M")
    assert.matches("set by .*/data/homeserver.yaml:4\n$", (run "-e 'why \"max_upload_size\"'"))
    assert.matches("made by service nginx\n    from .*/templates/nginx.conf\n$", (run "-e 'why \"nginx.conf\"'"))
    assert.matches("^nginx: a service\n    .*/services/nginx.lua\n$", (run "-e 'why \"plan.services.nginx.ready\"'"))
    assert.matches("^typing: a worker type\n    .*/workers/typing.lua\n$", (run "-e 'why \"workers.typing\"'"))
    assert.matches("set by SYNAPSE_WORKER_TYPES\n$", (run("-e 'why \"env.SYNAPSE_WORKER_TYPES\"'", types)))
    assert.matches("an endpoint of worker type presence, .*/workers/presence.lua:8\n$",
      (run "-e 'why \"/_matrix/client/{api/v1|r0|v3|unstable}/presence/*\"'"))
  end)

  it("says what each part of the plan is worked out from, and which files its routes come from", function()
    local types = {SYNAPSE_WORKER_TYPES = "typing"}
    assert.matches("^plan.server_name: worked out by the plan from\n    server_name:\n"
      .. "        set by SYNAPSE_SERVER_NAME\n"
      .. "        over synlua's default: \"example.org\"\n$", (run "-e 'why \"plan.server_name\"'"))
    assert.matches("^plan.paths.data: worked out by the plan from\n    SYNAPSE_DATA_DIR:\n        set by "
      .. "SYNAPSE_DATA_DIR\n$", (run "-e 'why \"plan.paths.data\"'"))
    for _, name in ipairs {"routes", "plan.routes.pools"} do
      assert.matches("worked out by the plan from\n    SYNAPSE_WORKER_TYPES:\n        set by SYNAPSE_WORKER_TYPES\n"
        .. "    the endpoints of the worker types\n        typing, for typing1: .*/lua/workers/typing.lua\n$",
        (run("-e 'why \"" .. name .. "\"'", types)))
    end
    assert.equal("\n", (run([[-e 'local lacking = "" for name in pairs(plan) do
      if not pcall(why, "plan." .. name) then lacking = lacking .. name end end print(lacking)']], types)))
    assert.matches("did you mean plan.server_name%?", (run "-e 'why \"plan.servername\"' 2>&1"))
  end)

  it("says in one line that there is no plan, where the configuration has problems", function()
    for _, code in ipairs {"workers()", 'why "listeners"', 'render "nginx.conf"', "diff()", 'route "GET /"'} do
      local text, status = run("-e " .. support.quote(code) .. " 2>&1", {SYNAPSE_REPORT_STATS = "x"})
      assert.matches("\nsynlua: there is no plan, because the configuration has 1 problem: see `problems`\n$", text)
      assert.equal(1, status)
    end
    assert.equal('"SYNAPSE_REPORT_STATS"\n', (run("-e 'problems[1].where' 2>/dev/null", {SYNAPSE_REPORT_STATS = "x"})))
  end)

  it("shows what differs under other variables", function()
    local text = run "-e 'try{SYNAPSE_WORKER_TYPES = \"typing\"}'"
    assert.matches("\n%+ service typing1\n", text)
    assert.matches("\n~ file .*/nginx/nginx.conf: %d+ lines? more, %d+ less\n", text)
    assert.matches("\n%+ +upstream typing.alone {\n", (run("-e 'try{SYNAPSE_WORKER_TYPES = \"typing\"}.changes"
      .. ('["%s/run/nginx/nginx.conf"]\''):format(base))))
    assert.equal("nothing differs\n", (run "-e 'try{}'"))
    assert.matches("\nproblem: SYNAPSE_REPORT_STATS: ", "\n" .. run "-e 'try{SYNAPSE_REPORT_STATS = \"x\"}'")
  end)

  it("lets no control character of a file reach the terminal", function()
    support.write(base .. "/data/homeserver.yaml",
      'server_name: example.org\nreport_stats: no\nadmin_contact: "a\\e[2Jb"\n')
    for _, code in ipairs {'why "admin_contact"', 'explain "admin_contact"', 'files', 'render "main.yaml"',
      'try{SYNAPSE_WORKER_TYPES = "typing"}'} do
      local text = run("-e " .. support.quote(code))
      assert.is_nil(text:find "\27", code .. text)
    end
  end)

  it("shows no secret in any of its values", function()
    local secrets = {SYNAPSE_TURN_SECRET = SECRET, SYNAPSE_TURN_URIS = "turn:a", POSTGRES_PASSWORD = SECRET,
      SYNAPSE_CONFIG__email__smtp_pass = SECRET}
    for _, code in ipairs {"env", "settings", "plan", "files", "services", "routes", "problems", "diff()",
      'why "turn_shared_secret"', 'why "SYNAPSE_TURN_SECRET"', 'explain "email"', 'try{SYNAPSE_TURN_SECRET = false}',
      'render "main.yaml"', "templates", "workers"} do
      local text, status = run("-e " .. support.quote(code), secrets)
      assert.equal(0, status, code)
      assert.is_nil(text:find(SECRET, 1, true), code)
      assert.is_nil((run("--json -e " .. support.quote(code), secrets)):find(SECRET, 1, true), code)
    end
  end)
end)
