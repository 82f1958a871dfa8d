local contract = require "contract.simple"
local describe_plan = require "plan.describe"
local documents = require "documents"
local estimate = require "plan.process.estimate"
local fixture = require "plan_fixture"
local presets = require "settings.worker_list.presets"

local GIGABYTE = 1 << 30

local function plan(environment, more)
  local options = more or {}
  options.environment = environment
  local made, problems = fixture.make(options)
  assert.same({}, problems)
  return made
end

local function soon(environment, more) return plan(environment, more).estimate.soon end

-- The Synapse of a Python.
local function installed(python) return {version = "1.163.2", schema = 94, compat = 84, python = python} end

local function full(environment, more) return plan(environment, more).estimate.full end

describe("the estimate of memory", function()
  it("is of what was measured: main alone, and one worker of every type", function()
    local main = soon {}
    assert.is_true(main > 90 and main < 140, main)
    local types = {}
    for name in pairs(fixture.input().worker_types) do types[#types + 1] = name end
    table.sort(types)
    local every = soon {SYNAPSE_WORKER_TYPES = table.concat(types, ",")}
    assert.equal(26, #types)
    assert.is_true(every > 1150 and every < 1450, every) -- without Prometheus 1219, and 1409 after 200 messages
  end)

  it("is of what was measured: small, with its fork server", function()
    local small = soon {SYNAPSE_WORKER_TYPES = "small"}
    assert.is_true(small > 350 and small < 450, small) -- 401
  end)

  it("is of what was measured with Python 3.13, whose objects are shared, unless that is turned off", function()
    local function with(python, asked)
      local options = {synapse = python and installed(python)}
      return soon({SYNAPSE_WORKER_TYPES = "small", SYNLUA_IMMORTAL_HEAP = asked}, options)
    end
    local small = with "3.13"
    assert.is_true(small > 330 and small < 360, small) -- 337, and 415 after 200 messages
    assert.equal(small, with "3.12")
    assert.equal(with(), with("3.13", "no"))
    assert.equal(with(), with "3.11")
    assert.equal(with(), with "3.14")
    local versions = documents.read "core/process/immortal.py":match "\nVERSIONS = %((.-)%)  #"
    local count = 0
    for major, minor in versions:gmatch "%((%d+), (%d+)%)" do
      assert.equal(small, with(major .. "." .. minor))
      count = count + 1
    end
    assert.equal(2, count)
  end)

  it("counts each worker once more, and by exec more for each", function()
    local one, two = soon {SYNAPSE_WORKER_TYPES = "pusher"}, soon {SYNAPSE_WORKER_TYPES = "pusher:2"}
    assert.is_true(two - one > 30 and two - one < 60, two - one)
    local alone = soon {SYNAPSE_WORKER_TYPES = "pusher:2", SYNLUA_FORK_SERVER = "no"}
      - soon {SYNAPSE_WORKER_TYPES = "pusher", SYNLUA_FORK_SERVER = "no"}
    assert.is_true(alone > 80 and alone < 120, alone)
  end)

  it("does not grow with the memory of the machine, but its caches do", function()
    local workers = {SYNAPSE_WORKER_TYPES = "pusher"}
    local function on(size) return {host = {memory = size * GIGABYTE}} end
    assert.equal(soon(workers, on(2)), soon(workers, on(24)))
    assert.equal(2048 - 256, full(workers, on(24)) - full(workers, on(2)))
  end)

  it("counts the cache of events in each process by its size", function()
    local small = full {SYNAPSE_WORKER_TYPES = "pusher", SYNAPSE_EVENT_CACHE_SIZE = "1K"}
    local large = full {SYNAPSE_WORKER_TYPES = "pusher", SYNAPSE_EVENT_CACHE_SIZE = "11K"}
    assert.is_true(math.abs(large - small - 2 * 37) <= 1, large - small)
  end)

  it("counts nginx by its processes, and its clients by their connections", function()
    local one, eight = {NGINX_WORKER_PROCESSES = "1"}, {NGINX_WORKER_PROCESSES = "8"}
    assert.is_true(soon(eight) > soon(one))
    assert.is_true(full(eight) - soon(eight) > full(one) - soon(one) + 80)
  end)

  it("counts Prometheus, the exporters and coturn where they run", function()
    local extra = {SYNLUA_PROMETHEUS = "prometheus", SYNAPSE_ENABLE_REDIS_METRIC_EXPORT = "redis_exporter",
      SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT = "postgres_exporter", SYNAPSE_ENABLE_BUILTIN_COTURN = "coturn"}
    local function with(variable)
      local input = fixture.input {environment = {SYNAPSE_WORKER_TYPES = "pusher", SYNAPSE_METRICS = "yes",
        SYNLUA_PROMETHEUS = "no", COTURN_EXTERNAL_IP = "11.22.33.44", [variable or "UID"] = variable and "yes"}}
      input.host.addresses = {four = {"10.1.1.1"}, six = {}, routed = {four = "10.1.1.1"}}
      input.host.programs.coturn, input.host.users.turnserver = "/usr/bin/turnserver", {uid = 107, gid = 108}
      input.turn = {kept = "kept", copies = {}}
      return (fixture.run(input))
    end
    local before = with().estimate.soon
    for variable, name in pairs(extra) do
      local made = with(variable)
      assert.is_true(made.services[name].memory > 0, name)
      assert.equal(made.services[name].memory, made.estimate.soon - before)
    end
  end)

  it("leaves out what ends before Synapse starts, and takes 50 MB for a service that says nothing", function()
    local function of(services) return estimate.of {services = {services = services}}.soon end
    local none = of {}
    assert.equal(none, of {setup = {one_shot = true, memory = 70}})
    assert.equal(none + 50, of {bridge = {}})
    assert.equal(none + 200, of {bridge = {memory = 200}})
  end)

  it("takes what a service of the user's says", function()
    local view = {paths = {data = "/data", runtime = "/run/synlua", notify = "/n"}, users = {own = {uid = 0, gid = 0}}}
    local part = contract.part(view, {argv = {"/bin/bridge"}, memory = 120}, "bridge", {uid = 1, gid = 1})
    assert.equal(120, part.memory)
  end)

  it("is as docs/workers.md shows it for a small server", function()
    local made = plan({SYNAPSE_WORKER_TYPES = "small"}, {host = {cpus = 2, memory = 2 * GIGABYTE}})
    local line = describe_plan.text(made):match "memory: [^\n]+"
    local text = documents.read "docs/workers.md"
    assert.matches("```text\n" .. line .. "\n```", text, 1, true)
    local shared = soon({SYNAPSE_WORKER_TYPES = "small"}, {synapse = installed "3.13"})
    assert.matches(("and %d MB for `small`"):format(shared), text, 1, true)
  end)

  it("is shown, with that of each service", function()
    local made = plan {SYNAPSE_WORKER_TYPES = "pusher"}
    assert.matches(("memory: about %d MB soon after the start, %d MB with full caches"):format(made.estimate.soon,
      made.estimate.full), describe_plan.text(made), 1, true)
    local described = describe_plan.plan(made)
    assert.same(made.estimate, described.estimate)
    for _, service in ipairs(described.services) do
      assert.equal(made.services[service.name].memory, service.memory)
      assert.is_true(service.memory ~= nil or made.services[service.name].one_shot ~= nil, service.name)
    end
  end)
end)

describe("what auto chooses", function()
  it("leaves a third of the memory when caches are full, and fits without the fork server", function()
    for _, size in ipairs(presets.sizes) do
      local host = {cpus = size.cpus, memory = size.memory}
      local function taken(fork)
        local made = plan({SYNAPSE_WORKER_TYPES = "auto", SYNLUA_FORK_SERVER = fork}, {host = host})
        assert.equal(#plan({SYNAPSE_WORKER_TYPES = size.preset}).instances, #made.instances)
        return made.estimate.full << 20
      end
      assert.is_true(taken "yes" <= size.memory * 2 // 3, size.preset)
      assert.is_true(taken "no" <= size.memory, size.preset)
    end
  end)
end)
