-- What the plan says about the access log.

local fixture = require "plan_fixture"
local requests = require "control.requests"
local values = require "files.nginx.access_log"

local function make(environment, change)
  local input = fixture.input {environment = environment}
  for name, value in pairs(change or {}) do input[name] = value end
  local made, problems, _, view = fixture.run(input)
  return view.access_log, problems, made and made.output
end

describe("the access log", function()
  it("is off unless a form of it is asked for", function()
    local log, _, output = make()
    assert.is_false(log.form)
    assert.is_nil(output.access)
    assert.is_nil(output.files)
  end)

  it("is a FIFO of nginx's user, in a directory that only synlua may write to", function()
    local log, _, output = make {SYNLUA_ACCESS_LOG = "BRIEF"}
    assert.same({"brief", "/run/synlua/nginx/access.fifo"}, {log.form, log.path})
    assert.same({name = "access", directory = "/run/synlua/nginx", file = "access.fifo",
      how = {uid = 33, gid = 33, mute = false, object = false}}, output.access)
    assert.is_nil(output.files)
  end)

  it("goes to files alone, in which other services have a part only if they are asked to", function()
    local to_files = {SYNLUA_ACCESS_LOG = "json", SYNLUA_ACCESS_LOG_TO = "files"}
    local _, _, output = make(to_files)
    assert.same({"access", true, true}, {output.files.only, output.access.how.mute, output.access.how.object})
    to_files.SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK = "yes"
    _, _, output = make(to_files)
    assert.is_nil(output.files.only)
    assert.is_true(output.access.how.mute)
  end)

  it("is a file that nginx can make where nginx only tries its configuration", function()
    assert.equal("/run/synlua/nginx/tmp/access", make({SYNLUA_ACCESS_LOG = "full"}, {trial = true}).path)
  end)

  it("is refused beside a service of its name", function()
    local read = require("settings").read
    local input = fixture.input {environment = {SYNLUA_ACCESS_LOG = "brief"}}
    local services = fixture.catalog()
    services.access = services.redis
    local _, problems = require("plan").make(read(input), input, services)
    assert.equal("SYNLUA_ACCESS_LOG", problems[1].where)
    assert.equal("rename that service", problems[1].hint)
  end)
end)

describe("what nginx tells synlua of each request", function()
  it("is counted with metrics alone, and then no line of it is passed on", function()
    local log, _, output = make {SYNAPSE_METRICS = "yes"}
    assert.same({false, true, "/run/synlua/nginx/access.fifo"}, {log.form, log.counts, log.path})
    assert.equal("/run/synlua/nginx/status/nginx.sock", log.status)
    assert.is_nil(output.access.name)
    assert.is_true(output.access.how.counts)
    assert.is_nil(output.files)
  end)

  it("is counted and passed on with both", function()
    local log, _, output = make {SYNAPSE_METRICS = "yes", SYNLUA_ACCESS_LOG = "json"}
    assert.same({"json", true}, {log.form, log.counts})
    assert.same({"access", true, true}, {output.access.name, output.access.how.counts, output.access.how.object})
  end)

  it("has no time for connecting to Unix sockets, and that of all others", function()
    local function time(main, server, others)
      local found = {servers = {{main_server = main}}, pools = {{servers = {server}}}}
      local text = values.values({form = false, counts = true, fifo = {}}, found, {others = others}).counted
      return text.text:match " (%S+);%$upstream_response_time;.$"
    end
    local socket, connect = "unix:/run/synlua/a.sock", "$upstream_connect_time"
    assert.equal("=", time(socket, socket))
    assert.equal(connect, time(socket, socket, true))
    assert.equal(connect, time(socket, "127.0.0.1:8081"))
    assert.equal(connect, time("127.0.0.1:8080", socket))
  end)

  it("is not counted without metrics", function()
    local log = make {SYNLUA_ACCESS_LOG = "json"}
    assert.same({false, false}, {log.counts, log.status})
  end)

  it("is not counted where homeserver.yaml measures and no address serves it", function()
    local function counts(environment)
      local _, problems, _, view = fixture.make {environment = environment,
        homeserver = {server_name = "example.org", report_stats = false, enable_metrics = true}}
      assert.same({}, problems)
      return view.access_log.counts
    end
    assert.is_false(counts())
    assert.is_true(counts {SYNLUA_METRICS_PORT = "9900"})
  end)

  it("is not read where a service nginx of the admin's makes no directory for it", function()
    local read = require("settings").read
    local function output(environment)
      local input = fixture.input {environment = environment}
      local services = fixture.catalog()
      services.nginx = {plan = function()
        return {process = {argv = {"/bin/true"}, environment = {}}, ready = "started"}
      end, files = function() return {} end}
      local _, problems, _, view = require("plan").make(read(input), input, services)
      assert.same({}, problems)
      return view.output.access
    end
    assert.is_nil(output {SYNAPSE_METRICS = "yes"})
    assert.is_truthy(output {SYNAPSE_METRICS = "yes", SYNLUA_ACCESS_LOG = "json"})
  end)

  it("goes to a place that nginx can make where it only tries its configuration", function()
    assert.equal("/run/synlua/nginx/tmp/status", make({SYNAPSE_METRICS = "yes"}, {trial = true}).status)
  end)
end)

describe("a request for lines", function()
  local services = {{name = "nginx"}, {name = "synapse"}}

  it("may name those who write lines and are no service", function()
    local writers = {synlua = true, access = true}
    assert.same({access = true}, requests.writers({names = {"access"}}, writers, services))
    assert.same({access = true, synlua = true}, requests.writers({names = {"access", "synlua"}}, writers, services))
    assert.same({access = true, nginx = services[1]},
      requests.writers({names = {"nginx", "access"}}, writers, services))
    assert.same({access = true, synlua = true, nginx = services[1], synapse = services[2]},
      requests.writers({all = true}, writers, services))
    local meant, why = requests.writers({names = {"access"}}, {synlua = true}, services)
    assert.is_nil(meant)
    assert.truthy(why:find('no service "access"', 1, true))
  end)
end)
