-- The admin's pieces in the slots of templates, as `check` and a start treat them. Synapse is a fake here; nginx, Redis
-- and PostgreSQL are the real ones.

local document = require "lib.document"
local support = require "run.support"
local system = require "core.system"
local yaml = require "lib.yaml"

local USER = "/user/templates/"
local base

local function synlua(verb, more)
  local words = {"env -i PATH=/usr/bin:/bin:/usr/sbin SYNAPSE_SERVER_NAME=localhost SYNAPSE_REPORT_STATS=no",
    "SYNLUA_CONTAINER=no NGINX_LISTEN_ADDRESS=127.0.0.1", "SYNAPSE_HTTP_PORT=" .. support.port(),
    ("SYNLUA_SYNAPSE_PYTHON=%s/python SYNLUA_RUNTIME_DIR=%s/run SYNLUA_USER_DIR=%s/user"):format(base, base, base),
    ("SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data"):format(base, base), more or "",
    "timeout -s KILL 60", support.quote(support.SYNLUA), verb, "2>&1"}
  return support.capture(table.concat(words, " "))
end

local function piece(path, text) support.write(base .. USER .. path, text) end

local function says(output, ...)
  for _, plain in ipairs {...} do
    plain = plain:gsub("{user}", function() return base .. USER end)
    assert(output:find(plain, 1, true), ("%q was not said, but:\n%s"):format(plain, output))
  end
end

-- A piece of nginx's that is no good: the place that is named, and what is said.
local function refused(slot, text, line, what)
  piece("nginx.conf.d/" .. slot .. "/50-own.conf", text)
  local output, status = synlua "check"
  assert.equal(78, status, output)
  says(output, ("{user}nginx.conf.d/%s/50-own.conf:%d: nginx refuses it: %s"):format(slot, line, what))
end

describe("a piece in a slot", function()
  before_each(function()
    base = support.directory()
    assert(os.execute(("mkdir %s/data && cp %s/synapse.py %s/python"):format(base, support.FAKES, base)))
  end)
  after_each(function() support.remove(base) end)

  it("of nginx is named with its line where nginx refuses it", function()
    refused("location", "# mine\nlocation /x {\n    retrun 200;\n}\n", 3, 'unknown directive "retrun"')
    refused("location", "location / { return 200; }\n", 1, 'duplicate location "/"')
  end)

  it("cannot close a block of ours, in whatever way it is written", function()
    for _, slot in ipairs {"http", "server", "location"} do
      refused(slot, "}\nserver { listen 127.0.0.1:1;\n", 1, 'unexpected "}"')
      os.remove(base .. USER .. "nginx.conf.d/" .. slot .. "/50-own.conf")
    end
    refused("server", "location /a { return 200 '}'; } }\nlocation /b {\n", 1, 'unexpected "}"')
    refused("server", "location /a { return 200 \"}\";\n", 2, 'unexpected end of file, expecting "}"')
    refused("server", "set $a \"};\n", 2, 'unexpected end of file, expecting ";" or "}"')
  end)

  it("cannot leave a directive open that would take our next words", function()
    refused("server", "proxy_set_header X-Mine", 1, 'unexpected end of file, expecting ";" or "}"')
  end)

  it("of each service is told in one report, with file and line", function()
    piece("nginx.conf.d/http/a.conf", "\n\nnonsense on;\n")
    piece("postgresql.conf.d/a.conf", "# mine\nwork_mem = 9MB\nnonsense = on\n")
    piece("postgresql.conf.d/b.conf", "\nshared_buffers = 9XB\n")
    piece("redis.conf.d/a.conf", "maxmemory 64mb\nnonsense on\n")
    local output, status = synlua("check", "SYNAPSE_WORKER_TYPES=typing")
    assert.equal(78, status, output)
    says(output, "3 problems", "{user}nginx.conf.d/http/a.conf:3: nginx refuses it: unknown directive",
      "{user}postgresql.conf.d/a.conf:3: postgres refuses it: unrecognized configuration parameter \"nonsense\"",
      "{user}redis.conf.d/a.conf:2: redis refuses it: Bad directive")
    piece("postgresql.conf.d/a.conf", "work_mem = 9MB\n")
    says(synlua("check", "SYNAPSE_WORKER_TYPES=typing"),
      "{user}postgresql.conf.d/b.conf:2: postgres refuses it: invalid value for parameter \"shared_buffers\"")
  end)

  it("that is good is accepted by the real services, which are not started for it", function()
    piece("nginx.conf.d/http/a.conf", "map $arg_x $mine { default \"{\"; }\n")
    piece("postgresql.conf.d/a.conf", "work_mem = 9MB\n")
    piece("redis.conf.d/a.conf", "maxmemory 64mb\nport 1\nloglevel warning\ndaemonize yes\n")
    local output, status = synlua("check", "SYNAPSE_WORKER_TYPES=typing")
    assert.equal(0, status, output)
    says(output, "the configuration is good")
    assert.is_nil(output:find("Redis", 1, true), output)
    assert.is_false(support.exists(base .. "/run"))
  end)

  it("is tried by a start before anything is written", function()
    piece("nginx.conf.d/server/a.conf", "nonsense;\n")
    local output, status = synlua "run"
    assert.equal(78, status, output)
    says(output, "{user}nginx.conf.d/server/a.conf:1: nginx refuses it: unknown directive \"nonsense\"")
    assert.equal("", support.capture(("ls -A %s/data"):format(base)))
    assert.is_false(support.exists(base .. "/run"))
  end)

  it("has its place in the order of names, whatever the order on disk", function()
    for _, name in ipairs {"20-b", "10-c", "30-a"} do piece("nginx.conf.d/http/" .. name .. ".conf", "# x\n") end
    local _, status = synlua("render " .. base .. "/out")
    assert.equal(0, status)
    local made = support.read(("%s/out%s/run/nginx/nginx.conf"):format(base, base))
    local names = {}
    for name in made:gmatch "include %S*/conf%.d/http/(%S-)%.conf;" do names[#names + 1] = name end
    assert.equal("10-c 20-b 30-a", table.concat(names, " "))
    assert.equal("# x\n", support.read(("%s/out%s/run/nginx/conf.d/http/10-c.conf"):format(base, base)))
  end)

  it("is warned of where it has no effect", function()
    piece("nginx.conf", "events {}\nhttp { server { listen 127.0.0.1:1; } }\n")
    piece("nginx.conf.d/server/a.conf", "# mine\n")
    piece("redis.conf.d/a.conf", "maxmemory 64mb\n")
    local output = synlua "check"
    says(output, "{user}nginx.conf.d/server/a.conf: has no effect: {user}nginx.conf has no slot server",
      "{user}redis.conf.d/a.conf: has no effect: no service here has a redis.conf")
  end)

  it("is unused for `override list` where it has no effect, with the reason", function()
    piece("redis.conf.d/a.conf", "maxmemory 64mb\n")
    piece("nginx.conf.d/http/a.conf", "# mine\n")
    local output = synlua "override list"
    says(output, "unused   templates/redis.conf.d/a.conf\n         has no effect: no service here has a redis.conf",
      "used     templates/nginx.conf.d/http/a.conf\n")
  end)

  it("that others than its owner may write is refused like any file of the user directory", function()
    if system.identity().uid ~= 0 then return end
    piece("nginx.conf.d/server/a.conf", "# mine\n")
    assert(os.execute(("chmod 666 %s%snginx.conf.d/server/a.conf"):format(base, USER)))
    local output, status = synlua "check"
    assert.equal(78, status)
    says(output, "{user}nginx.conf.d/server/a.conf: a service's user owns it or could write it")
  end)

  it("that asks for what a running instance holds does not disturb the check", function()
    piece("redis.conf.d/a.conf", ("unixsocket %s/data/own.sock\npidfile %s/data/pid\n"):format(base, base))
    local output, status = synlua("check", "SYNAPSE_WORKER_TYPES=typing")
    assert.equal(0, status, output)
    assert.equal("", support.capture(("ls -A %s/data"):format(base)))
  end)
end)

describe("a piece of Prometheus's", function()
  local METRICS = "SYNAPSE_METRICS=yes"

  before_each(function()
    base = support.directory()
    assert(os.execute(("mkdir %s/data && cp %s/synapse.py %s/python"):format(base, support.FAKES, base)))
  end)
  after_each(function() support.remove(base) end)

  -- What `check` says of one piece, below templates/prometheus.yml.d/.
  local function told(path, text)
    assert(os.execute(("rm -rf %s%sprometheus.yml.d"):format(base, USER)))
    piece("prometheus.yml.d/" .. path, text)
    local output, status = synlua("check", METRICS)
    assert.equal(78, status, output)
    return output
  end

  local function names(path, text, line, what)
    says(told(path, text), ("{user}prometheus.yml.d/%s:%d:%s"):format(path, line, what == "" and "" or " " .. what))
  end

  it("stands in its place, however far it is indented", function()
    piece("prometheus.yml.d/global/a.yml", "external_labels:\n  site: \"here # there\"\n")
    piece("prometheus.yml.d/scrape_configs/1.yml", "---\n# one\n- job_name: one\n  static_configs:\n  - targets: [\n"
      .. "'a:1',\n]\n- job_name: two")
    piece("prometheus.yml.d/scrape_configs/2.yml", "      - job_name: three\n        params: {m: ['x\n  y']}\n")
    piece("prometheus.yml.d/scrape_configs/3.yml", "# nothing here yet\n")
    piece("prometheus.yml.d/sections/a.yml", "  alerting:\n    alertmanagers:\n    - static_configs:\n"
      .. "      - targets: ['b:9093']\n")
    piece("prometheus.yml.d/rules/mine.yml", "groups:\n- name: mine\n  rules:\n  - {alert: Mine, expr: 'up == 0'}\n")
    local output, status = synlua("check", METRICS)
    assert.equal(0, status, output)
    assert.equal(0, select(2, synlua("render " .. base .. "/out", METRICS)))
    local made = ("%s/out%s/run/prometheus/"):format(base, base)
    local said = document.plain(assert(yaml.decode(support.read(made .. "prometheus.yml"))))
    assert.same({site = "here # there"}, said.global.external_labels)
    assert.truthy(said.global.scrape_interval)
    local jobs = {}
    for at, job in ipairs(said.scrape_configs) do jobs[at] = job.job_name end
    assert.equal("synlua one two three", table.concat(jobs, " "))
    assert.same({{targets = {"a:1"}}}, said.scrape_configs[2].static_configs)
    assert.same({m = {"x y"}}, said.scrape_configs[4].params)
    assert.same({{static_configs = {{targets = {"b:9093"}}}}}, said.alerting.alertmanagers)
    assert.same({"records.rules", "alerts.rules", base .. "/run/prometheus/conf.d/rules/mine.yml"}, said.rule_files)
    assert.truthy(support.read(made .. "conf.d/rules/mine.yml"):find("alert: Mine", 1, true))
  end)

  it("that promtool refuses is named with its file and line", function()
    names("scrape_configs/a.yml", "# mine\n- job_name: mine\n  scrape_intervall: 5s\n", 3,
      "prometheus refuses it: field scrape_intervall not found")
    names("scrape_configs/a.yml", "- job_name: mine\n- job_name: synlua\n", 2,
      'prometheus refuses it: found multiple scrape configs with job name "synlua"')
    local versions = {["not a valid duration string"] = true, ['unknown unit " parsecs" in duration'] = true}
    local text = told("scrape_configs/a.yml", "    - job_name: mine\n      scrape_interval: 5 parsecs\n")
    local what = text:match "scrape_configs/a%.yml:2: prometheus refuses it: (%l[%l ]+[^:\n]-)[:%s]+\"5 parsecs\""
    assert.is_true(versions[what], text)
    says(told("scrape_configs/a.yml", "- static_configs: []\n"),
      "{user}prometheus.yml.d/scrape_configs/a.yml: prometheus refuses it: job_name is empty")
    names("global/a.yml", "external_label: {}\n", 1, "prometheus refuses it: field external_label not found")
    names("sections/a.yml", "\nalertng: {}\n", 2, "prometheus refuses it: field alertng not found")
    names("rules/a.yml", "groups:\n- name: a\n  rules:\n  - alert: x\n    expr: up ==\n", 5,
      'prometheus refuses it: group "a", rule 1, "x": could not parse expression')
    names("rules/a.yml", "groups:\n- name: a\n  rules:\n  - alert: x\n    expr: up\n    fr: 1\n", 6,
      "prometheus refuses it: field fr not found")
    names("rules/a.yml", "groups:\n- name: [\n", 2, "prometheus refuses it: did not find expected node content")
  end)

  it("is named where Prometheus has no line for it and several pieces may be meant", function()
    piece("prometheus.yml.d/scrape_configs/b.yml", "- job_name: b\n")
    piece("prometheus.yml.d/scrape_configs/c.yml", "- static_configs: []\n")
    says(synlua("check", METRICS), "{user}prometheus.yml.d/scrape_configs/b.yml: prometheus refuses it, or another",
      "{user}prometheus.yml.d/scrape_configs/c.yml: prometheus refuses it, or another")
  end)

  it("of another form than its place has is refused with the form that it must have", function()
    names("scrape_configs/a.yml", "# mine\nscrape_configs:\n- job_name: mine\n", 2, "is no list of scrape jobs")
    names("scrape_configs/a.yml", "[{job_name: mine}]\n", 1, "is no list of scrape jobs")
    names("global/a.yml", "- a\n", 1, "is no table")
    names("sections/a.yml", "{alerting: {}}\n", 1, "is no table")
    names("sections/a.yml", "alerting: {}\nscrape_configs: []\n", 2, "scrape_configs does not belong here")
    names("sections/a.yml", "rule_files: []\n", 1, "rule_files does not belong here")
    names("global/a.yml", "scrape_interval: 5s\n", 1, "scrape_interval does not belong here")
    names("scrape_configs/a.yml", "- job_name: a\n---\n- job_name: b\n", 2, "begins or ends a document")
    names("scrape_configs/a.yml", "- job_name: a\n...\n", 2, "begins or ends a document")
    names("global/a.yml", "a: 1\u{2028}alerting: {}\n", 1, "has a line break")
    names("scrape_configs/a.yml", "- job_name: 'a\n- job_name: b\n", 3, "")
    names("global/a.yml", "just words\n", 1, "is no table")
    names("global/a.yml", "a: &x 1\n<<: *y\n", 2, "")
  end)

  it("is tried by a start too", function()
    piece("prometheus.yml.d/scrape_configs/a.yml", "- job_name: mine\n  nonsense: 1\n")
    local output, status = synlua("run", METRICS)
    assert.equal(78, status, output)
    says(output, "{user}prometheus.yml.d/scrape_configs/a.yml:2: prometheus refuses it: field nonsense not found")
    assert.equal("", support.capture(("ls -A %s/data"):format(base)))
  end)

  it("is known to `override list`", function()
    piece("prometheus.yml.d/rules/a.yml", "groups: []\n")
    piece("prometheus.yml.d/rules/b.rules", "groups: []\n")
    says(synlua("override list", METRICS), "used     templates/prometheus.yml.d/rules/a.yml\n",
      "unused   templates/prometheus.yml.d/rules/b.rules\n",
      "did you mean templates/prometheus.yml.d/rules/b.yml?")
    says(synlua "override list", "has no effect: no service here has a prometheus.yml")
  end)
end)

describe("what the admin has changed otherwise", function()
  before_each(function()
    base = support.directory()
    assert(os.execute(("mkdir %s/data && cp %s/synapse.py %s/python"):format(base, support.FAKES, base)))
  end)
  after_each(function() support.remove(base) end)

  it("is tried too: nginx.conf as the hook `files` has left it", function()
    support.write(base .. "/user/init.lua", [[return {api = 2, files = function(files)
      for _, file in ipairs(files) do
        if file.path == "nginx/nginx.conf" then file.bytes = file.bytes .. "nonsense;\n" end
      end
      return files
    end}]])
    local output, status = synlua "run"
    assert.equal(78, status, output)
    says(output, 'unknown directive "nonsense"', "nginx: refuses its configuration")
    assert.equal("", support.capture(("ls -A %s/data"):format(base)))
  end)

  it("is tried too: a file of the service's own", function()
    support.write(base .. "/user/services/nginx.lua", [[return {api = 2, extends = function(shipped)
      local plan = shipped.plan
      function shipped.plan(view)
        local planned = plan(view)
        planned.trial.argv = {"/bin/sh", "-c", "echo no such thing; exit 1"}
        return planned
      end
      return shipped
    end}]])
    local output, status = synlua "run"
    assert.equal(78, status, output)
    says(output, "nginx: no such thing", "nginx: refuses its configuration")
  end)

  it("is tried too: a whole template, in nginx's words", function()
    piece("nginx.conf", "events {}\nnonsense;\n")
    local output, status = synlua "run"
    assert.equal(78, status, output)
    says(output, ('unknown directive "nonsense" in %s/run/nginx/nginx.conf:2'):format(base),
      "nginx: refuses its configuration")
  end)
end)
