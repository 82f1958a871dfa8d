-- Whether Prometheus runs, where and with what.

local fixture = require "plan_fixture"
local tables = require "lib.tables"
local timespan = require "settings.timespan"
local endpoint = require "settings.endpoint"

local function make(environment, host)
  local all = {SYNAPSE_METRICS = "yes"}
  for name, value in pairs(environment or {}) do all[name] = value or nil end
  return fixture.make {environment = all, host = host}
end

local function service(environment, host)
  local made, problems = make(environment, host)
  assert.same({}, problems)
  return made.services.prometheus
end

local function says(list) return #list > 0 and list[1].where .. ": " .. list[1].what or "" end

local function argument(one, name)
  for _, word in ipairs(one.process.argv) do
    local value = word:match("^%-%-" .. name:gsub("%p", "%%%0") .. "=(.*)$")
    if value then return value end
  end
end

local function programs(without)
  local list = tables.copy(fixture.input().host.programs)
  list[without] = nil
  return {programs = list}
end

describe("Prometheus", function()
  it("runs where metrics are on, as its own user, and never ends the others", function()
    local one = service()
    assert.same({105, 106, "keep-trying"}, {one.process.uid, one.process.gid, one.on_failure})
    assert.is_nil(fixture.make().services.prometheus)
    assert.is_nil(service {SYNLUA_PROMETHEUS = "no"})
  end)

  it("has no administration and takes no writes, and a stop waits for no server outside", function()
    local words = table.concat(service {PROMETHEUS_REMOTE_WRITE_HTTP_URL = "https://u:s3cret@a.example/w"}.process.argv,
      " ")
    assert.is_nil(words:find("web.enable", 1, true))
    assert.is_nil(words:find("s3cret", 1, true))
    assert.matches("--storage.remote.flush-deadline=3s", words, 1, true)
  end)

  it("is reached from elsewhere in a container only, unless its variable says where", function()
    local function at(environment)
      local made = make(environment)
      local list = {}
      for _, one in ipairs(made.listens) do
        if one.service == "prometheus" then list[#list + 1] = endpoint.text(one.address, one.port) end
      end
      return argument(made.services.prometheus, "web.listen-address") .. " " .. table.concat(list, " ")
    end
    assert.equal(":9090 0.0.0.0:9090", at())
    assert.equal("127.0.0.1:9090 127.0.0.1:9090", at {SYNLUA_CONTAINER = "no"})
    assert.equal("[::1]:99 [::1]:99", at {PROMETHEUS_LISTEN_ADDRESS = "[::1]:99"})
    assert.equal(":99 0.0.0.0:99", at {PROMETHEUS_LISTEN_ADDRESS = "*:99", SYNLUA_CONTAINER = "no"})
    assert.matches("port 8008 for Prometheus is also that of",
      fixture.problems {environment = {SYNAPSE_METRICS = "yes", PROMETHEUS_LISTEN_ADDRESS = "all:8008"}}, 1, true)
  end)

  it("keeps its data on its volume where there is one, else beside the rest", function()
    assert.equal("/data/prometheus", argument(service(), "storage.tsdb.path"))
    assert.equal("/var/lib/prometheus", argument(service(nil, {prometheus_volume = true}), "storage.tsdb.path"))
    local made = make(nil, {prometheus_volume = true})
    for _, item in ipairs(made.directories) do assert.is_false(item.path == "prometheus" and item.base == "/data") end
  end)

  it("keeps data as long as it is told, and turns on what its variables need", function()
    assert.equal("1y", argument(service(), "storage.tsdb.retention.time"))
    assert.is_nil(argument(service(), "enable-feature"))
    local one = service {PROMETHEUS_STORAGE_RETENTION_TIME = "30d", PROMETHEUS_REMOTE_WRITE_SEND_EXEMPLARS = "yes",
      PROMETHEUS_REMOTE_WRITE_SEND_NATIVE_HISTOGRAMS = "yes", PROMETHEUS_REMOTE_WRITE_HTTP_URL = "http://a/w"}
    assert.equal("30d", argument(one, "storage.tsdb.retention.time"))
    assert.equal("exemplar-storage,native-histograms", argument(one, "enable-feature"))
  end)

  it("that is not installed is a warning that names the package, and a problem for whoever asks for it", function()
    local made, problems, warnings = make(nil, programs "prometheus")
    assert.same({}, problems)
    assert.is_nil(made.services.prometheus)
    assert.equal("SYNAPSE_METRICS: metrics are not kept: Prometheus is not installed", says(warnings))
    assert.matches("apt-get install prometheus", warnings[1].hint, 1, true)
    for _, environment in ipairs {{SYNLUA_PROMETHEUS = "yes"}, {PROMETHEUS_LISTEN_ADDRESS = "127.0.0.1:1"}} do
      local _, faults = make(environment, programs "prometheus")
      assert.equal(next(environment) .. ": needs Prometheus, which is not installed", says(faults))
    end
    local _, _, none = make({SYNLUA_PROMETHEUS = "no"}, programs "prometheus")
    assert.same({}, none)
  end)

  it("and the exporters are targets of the metrics address", function()
    local made = make({SYNAPSE_WORKER_TYPES = "pusher", SYNAPSE_ENABLE_REDIS_METRIC_EXPORT = "yes",
      SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT = "yes"})
    local jobs = {}
    for _, one in ipairs(made.metrics.targets) do jobs[one.labels.job] = ("%s:%s"):format(one.address, one.port) end
    assert.same({"127.0.0.1:9090", "127.0.0.1:9121", "127.0.0.1:9187"}, {jobs.prometheus, jobs.redis, jobs.postgres})
  end)

  it("is tried by check always, and by a start only where a variable may be too new for it", function()
    local trial = service().trial
    assert.same({"/usr/bin/promtool", "check", "config", "/run/synlua/prometheus/prometheus.yml"}, trial.argv)
    assert.same({true}, {trial.always, trial.doubtful})
    assert.is_true(service({PROMETHEUS_REMOTE_WRITE_HTTP_URL = "http://a/w",
      PROMETHEUS_REMOTE_WRITE_SAMPLE_AGE_LIMIT = "1h"}).trial.doubtful)
    assert.falsy(service(nil, programs "promtool").trial)
  end)
end)

describe("a variable of Prometheus", function()
  local function told(environment)
    local lines = {}
    local _, problems, warnings = require "settings_fixture".read(environment)
    for _, list in ipairs {problems, warnings} do
      for _, one in ipairs(list) do lines[#lines + 1] = one.where .. ": " .. one.what end
    end
    return table.concat(lines, "\n")
  end

  it("that has no effect is named", function()
    assert.equal("PROMETHEUS_SCRAPE_INTERVAL: no effect without metrics", told {PROMETHEUS_SCRAPE_INTERVAL = "1m"})
    assert.equal("PROMETHEUS_SCRAPE_INTERVAL: no effect with SYNLUA_PROMETHEUS=no",
      told {PROMETHEUS_SCRAPE_INTERVAL = "1m", SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no"})
    assert.equal("PROMETHEUS_REMOTE_WRITE_CAPACITY: no effect without PROMETHEUS_REMOTE_WRITE_HTTP_URL",
      told {PROMETHEUS_REMOTE_WRITE_CAPACITY = "9", SYNAPSE_METRICS = "yes"})
    assert.equal("", told {PROMETHEUS_REMOTE_WRITE_CAPACITY = "10000"}) -- as it is anyway
  end)

  it("that contradicts another is a problem", function()
    local ON = {SYNAPSE_METRICS = "yes", PROMETHEUS_REMOTE_WRITE_HTTP_URL = "http://a/w"}
    ON.PROMETHEUS_REMOTE_WRITE_MIN_SHARDS = "60"
    assert.equal("PROMETHEUS_REMOTE_WRITE_MIN_SHARDS: is more than the most: 60, where "
      .. "PROMETHEUS_REMOTE_WRITE_MAX_SHARDS is 50", told(ON))
    ON.PROMETHEUS_REMOTE_WRITE_MIN_SHARDS, ON.PROMETHEUS_REMOTE_WRITE_MAX_BACKOFF = nil, "20ms"
    assert.equal("PROMETHEUS_REMOTE_WRITE_MAX_BACKOFF: is more than the most: 30ms, where "
      .. "PROMETHEUS_REMOTE_WRITE_MAX_BACKOFF is 20ms", told(ON))
  end)
end)

describe("a time of Prometheus", function()
  it("is read as Prometheus reads it", function()
    for text, ms in pairs {["0"] = 0, ["0s"] = 0, ["15s"] = 15000, ["30ms"] = 30, ["1h30m"] = 5400000,
      ["1m30ms"] = 60030, ["1y"] = 31536000000, ["1w2d"] = 777600000, ["5m"] = 300000} do
      assert.equal(ms, timespan.milliseconds(text), text)
    end
    for _, text in ipairs {"", "5", "s", "30m1h", "1.5h", "-1s", "5 m", "5M", "1h1h", "99999999999s", "ms"} do
      assert.is_nil(timespan.milliseconds(text), text)
    end
    assert.is_nil((timespan.read("1ms", {min = 1000})))
  end)
end)

describe("an address with a port", function()
  it("is an IP address or all, and nothing else", function()
    for text, read in pairs {["127.0.0.1:9090"] = "127.0.0.1:9090", ["[::1]:1"] = "[::1]:1", ["ALL:9"] = "all:9",
      [":9090"] = "all:9090", ["*:9"] = "all:9", ["0.0.0.0:9"] = "all:9", ["[::]:9"] = "all:9"} do
      assert.equal(read, (endpoint.read(text, {port = 9090})), text)
    end
    for _, text in ipairs {"9090", "localhost:9090", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:9",
      "[1.2.3.4]:9", "[::1]", "1.2.3.4:9;", "[::1]:9\n"} do
      local value, what, hint = endpoint.read(text, {port = 9090})
      assert.same({nil, "must be an IP address and a port"}, {value, what}, text)
      assert.matches("all:9090", hint, 1, true)
    end
  end)
end)
