-- Slots of templates: what the admin adds to them, and what a program that refuses it says.

local complaints = require "files.complaints"
local fixture = require "plan_fixture"
local known = require "contract.slots"
local render = require "files.template.render"
local slots = require "files.slots"
local template = require "files.template"

local PLACE = {base = "/run/x", path = "nginx/conf.d", uid = 0, gid = 33}

local function piece(name, text) return {name = name, path = "/data/synlua/" .. name, text = text or ""} end

local function view(pieces, catalog)
  return {input = {pieces = {["nginx.conf"] = pieces}, templates = {["nginx.conf"] = {path = "/share/nginx.conf"}}},
    catalog = catalog or {nginx = {}}}
end

local function fill(pieces, place) return slots.fill(view(pieces), "nginx.conf", "nginx", place or PLACE) end

local function rendered(text, texts)
  return render.run(assert(template.compile(text, "t")), {}, tostring, texts)
end

local function read(file)
  local from <close> = assert(io.open(file))
  return from:read "a"
end

describe("a slot", function()
  it("is replaced by what was added, and leaves no line where that is nothing", function()
    assert.equal("a\nmore\nb\n", rendered("a\n    {% slot http %}\nb\n", {http = "more\n"}))
    assert.equal("a\nb\n", rendered("a\n    {% slot http %}\nb\n", {http = ""}))
  end)

  it("that a template does not have is an error with the names that there are", function()
    local _, problem = rendered("a\n {% slot htp %}", {http = "", server = ""})
    assert.same({where = "t:2:2", what = "there is no slot htp here", hint = "the slots are http, server"}, problem)
    _, problem = rendered("{% slot x %}")
    assert.equal("this template has no slots", problem.hint)
  end)

  it("stands in the shipped template, for each that is documented", function()
    for name in pairs(known.SERVICES) do
      local compiled, named = assert(template.compile(read("templates/" .. name), name)), {}
      for _, slot in ipairs(known.fields) do
        if slot.file == name then named[known.tag(slot)] = true end
      end
      assert.same(named, compiled.slots)
    end
  end)
end)

describe("pieces of the admin's", function()
  it("become files that the slot includes, in their order, below a comment that names the admin's file", function()
    local texts, made, problems = fill {http = {}, server = {piece "1.conf", piece("2 b.conf", "x;")}}
    assert.same({}, problems)
    assert.equal("", texts.http)
    assert.equal("# /data/synlua/1.conf\ninclude /run/x/nginx/conf.d/server/1.conf;\n"
      .. "# /data/synlua/2 b.conf\ninclude \"/run/x/nginx/conf.d/server/2 b.conf\";\n",
      (texts.server:gsub("%f[^\n\0] +", "")))
    assert.is_truthy(texts.server:find "^        # ")
    assert.equal("/data/synlua/2 b.conf nginx/conf.d/server/2 b.conf x; 640", ("%s %s %s %o"):format(made[2].from,
      made[2].path, made[2].bytes, made[2].mode))
  end)

  it("that begin a line with a directive are known to do so", function()
    local function says(text)
      return slots.says(view {http = {piece("a.conf", "map $a $b { }\n"), piece("b.conf", text)}}, "nginx.conf", "http",
        "access_log")
    end
    assert.is_true(says "access_log /dev/stdout own;")
    assert.is_true(says "log_format own '$uri';\n\taccess_log\n  /dev/stdout own;")
    assert.is_false(says "# access_log /dev/stdout own;\nmy_access_log x;\naccess_logs y;")
  end)

  it("need a directory only where there are some", function()
    assert.same({}, slots.directories(view {http = {}, server = {}}, "nginx.conf", PLACE))
    local list = slots.directories(view {http = {piece "a.conf"}, server = {}}, "nginx.conf", PLACE)
    assert.equal("nginx/conf.d nginx/conf.d/http", list[1].path .. " " .. list[2].path)
    assert.is_nil(list[3])
  end)

  it("lie in one directory where a template has one slot", function()
    local texts, made = fill {settings = {piece "a.conf"}}
    assert.equal("nginx/conf.d/a.conf", made[1].path)
    assert.is_truthy(texts.settings:find("nginx/conf.d/a.conf;", 1, true))
  end)

  it("are refused where an include would not find their copy", function()
    for name, words in pairs {["a*.conf"] = "stands for others", ["a$b.conf"] = "takes for a variable"} do
      local texts, made, problems = fill {http = {piece(name)}, server = {}}
      assert.equal("", texts.http)
      assert.same({}, made)
      assert.equal("/data/synlua/" .. name, problems[1].where)
      assert.is_truthy(problems[1].what:find(words, 1, true), problems[1].what)
    end
  end)

  it("that have no effect are warned of, with the reason", function()
    local all = {http = {piece "a.conf"}, server = {piece "b.conf"}}
    assert.same({{where = "/data/synlua/b.conf", what = "has no effect: /share/nginx.conf has no slot server",
      hint = "add the line {% slot server %} to it"}}, slots.unused(view(all), {["nginx.conf"] = {http = true}}))
    assert.equal("has no effect: no service here has a nginx.conf", slots.unused(view(all), {})[2].what)
    assert.same({}, slots.unused(view(all), {["nginx.conf"] = {http = true, server = true}}))
    assert.same({}, slots.unused(view(all, {}), {})) -- where the move of a database needs no nginx
  end)
end)

describe("a program that refuses a piece", function()
  local FILES = {
    {base = "/run/x", path = "nginx.conf", bytes = "include;\n"},
    {base = "/run/x", path = "a-b.conf", from = "/data/a-b.conf", bytes = "one\nwork_mem = '4XB'\n  foo bar\n"},
  }
  local SAYS = {"^%d+/%d+/%d+ [%d:]+ %[%l+%] %d+#%d+: ", "^nginx: %[%l+%] ", "^%d+%-%d+%-%d+ [%d:.]+ %S+ %[%d+%] ",
    "^%u+:  "}

  local function told(lines, trial)
    local list = {}
    for _, problem in ipairs(complaints.read(lines, FILES, trial or {strip = SAYS}, "it")) do
      list[#list + 1] = problem.where .. ": " .. problem.what
    end
    return table.concat(list, "\n")
  end

  it("is told with the admin's file and line, as nginx names a place", function()
    local expected = '/data/a-b.conf:1: it refuses it: unknown directive "foo"'
    local said = 'unknown directive "foo" in /run/x/a-b.conf:1'
    local last = "nginx: configuration file /run/x/nginx.conf test failed"
    assert.equal(expected, told {"2026/01/02 13:15:07 [emerg] 131#131: " .. said, last})
    assert.equal(expected, told {"nginx: [emerg] " .. said, last})
  end)

  it("is told with every line that PostgreSQL finds", function()
    assert.equal("/data/a-b.conf:1: it refuses it: syntax error, near end of line\n"
      .. '/data/a-b.conf:3: it refuses it: unrecognized configuration parameter "foo"', told {
      '2026-01-02 13:15:08.224 GMT [13] LOG:  syntax error in file "/run/x/a-b.conf" line 1, near end of line',
      '2026-01-02 13:15:08.2 GMT [9] LOG:  unrecognized configuration parameter "foo" in file "/run/x/a-b.conf" line 3',
      '2026-01-02 13:15:08.224 GMT [13] FATAL:  configuration file "/run/x/a-b.conf" contains errors'})
  end)

  it("is told with the line of a parameter whose value PostgreSQL refuses without its place", function()
    assert.equal('/data/a-b.conf:2: it refuses it: invalid value for parameter "work_mem": "4XB"', told {
      'LOG:  invalid value for parameter "work_mem": "4XB"', 'HINT:  Valid units are "kB".',
      'FATAL:  configuration file "/run/x/a-b.conf" contains errors'})
  end)

  it("is told with the line that Redis shows", function()
    local plan = fixture.workers("pusher").services.redis
    assert.equal("/data/a-b.conf:3: it refuses it: Bad directive", told({"*** FATAL CONFIG FILE ERROR ***",
      "Reading the configuration file, at line 3", ">>> 'foo bar'", "Bad directive"}, plan.trial))
    local of_8 = {"1:M 29 Nov 2026 06:06:53.901 # Unresolved Configuration(s) Detected:",
      "1:M 29 Nov 2026 06:06:53.901 # >>> 'of another file'", "1:M 29 Nov 2026 06:06:53.901 # >>> 'foo bar'",
      "1:M 29 Nov 2026 06:06:53.901 # Module Configuration detected without loadmodule directive: aborting"}
    assert.equal("/data/a-b.conf:3: it refuses it: Bad directive: neither Redis nor a module that it loads has it",
      told(of_8, plan.trial))
  end)

  it("is told as haproxy names a place", function()
    assert.equal("/data/a-b.conf:12: it refuses it: unknown keyword 'foo' in 'global' section", told({
      "[ALERT]    (123) : config : parsing [/run/x/a-b.conf:12] : unknown keyword 'foo' in 'global' section",
    }, {strip = {"^%[%u+%]%s+%(%d+%) : config : "}}))
  end)

  it("is told with the line of the admin's file where promtool names one of the file in which it stands", function()
    local above, text = "  # /data/a.yml\n", "  - job_name: a\n    foo: 1\n"
    local bytes = "global:\nscrape_configs:\n  - job_name: own\n" .. above .. text .. "  - job_name: c\n"
    local all = {{base = "/run/x", path = "p.yml", bytes = bytes,
      inside = {{from = "/data/a.yml", above = above, text = text}}}}
    local function said(...)
      local list = {}
      for at, problem in ipairs(complaints.read({...}, all, {}, "it")) do
        list[at] = problem.where .. ": " .. problem.what
      end
      return table.concat(list, "\n")
    end
    local head = "  FAILED: parsing YAML file /run/x/p.yml: "
    assert.equal("/data/a.yml:1: it refuses it: no a\n/data/a.yml:2: it refuses it: no foo",
      said(head .. "yaml: unmarshal errors:", "  line 3: no own", "  line 5: no a", "  line 6: no foo",
        "  line 7: no c", "other", "  line 6: of another file"))
    assert.equal("/data/a.yml:2: it refuses it: bad", said(head .. "yaml: line 6: bad", head .. "yaml: line 6: bad"))
    assert.equal("", said(head .. "yaml: line 7: bad"))
    assert.equal('/data/a.yml:2: it refuses it: not "foo"', said(head .. 'not "foo"'))
    assert.equal("/data/a.yml: it refuses it: job_name is empty", said(head .. "job_name is empty"))
    all[1].bytes = "changed by a hook"
    assert.equal("", said(head .. "job_name is empty"))
  end)

  it("says nothing of a file that is not the admin's", function()
    assert.equal("", told {"nginx: [emerg] unexpected x in /run/x/nginx.conf:1"})
  end)
end)
