-- Which processes the metrics address serves, under which names and labels.

local address = require "plan.metrics.address"
local fixture = require "plan_fixture"
local settings = require "settings"
local targets = require "metrics.targets"

local function metrics(environment, types, options)
  options = options or {}
  options.environment = environment
  if types then return fixture.workers(types, options).metrics end
  return fixture.make(options).metrics
end

local function read(environment) return settings.read(fixture.input {environment = environment}) end

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

  it("may be another, with a port of its own or the one beside it", function()
    local function at(said, port)
      local made = metrics {SYNLUA_METRICS_ADDRESS = said, SYNLUA_METRICS_PORT = port}
      return ("%s %d %s"):format(made.address, made.port, made.asks)
    end
    assert.equal("127.0.0.1 9101 false", at "127.0.0.1")
    assert.equal("127.0.0.7 80 false", at "127.0.0.7:80")
    assert.equal("::1 9101 false", at "::1")
    assert.equal("::1 9 false", at "[::1]:9")
    assert.equal("0:0:0:0:0:0:0:1 9 false", at "[0:0:0:0:0:0:0:1]:9")
    assert.equal("0.0.0.0 9102 true", at("0.0.0.0", "9102"))
    assert.equal(":: 9103 true", at "[::]:9103")
    assert.equal(":: 9101 true", at "::")
    assert.equal(":: 9101 true", at "[0:0::0]")
    assert.equal("10.0.0.7 9102 true", at("10.0.0.7:9102", "9102"))
  end)

  it("asks for a token where it is not loopback, and where one is set", function()
    local function asked(environment, token)
      local input = fixture.input {environment = environment}
      input.metrics_token = token
      local _, _, _, view = fixture.run(input)
      return address.token(view), address.keeps_token(view)
    end
    assert.same({"made", true}, {asked({SYNLUA_METRICS_ADDRESS = "0.0.0.0"}, "made")})
    assert.same({"0123456789abcdef", false}, {asked({SYNLUA_METRICS_ADDRESS = "0.0.0.0",
      SYNLUA_METRICS_TOKEN = "0123456789abcdef"}, "made")})
    assert.same({"0123456789abcdef", false}, {asked {SYNLUA_METRICS_PORT = "9",
      SYNLUA_METRICS_TOKEN = "0123456789abcdef"}})
    assert.is_nil(asked({SYNAPSE_METRICS = "yes"}, "made"))
    assert.is_nil(asked({}, "made"))
  end)

  it("takes no token whose file a service has made", function()
    local function faults(environment, owner)
      local input = fixture.input {environment = environment}
      input.metrics_token, input.metrics_token_owner = "chosen", owner
      local _, problems = fixture.run(input)
      return problems
    end
    local problems = faults({SYNLUA_METRICS_ADDRESS = "0.0.0.0"}, 991)
    assert.equal("/data/metrics.token", problems[1] and problems[1].where)
    assert.matches("belongs to the user 991", problems[1].what)
    assert.same({}, faults({SYNLUA_METRICS_ADDRESS = "0.0.0.0"}, 0))
    assert.same({}, faults({SYNAPSE_METRICS = "yes"}, 991)) -- nobody needs it
    assert.same({}, faults({SYNLUA_METRICS_ADDRESS = "0.0.0.0", SYNLUA_METRICS_TOKEN = "0123456789abcdef"}, 991))
  end)

  it("is refused where its text is no address, or two ports are named", function()
    for _, said in ipairs {"localhost", "localhost:9101", "9101", ":9101", "127.0.0.1:", "127.0.0.1:0",
      "127.0.0.1:65536", "127.0.0.1:9101:1", "[127.0.0.1", "[::1", "[::1]9", "::1:x", "1.2.3.4.5", "256.0.0.1",
      "http://127.0.0.1", "0.0.0.0, ::", "*"} do
      local _, problems = read {SYNLUA_METRICS_ADDRESS = said}
      assert.equal("SYNLUA_METRICS_ADDRESS", problems[1] and problems[1].where, said)
      assert.matches("^must be an IP address", problems[1].what)
    end
    local _, problems = read {SYNLUA_METRICS_ADDRESS = "127.0.0.1:1", SYNLUA_METRICS_PORT = "2"}
    assert.equal("names port 1, but SYNLUA_METRICS_PORT is 2", problems[1].what)
    for _, said in ipairs {"short", ("a"):rep(257), "0123456789 abcdef", '0123456789"abcdef', "0123456789\nabcdef"} do
      _, problems = read {SYNLUA_METRICS_PORT = "2", SYNLUA_METRICS_TOKEN = said}
      assert.equal("SYNLUA_METRICS_TOKEN", problems[1].where)
      assert.is_nil(problems[1].what:find(said, 1, true))
    end
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
  local function hosts(literal, called)
    local list = targets.list({address = literal, port = 9101, targets = {{path = "/metrics", labels = {job = "a"}}}},
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
