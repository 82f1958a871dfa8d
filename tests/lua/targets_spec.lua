-- Which processes the metrics address serves, under which names and labels.

local fixture = require "plan_fixture"
local targets = require "metrics.targets"

local function metrics(environment, types, options)
  options = options or {}
  options.environment = environment
  if types then return fixture.workers(types, options).metrics end
  return fixture.make(options).metrics
end

-- "path job index" of each.
local function shown(made)
  local lines = {}
  for at, target in ipairs(made.targets) do
    lines[at] = ("%s %s %s"):format(target.path, target.labels.job, target.labels.index)
  end
  return lines
end

describe("the metrics address", function()
  it("is there where Synapse is measured or its port is named, and nowhere else", function()
    assert.is_false(metrics {})
    local made = metrics {SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no"}
    assert.same({"127.0.0.1", 9101}, {made.address, made.port})
    assert.equal(9900, metrics({SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no", SYNLUA_METRICS_PORT = "9900"}).port)
    assert.same({"/metrics synlua 1"}, shown(metrics {SYNLUA_METRICS_PORT = "9900"}))
  end)

  it("that nobody named meets another port with a word on how to name it", function()
    assert.equal("SYNAPSE_METRICS: port 9101 for synlua's own metrics is also that of nginx (SYNAPSE_HTTP_PORT) "
      .. "(set SYNLUA_METRICS_PORT to another port)",
      fixture.problems {environment = {SYNAPSE_METRICS = "yes", SYNAPSE_HTTP_PORT = "9101"}})
  end)

  it("serves every process by the name of its service, with the labels of Synapse's dashboard", function()
    local made = metrics({SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no", PROMETHEUS_INSTANCE_NAME = "here"},
      "synchrotron:2,event_persister,front=client_reader")
    assert.same({"/metrics synlua 1", "/metrics/event_persister1 event_persister 1", "/metrics/front1 front 1",
      "/metrics/synapse synapse 1", "/metrics/synchrotron1 synchrotron 1", "/metrics/synchrotron2 synchrotron 2"},
      shown(made))
    for _, target in ipairs(made.targets) do
      assert.same({"here", "example.org"}, {target.labels.instance, target.labels.server_name})
    end
    assert.same({"/run/synlua/private/main_metrics.sock", "/_synapse/metrics"},
      {made.targets[4].socket, made.targets[4].uri})
  end)

  it("serves them from ports where they are not on sockets", function()
    local made = metrics {SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no", SYNAPSE_METRICS_UNIX_SOCKETS = "no"}
    assert.is_nil(made.targets[2].socket)
    assert.same({"127.0.0.1", 18012}, {made.targets[2].address, made.targets[2].port})
  end)

  it("serves Synapse's processes also where only homeserver.yaml measures them", function()
    local made = metrics({SYNLUA_METRICS_PORT = "9900"}, nil, {homeserver = {server_name = "example.org",
      enable_metrics = true}})
    assert.same({"/metrics synlua 1", "/metrics/synapse synapse 1"}, shown(made))
  end)

  it("gives no two processes the same labels", function()
    local made = metrics({SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no"}, "synapse=synchrotron:2")
    local seen = {}
    for _, target in ipairs(made.targets) do
      local key = target.labels.job .. " " .. target.labels.index
      assert.is_nil(seen[key], key)
      seen[key] = true
    end
    assert.equal(4, #made.targets)
  end)
end)

describe("the list of targets", function()
  local function hosts(address, called)
    local list = targets.list({address = address, port = 9101, targets = {{path = "/metrics", labels = {job = "a"}}}},
      called)
    return list[1].targets[1]
  end

  it("has one entry for each process, as Prometheus reads it", function()
    local made = metrics {SYNAPSE_METRICS = "yes", SYNLUA_PROMETHEUS = "no"}
    assert.same({
      {targets = {"127.0.0.1:9101"}, labels = {__metrics_path__ = "/metrics", job = "synlua", index = "1",
        instance = "Synapse", server_name = "example.org"}},
      {targets = {"127.0.0.1:9101"}, labels = {__metrics_path__ = "/metrics/synapse", job = "synapse", index = "1",
        instance = "Synapse", server_name = "example.org"}},
    }, targets.list(made, "elsewhere.example:1"))
    assert.is_nil(made.targets[1].labels.__metrics_path__)
    local relays = targets.relays(made)
    assert.same({1, "/metrics/synapse"}, {#relays, relays[1].path})
  end)

  it("names us as the client does where we listen on every address, unless that is no host", function()
    assert.equal("[::1]:9101", hosts("::1", "x"))
    for _, literal in ipairs {"0.0.0.0", "::"} do
      for _, called in ipairs {"synapse.example:9101", "10.0.0.1:80", "[2001:db8::1]:9101", "synapse-1"} do
        assert.equal(called, hosts(literal, called))
      end
      for _, called in ipairs {"", "a b", "a/b", "a@b", '"', "a\0b", ("a"):rep(256)} do
        assert.equal("localhost:9101", hosts(literal, called))
      end
    end
  end)
end)
