-- The real Prometheus and promtool; Synapse is a fake here.

local dkjson = require "dkjson"
local document = require "lib.document"
local support = require "run.support"
local yaml = require "lib.yaml"

local PORT = support.port() + 200
local base

after_each(function()
  support.finish()
  if base then support.remove(base) end
  base = nil
end)

-- A command of synlua; more: words of variables.
local function synlua(verb, more)
  base = base or support.directory()
  assert(os.execute(("mkdir -p %s/data && cp %s/synapse.py %s/python"):format(base, support.FAKES, base)))
  local words = {"env -i PATH=/usr/bin:/bin:/usr/sbin SYNAPSE_SERVER_NAME=localhost SYNAPSE_REPORT_STATS=no",
    "SYNLUA_CONTAINER=no SYNAPSE_METRICS=yes SYNAPSE_HTTP_PORT=" .. support.port(),
    ("SYNLUA_SYNAPSE_PYTHON=%s/python SYNLUA_RUNTIME_DIR=%s/run SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data")
      :format(base, base, base, base), more or "",
    "timeout -s KILL 60", support.quote(support.SYNLUA), verb, "2>&1"}
  return support.capture(table.concat(words, " "))
end

local function says(output, ...)
  for _, plain in ipairs {...} do
    assert(output:find(plain, 1, true), ("%q was not said, but:\n%s"):format(plain, output))
  end
end

-- What Prometheus answers, or nil.
local function ask(path)
  local text = support.capture(("curl -s -m 10 'http://127.0.0.1:%d%s'"):format(PORT, path))
  local answer = dkjson.decode(text)
  return type(answer) == "table" and answer.status == "success" and answer.data or nil
end

describe("check", function()
  it("lets promtool read the configuration and its rules", function()
    local output, status = synlua "check"
    assert.equal(0, status, output)
    support.write(base .. "/data/synlua/templates/prometheus_alerts.rules",
      "groups:\n  - name: mine\n    rules:\n      - alert: Mine\n        expr: up ==\n")
    output, status = synlua "check"
    assert.equal(78, status, output)
    says(output, base .. "/data/synlua/templates/prometheus_alerts.rules:5: prometheus refuses it: ",
      'could not parse expression')
  end)

  it("is followed by a start where the admin has replaced the rules", function()
    synlua "env"
    support.write(base .. "/data/synlua/templates/prometheus_alerts.rules", "groups: nonsense\n")
    local output, status = synlua "run"
    assert.equal(78, status, output)
    says(output, base .. "/data/synlua/templates/prometheus_alerts.rules:1: prometheus refuses it: cannot unmarshal")
  end)

  it("shows no password of the server that everything is sent to", function()
    for _, words in ipairs {"u:hush[%zz", "hush^:%68ush@", 'u":hush"'} do
      local output, status = synlua("check", "PROMETHEUS_REMOTE_WRITE_HTTP_URL="
        .. support.quote(("http://%s@127.0.0.1:1/w"):format(words)))
      assert.same({0, nil}, {status, output:find("hush", 1, true)}, output)
    end
    local output, status = synlua("check", "PROMETHEUS_REMOTE_WRITE_HTTP_URL=http://u:hush%ff@127.0.0.1:1/w")
    assert.same({78, nil}, {status, output:find("hush", 1, true)}, output)
    says(output, "PROMETHEUS_REMOTE_WRITE_HTTP_URL: has a user or a password that is not UTF-8")
  end)

  it("names the variables that the installed Prometheus does not know", function()
    local output, status = synlua("check", "PROMETHEUS_REMOTE_WRITE_HTTP_URL=http://127.0.0.1:1/w "
      .. "PROMETHEUS_REMOTE_WRITE_SAMPLE_AGE_LIMIT=1h PROMETHEUS_REMOTE_WRITE_ROUND_ROBIN_DNS=yes")
    assert.equal(78, status, output)
    local major, minor = support.capture "prometheus --version 2>&1":match "version (%d+)%.(%d+)"
    local version = major * 1000 + minor
    for name, since in pairs {SAMPLE_AGE_LIMIT = 2050, ROUND_ROBIN_DNS = 3001} do
      local words = ("PROMETHEUS_REMOTE_WRITE_%s: is not known to the Prometheus installed here"):format(name)
      assert.equal(version < since, output:find(words, 1, true) ~= nil, output)
    end
  end)
end)

describe("prometheus.yml", function()
  it("holds every value of a variable as it is", function()
    local url = 'http://u:p%22@h.example/w?a="b"&c=#d'
    local directory = support.directory()
    local output, status = synlua("render " .. directory .. "/out",
      "PROMETHEUS_REMOTE_WRITE_HTTP_URL=" .. support.quote(url) .. " PROMETHEUS_SCRAPE_INTERVAL=1m30s "
      .. "PROMETHEUS_REMOTE_WRITE_CAPACITY=7 "
      .. "PROMETHEUS_REMOTE_WRITE_MAX_SAMPLES_PER_SEND=8 PROMETHEUS_REMOTE_WRITE_MIN_SHARDS=2 "
      .. "PROMETHEUS_REMOTE_WRITE_MAX_SHARDS=3 PROMETHEUS_REMOTE_WRITE_BATCH_SEND_DEADLINE=4s "
      .. "PROMETHEUS_REMOTE_WRITE_MIN_BACKOFF=5ms PROMETHEUS_REMOTE_WRITE_MAX_BACKOFF=6s "
      .. "PROMETHEUS_REMOTE_WRITE_RETRY_ON_HTTP_429=yes PROMETHEUS_REMOTE_WRITE_REMOTE_TIMEOUT=9s "
      .. "PROMETHEUS_REMOTE_WRITE_SEND_NATIVE_HISTOGRAMS=yes PROMETHEUS_REMOTE_WRITE_SEND_EXEMPLARS=yes "
      .. "PROMETHEUS_REMOTE_WRITE_ROUND_ROBIN_DNS=yes PROMETHEUS_REMOTE_WRITE_SAMPLE_AGE_LIMIT=10m")
    assert.equal(0, status, output)
    local text = support.read(directory .. "/out" .. base .. "/run/prometheus/prometheus.yml")
    support.remove(directory)
    local said = document.plain(assert(yaml.decode(text)))
    assert.same({{url = "http://127.0.0.1:9101/targets", refresh_interval = "1m30s"}},
      said.scrape_configs[1].http_sd_configs)
    assert.same({scrape_interval = "1m30s", evaluation_interval = "1m30s"}, said.global)
    assert.same({{url = 'http://h.example/w?a="b"&c=#d', basic_auth = {username = "u", password = 'p"'},
      remote_timeout = "9s", send_exemplars = true, send_native_histograms = true,
      round_robin_dns = true, queue_config = {capacity = 7, max_shards = 3, min_shards = 2, max_samples_per_send = 8,
        batch_send_deadline = "4s", min_backoff = "5ms", max_backoff = "6s", retry_on_http_429 = true,
        sample_age_limit = "10m"}}}, said.remote_write)
  end)
end)

describe("Prometheus", function()
  it("says the token of the metrics address, where that asks for one", function()
    local run = support.pair({"ready"}, {"ready"}, {variables = {
      SYNAPSE_METRICS = "yes", SYNLUA_CONTAINER = "no", PROMETHEUS_LISTEN_ADDRESS = "127.0.0.1:" .. PORT,
      PROMETHEUS_SCRAPE_INTERVAL = "1s", SYNLUA_METRICS_ADDRESS = "0.0.0.0:" .. support.port()}})
    run:start():says "synlua | ready in"
    assert.equal("1", support.poll(support.LONG, function()
      local data = ask '/api/v1/query?query=up%7Bjob=%22synlua%22%7D'
      return data and data.result[1] and data.result[1].value[2]
    end))
    local token = support.read(run:path "data/metrics.token"):match "%w+"
    assert.is_nil(support.capture(("curl -s -m 10 http://127.0.0.1:%d/api/v1/status/config"):format(PORT))
      :find(token, 1, true))
    assert.equal("640", (support.capture("stat -c %a " .. run:path "run/prometheus/token"):gsub("%s", "")))
    run:stop()
  end)

  it("asks a job of the admin's too, and has their rules and labels", function()
    local run = support.pair({"ready"}, {"ready"}, {variables = {
      SYNAPSE_METRICS = "yes", SYNLUA_CONTAINER = "no", PROMETHEUS_LISTEN_ADDRESS = "127.0.0.1:" .. PORT,
      PROMETHEUS_SCRAPE_INTERVAL = "1s", SYNLUA_METRICS_PORT = support.port()}})
    local pieces = run:path "user/templates/prometheus.yml.d/"
    support.write(pieces .. "scrape_configs/own.yml",
      ("- job_name: mine\n  static_configs:\n  - targets: ['127.0.0.1:%d']\n"):format(PORT))
    support.write(pieces .. "global/own.yml", "external_labels: {site: here}\n")
    support.write(pieces .. "rules/own.yml", "groups:\n- name: mine\n  rules:\n  - {record: mine, expr: 'up * 2'}\n")
    run:start():says "synlua | ready in"
    assert.equal("2", support.poll(support.LONG, function()
      local data = ask '/api/v1/query?query=mine%7Bjob=%22mine%22%7D'
      return data and data.result[1] and data.result[1].value[2]
    end))
    assert.truthy(ask "/api/v1/status/config".yaml:find("site: here", 1, true))
    run:stop()
  end)

  it("runs as its own user, asks itself, has the rules and no administration, and ends in time", function()
    local run = support.pair({"say:I am synapse", "ready"}, {"say:I am nginx", "ready"}, {variables = {
      SYNAPSE_METRICS = "yes", SYNLUA_CONTAINER = "no", PROMETHEUS_LISTEN_ADDRESS = "127.0.0.1:" .. PORT,
      PROMETHEUS_SCRAPE_INTERVAL = "1s", PROMETHEUS_INSTANCE_NAME = 'My "Name"', SYNLUA_METRICS_PORT = support.port()}})
    run:start():says "synlua | ready in"
    local up = support.poll(support.LONG, function()
      local data = ask '/api/v1/query?query=up%7Bjob=%22prometheus%22%7D'
      return data and data.result[1]
    end)
    assert.equal("1", up and up.value[2])
    assert.equal('My "Name"', up.metric.instance)
    local flags, rules = ask "/api/v1/status/flags", ask "/api/v1/rules"
    assert.same({"false", "false", "false"}, {flags["web.enable-admin-api"], flags["web.enable-lifecycle"],
      flags["web.enable-remote-write-receiver"]})
    assert.is_true(#rules.groups >= 4)
    local owner = support.capture(("stat -c %%U %s"):format(run:path "data/prometheus")):gsub("\n", "")
    local user = support.capture("ps -o user:32= -C prometheus | sort -u")
    local me = support.capture("id -un"):gsub("\n", "")
    assert.equal(me == "root" and "prometheus" or me, owner)
    assert.truthy(user:find(owner, 1, true), user)
    run:stop()
  end)
end)
