-- Every command that README.md, CONTRIBUTING.md and docs/ show is run here, or is in a list below that names the test
-- which runs it. A command in neither fails.

local documents = require "documents"
local file = require "core.file"
local lfs = require "lfs"
local support = require "run.support"
local yaml = require "lib.yaml"

local quoted = support.quote

local PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or lfs.currentdir() .. "/.venv/bin/python"

-- Run as they are, in a data directory that a first start would find.
local ALONE = {check = true, plan = true, render = true, diff = true, explain = true, route = true, env = true,
  eval = true, leave = true, generate = true, exec = true, help = true, version = true, man = true,
  completion = true, override = true, register_new_matrix_user = true}

-- Run against an instance whose services are fakes.
local TALK = {job = true, status = true, health = true, start = true, stop = true, restart = true, logs = true}

-- These need what is no fake: only their command line is tried here. Who runs them, and what is found there.
local ELSEWHERE = {
  user = {"tests/container/ways", "synlua user add", "tests/e2e/run", "user add", "tests/e2e/users", "user passwd"},
  backup = {"tests/e2e/backup", "backup"},
  restore = {"tests/e2e/backup", "restore"},
  ["migrate-database"] = {"tests/e2e/migrate", "migrate-database"},
  housekeeping = {"tests/e2e/housekeeping", "housekeeping \"$@\""},
  ["upgrade-database"] = {"tests/e2e/major_version", "upgrade-database"},
  top = {"tests/run/top_spec.lua", 'exec %s%s top")'},
  psql = {"tests/e2e/workers", "psql"},
  reload = {"tests/run/nginx_spec.lua", "output, status = reload()"},
  run = {"tests/e2e/run", "synlua\" run", "tests/container/ways", "ready in"},
}

-- Other programs: a pattern of the whole command, the test that runs it, and what is to be found there.
local OTHERS = {
  {"^%./dev run$", "tests/container/bare", "./dev run"},
  {"^%./dev test$", "tests/container/bare", "./dev test"},
  {"^%./dev test lint$", "tests/suites.mk", "\nlint: "},
  {"^%./dev test full$", "tests/suites.mk", "\ntest-full: "},
  {"^%./dev test e2e%-dashboard$", "tests/suites.mk", "\ne2e-dashboard: "},
  {"^%./dev test e2e%-pins$", "tests/suites.mk", "\ne2e-pins: "},
  {"^%./dev packages test$", "dev", "packages)"},
  {"^docker build %-%-build%-arg DEBIAN=bookworm %-t synlua %.$", "tests/container/ways", "--build-arg \"DEBIAN="},
  {"^docker start synlua$", "tests/container/ways", "podman start"},
  {"^docker build %-t synlua ", "tests/container/ways", "podman build"},
  {"^docker build %-%-format docker %-t synlua %.$", "tests/container/ways", "--format docker"},
  {"^docker run ", "tests/container/ways", "podman run"},
  {"^docker exec ", "tests/container/ways", "podman exec"},
  {"^docker restart synlua$", "tests/container/ways", "podman start"},
  {"^docker stop synlua$", "tests/container/ways", "podman stop"},
  {"^docker rm synlua$", "tests/container/ways", "podman rm"},
  {"^docker kill %-%-signal HUP synlua$", "tests/run/logs_spec.lua", 'run:signal "HUP"'},
  {"^curl http://127%.0%.0%.1:8008/_matrix/client/versions$", "tests/e2e/upgrade", "/_matrix/client/versions"},
  {"^curl http://127%.0%.0%.1:8008/%.well%-known/matrix/%l+$", "tests/e2e/delegation", "/.well-known/matrix/"},
  {"^curl http://127%.0%.0%.1:9101/metrics$", "tests/run/metrics_spec.lua", '"/metrics"'},
  {"^curl http://127%.0%.0%.1:9101/metrics/synapse$", "tests/run/metrics_spec.lua", '"/metrics/synapse"'},
  {"^curl http://127%.0%.0%.1:9101/targets$", "tests/run/metrics_spec.lua", '"/targets"'},
  {"^curl http://127%.0%.0%.1:9101/health$", "tests/run/metrics_spec.lua", '"/health"'},
  {"^make test%-chaos CHAOS=", "tests/suites.mk", "test-chaos:"},
  {"^make SAN=address,undefined BUILD=build/san$", "tests/suites.mk", "SAN=address,undefined BUILD=build/san"},
  {"^tar %-xOf /data/backups/", "tests/e2e/backup", "tar -xOf"},
  {"^age%-keygen %-o ", "tests/e2e/backup_outside", "age-keygen -o"},
  {"^make requirements$", "tests/suites.mk", "\nrequirements:\n"},
  {"^make docs$", "tests/suites.mk", "docs:"},
}

-- Options of `docker run` and `docker exec` that take a value.
local VALUED = {["-e"] = true, ["-v"] = true, ["-p"] = true, ["--name"] = true, ["--user"] = true, ["--tmpfs"] = true,
  ["--network"] = true}

local base, run

local function plain(command)
  return (command:gsub("^sudo ", ""):gsub("^podman ", "docker "))
end

local function find_test(where, path, words)
  assert(support.read(path):find(words, 1, true), ("%s: %s does not run it: no %q"):format(where, path, words))
end

-- What is run inside of a container, after the name of the image or of the container; and its variables.
local function inside(command)
  local kind, rest = command:match "^docker (%l+) (.*)$"
  if kind ~= "run" and kind ~= "exec" then return end
  local environment = {}
  local word, after = rest:match "^(%S+)%s*(.*)$"
  while word and word:sub(1, 1) == "-" do
    if VALUED[word] then
      local value, behind = after:match "^(%S+)%s*(.*)$"
      if word == "-e" then environment[#environment + 1] = value end
      after = behind
    end
    word, after = after:match "^(%S+)%s*(.*)$"
  end
  assert(word == "synlua", "no image called synlua in: " .. command)
  rest = after
  local words = kind == "run" and "synlua " .. rest or rest
  return (table.concat(environment, " ") .. " " .. words):gsub("^ ", ""):gsub(" $", "")
end

-- The command of ours that a command leads to, if any; raises where nobody knows how to run it.
local function ours(where, command)
  local text = plain(command)
  if text:find "^[%u_][%w_]*=" or text:find "^synlua" or text:find "^printf [^|]* | synlua " then return text end
  local verb = text:match "^%./dev (%l[%l-]*)"
  if verb and verb ~= "run" and verb ~= "test" and verb ~= "packages" then return (text:gsub("^%./dev", "synlua")) end
  for _, other in ipairs(OTHERS) do
    if text:find(other[1]) then
      find_test(where, other[2], other[3])
      local words = inside(text)
      return words and words:find "synlua %S" and words or nil
    end
  end
  error(("%s: no test knows how to run %q; see OTHERS"):format(where, command), 0)
end

local function environment()
  return ("env -i SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no PATH=%s/bin:/usr/bin:/bin:/usr/sbin "
    .. "SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data SYNLUA_RUNTIME_DIR=%s/run SYNLUA_SYNAPSE_PYTHON=%s"):format(
    base, base, base, base, quoted(PYTHON))
end

local function shell(command)
  local text = command:gsub("/data/", base .. "/data/")
  return support.capture(("cd %s && %s timeout 60 sh -c %s 2>&1"):format(base, environment(), quoted(text)))
end

local function make_base()
  base = support.directory()
  assert(os.execute(("mkdir %s/bin %s/data && ln -s %s %s/bin/synlua"):format(base, base, quoted(support.SYNLUA),
    base)))
end

local function talk(command)
  if not run then run = support.ready_pair() end
  local function ask(text)
    return support.capture(("cd / && env -i PATH=/usr/bin:/bin SYNLUA_RUNTIME_DIR=%s timeout 60 %s 2>&1"):format(
      run:path "run", (text:gsub("^synlua", quoted(support.SYNLUA)))))
  end
  local said, status = ask "synlua start nginx synapse"
  assert.equal(0, status, said)
  -- Going on until Ctrl-C: tests/run/control_spec.lua.
  return ask((command:gsub(" %-f$", "")))
end

local handlers = {}

function handlers.alone(command, verb)
  local copied = command:match "override diff (%S+)"
  if copied then
    verb = "diff"
    shell("synlua override copy " .. copied)
  end
  local text, status = shell(command)
  assert.is_true(status == 0 or verb == "diff" and status == 1, ("%s\nstatus %s"):format(text, status))
  return text
end

function handlers.talk(command)
  local text, status = talk(command)
  assert.equal(0, status, text)
  return text
end

function handlers.elsewhere(command, verb, where)
  local tests = ELSEWHERE[verb]
  for at = 1, #tests, 2 do find_test(where, tests[at], tests[at + 1]) end
  if verb == "psql" then -- takes any argument
    local text, status = shell(command)
    assert.equal(78, status, text)
    assert.is_truthy(text:find("the database is SQLite; psql is for PostgreSQL", 1, true), text)
  elseif verb ~= "run" then
    local text, status = shell(command .. " --help")
    assert.equal(0, status, text)
    assert.is_truthy(text:find("^Usage: synlua"), text)
  end
end

local function handler_of(verb)
  return ALONE[verb] and handlers.alone or TALK[verb] and handlers.talk or ELSEWHERE[verb] and handlers.elsewhere
end

local function verbs()
  local list = {}
  local text = support.capture(quoted(support.SYNLUA) .. " --help")
  for verb in text:match "\nCommands:\n(.*)$":gmatch "\n?   (%l[%l_-]*)" do list[#list + 1] = verb end
  return list
end

-- What hands its arguments on has no options of its own.
local function help_of(verb)
  if verb == "run" or verb == "psql" or verb == "exec" then return "" end
  local text = support.capture(("%s %s --help"):format(quoted(support.SYNLUA), verb))
  if verb ~= "user" and verb ~= "override" and verb ~= "job" then return text end
  for inner in text:match "\nCommands:\n(.*)$":gmatch "\n?   (%l[%l_-]*)" do
    text = text .. support.capture(("%s %s %s --help"):format(quoted(support.SYNLUA), verb, inner))
  end
  return text
end

describe("a command shown in", function()
  before_each(make_base)
  after_each(function() support.remove(base) end)
  teardown(function()
    run = nil
    support.finish()
  end)

  for _, path in ipairs(documents.PATHS) do
    for _, shown in ipairs(documents.commands(path)) do
      it(("%s works: %s"):format(shown.where, shown.text), function()
        local command = ours(shown.where, shown.text)
        if not command then return end
        local verb = command:match "synlua (%l[%l_-]*)"
        local handle = assert(command:find " %-%-live" and handlers.talk or handler_of(verb),
          ("%s: %s is in no list"):format(shown.where, verb))
        local text = handle(command, verb, shown.where)
        if shown.output then assert.equal(shown.output, text) end
      end)
    end
  end
end)

describe("the documents", function()
  it("have in docs/variables.md what synlua env --markdown prints; make docs writes it", function()
    local text = support.capture("env -i " .. quoted(support.SYNLUA) .. " env --markdown")
    local kept = support.read("docs/variables.md"):match "\n<!%-%- [^\n]+ %-%->\n\n(.*)$"
    assert.equal(text, kept)
  end)

  it("describe every command and its options", function()
    local text = support.read "docs/commands.md"
    for _, verb in ipairs(verbs()) do
      assert.is_truthy(text:find("`synlua " .. verb:gsub("%p", "%%%0") .. "%f[^%l_-]"), verb)
      for option in help_of(verb):gmatch "%f[^%s]%-%-%l[%l-]*" do
        local short = ({["--lines"] = "[-n N]", ["--follow"] = "[-f]"})[option]
        assert.is_truthy(option == "--help" or text:find(short or option, 1, true), verb .. " " .. option)
      end
    end
  end)

  it("name no command or option in a sentence that there is not", function()
    local known = {VERB = "--help"}
    for _, verb in ipairs(verbs()) do known[verb] = help_of(verb) end
    for _, path in ipairs(documents.PATHS) do
      for _, code in ipairs(documents.inline(path)) do
        local verb, rest = code:match "^synlua (%a[%w_-]*)(.*)$"
        local help = verb and assert(known[verb], ("%s: there is no `%s`"):format(path, code))
        for option in (help ~= "" and rest or ""):gmatch "%f[^%s[](%-%-?%a[%w-]*)" do
          assert.is_truthy(help:find(option, 1, true), ("%s: %s has no %s"):format(path, verb, option))
        end
        if not verb and (code:find "^docker %l+ %-" or code:find "^podman " or code:find "^%./dev test") then
          ours(path, (code:gsub(" [%u]+$", " lint")))
        end
      end
    end
  end)

  it("show YAML and Lua that can be read", function()
    for _, path in ipairs(documents.PATHS) do
      for _, block in ipairs(documents.blocks(path)) do
        local where = ("%s:%d"):format(path, block.line)
        if block.language == "yaml" then assert(yaml.decode(block.text, {name = where})) end
        if block.language == "lua" then assert(load(block.text, "@" .. where, "t")) end
      end
    end
  end)

  it("find the Python of Synapse, without which most of this proves nothing", function()
    assert.is_truthy(file.stat(PYTHON), PYTHON)
  end)
end)
