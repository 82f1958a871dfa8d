local addresses = require "plan.listeners.addresses"
local describe_plan = require "plan.describe"
local document = require "lib.document"
local fixture = require "plan_fixture"
local listener = require "plan.listeners.synapse"
local options_of = require "plan.workers.shared".options
local tables = require "lib.tables"
local types = require "worker_types"

local ALL = table.concat(tables.keys(types), ",")

local function by_name(made)
  local found = {}
  for _, instance in ipairs(made.instances) do found[instance.name] = instance end
  return found
end

local function shared(text) return select(2, fixture.workers(text)).shared end

describe("the instances of a plan", function()
  it("are main alone where no workers are asked for", function()
    local made = fixture.make {}
    assert.equal(1, #made.instances)
    assert.same({public = {socket = "/run/synlua/sockets/main_public.sock"},
      health = {socket = "/run/synlua/sockets/main_public.sock"}}, made.instances[1].addresses)
    assert.equal("none", made.redis)
    assert.equal("sqlite", made.database)
  end)

  it("are main and then all workers by name and number", function()
    local names, made = {}, fixture.workers "typing,pusher:11,account_data"
    for at, instance in ipairs(made.instances) do names[at] = instance.name end
    assert.same({"main", "account_data1", "pusher1", "pusher2"}, {table.unpack(names, 1, 4)})
    assert.same({"pusher9", "pusher10", "pusher11", "typing1"}, {table.unpack(names, 11)})
  end)

  it("have the resources of all their types", function()
    local made = by_name(fixture.workers "x=typing+federation_reader")
    assert.same({client = true, federation = true, replication = true}, made.x1.resources)
  end)
end)

describe("worker types", function()
  it("have a line for people, and one instance limit as Synapse has it", function()
    local limited = {}
    for name, kind in pairs(types) do
      assert.is_true(#kind.doc > 10)
      if kind.max then limited[name] = kind.max end
    end
    assert.same({account_data = 1, presence = 1, typing = 1, to_device = 1, push_rules = 1, background_worker = 1,
      appservice = 1, sso_login = 1}, limited)
  end)

  it("serve replication exactly where they write a stream", function()
    for name, kind in pairs(types) do
      local options = kind.shared and kind.shared {"x1"} or {}
      local replicates = false
      for _, resource in ipairs(kind.resources) do replicates = replicates or resource == "replication" end
      assert.equal(options.stream_writers ~= nil, replicates, name)
    end
  end)

  it("put into instance_map exactly main and those that write a stream", function()
    local made, view = fixture.workers(ALL)
    local wanted = {main = true}
    for _, names in pairs(view.shared.stream_writers) do
      for _, name in ipairs(names) do wanted[name == "master" and "main" or name] = true end
    end
    local mapped = {}
    for name in pairs(view.shared.instance_map) do mapped[name] = true end
    assert.same(wanted, mapped)
    for _, instance in ipairs(made.instances) do
      assert.equal(wanted[instance.name] ~= nil, instance.addresses.replication ~= nil, instance.name)
    end
  end)
end)

describe("who does what", function()
  it("is nothing without workers", function() assert.same({}, shared "") end)

  it("is background tasks where the first event writer is", function()
    for _, text in ipairs {"background_worker", "event_persister:3", "event_persister:2,background_worker",
      "background_worker+event_persister,event_persister", "a=event_persister,z=background_worker", ALL} do
      local options = shared(text)
      assert.is_string(options.run_background_tasks_on)
      assert.equal(options.run_background_tasks_on, options.stream_writers.events[1], text)
    end
  end)

  it("is decided first by a type that leads, whatever its name", function()
    local function writes(names) return {stream_writers = {events = names}, run_background_tasks_on = names[1]} end
    local list = {{name = "main", types = {}, addresses = {}}, {name = "a1", types = {"a"}, addresses = {}},
      {name = "z1", types = {"z"}, addresses = {}}}
    local options = options_of {instances = list,
      input = {worker_types = {a = {shared = writes}, z = {shared = writes, leads = true}}}}
    assert.same({"z1", "a1"}, options.stream_writers.events)
    assert.equal("z1", options.run_background_tasks_on)
  end)

  it("is both on main where neither was asked for", function()
    local options = shared "typing"
    assert.is_nil(options.run_background_tasks_on)
    assert.is_nil(options.stream_writers.events)
  end)

  it("is the background worker first, and each event writer once", function()
    assert.same({"z1", "a1", "a2"}, shared "a=event_persister:2,z=background_worker".stream_writers.events)
    assert.same({"x1"}, shared "x=event_persister+background_worker".stream_writers.events)
  end)

  it("is main beside the media workers that write quarantine", function()
    local options = shared "media_repository:2"
    assert.same({"master", "media_repository1", "media_repository2"}, options.stream_writers.quarantined_media_changes)
    assert.is_false(options.enable_media_repo)
    assert.equal("media_repository1", options.media_instance_running_background_jobs)
  end)

  it("is one name or a list of names as Synapse wants it", function()
    local options = shared "pusher:2,federation_sender:2,appservice,user_dir"
    assert.same({"pusher1", "pusher2"}, options.pusher_instances)
    assert.same({"federation_sender1", "federation_sender2"}, options.federation_sender_instances)
    assert.equal("appservice1", options.notify_appservices_from_worker)
    assert.equal("user_dir1", options.update_user_directory_from_worker)
  end)

  it("is warned of where Synapse's feature is off", function()
    local _, _, warnings = fixture.workers "thread_subscriptions"
    assert.matches("the type thread_subscriptions has no work", warnings[1].what)
    _, _, warnings = fixture.workers("thread_subscriptions", {homeserver = {
      server_name = "example.org", experimental_features = {msc4306_enabled = true}}})
    assert.same({}, warnings)
  end)
end)

local function all_listeners(made)
  local list = {}
  for _, instance in ipairs(made.instances) do
    for _, made_of in ipairs(listener.of(instance)) do list[#list + 1] = made_of end
  end
  return list
end

describe("listeners", function()
  local METRICS = {homeserver = {server_name = "example.org", enable_metrics = true}}

  it("all say x_forwarded, and have a number for the mode of a socket", function()
    local list = all_listeners(fixture.workers(ALL, METRICS))
    assert.is_true(#list > 60)
    for _, one in ipairs(list) do
      assert.equal("http", one.type)
      assert.is_true(one.x_forwarded)
      assert.is_true(one.mode == 432 or one.mode == 384)
      assert.is_nil(one.port)
    end
  end)

  it("keep replication apart from everything else", function()
    for _, one in ipairs(all_listeners(fixture.workers(ALL))) do
      local names = one.resources[1].names
      for _, name in ipairs(names) do assert.is_true(name ~= "replication" or #names == 1) end
      if names[1] == "replication" then assert.matches("^/run/synlua/private/", one.path) end
    end
  end)

  it("give one for health to workers without any other", function()
    local made = by_name(fixture.workers "pusher,synchrotron,event_persister")
    assert.equal("/run/synlua/private/pusher1_health.sock", made.pusher1.addresses.health.socket)
    assert.equal(made.synchrotron1.addresses.public, made.synchrotron1.addresses.health)
    assert.equal(made.event_persister1.addresses.replication, made.event_persister1.addresses.health)
    assert.same({"health"}, listener.of(made.pusher1)[1].resources[1].names)
    assert.equal(1, #listener.of(made.event_persister1))
  end)

  it("have metrics as http on sockets, where metrics are on", function()
    local made = by_name(fixture.workers("pusher", METRICS))
    assert.same({"metrics"}, listener.of(made.pusher1)[2].resources[1].names)
    assert.equal("/run/synlua/private/main_metrics.sock", made.main.addresses.metrics.socket)
    assert.is_nil(by_name(fixture.workers "pusher").pusher1.addresses.metrics)
  end)

  it("are ports of 127.0.0.1 where sockets are not wanted, no two the same", function()
    local made = fixture.workers(ALL, {environment = {SYNAPSE_PUBLIC_UNIX_SOCKETS = "no",
      SYNAPSE_HTTP_REPLICATION_UNIX_SOCKETS = "no", SYNAPSE_METRICS_UNIX_SOCKETS = "no"},
      homeserver = METRICS.homeserver})
    local seen = {}
    for _, one in ipairs(all_listeners(made)) do
      assert.same({"127.0.0.1"}, one.bind_addresses)
      assert.is_true(one.x_forwarded)
      assert.is_nil(one.path)
      assert.is_nil(seen[one.port])
      seen[one.port] = true
    end
    assert.same({"postgres", "redis"}, tables.keys(made.sockets))
    assert.is_true(seen[18010])
    assert.equal(#addresses.ports(made.instances) + 1, #made.listens)
  end)

  it("may not meet another port", function()
    local no = {SYNAPSE_PUBLIC_UNIX_SOCKETS = "no", SYNAPSE_WORKER_TYPES = "synchrotron"}
    local function with(more)
      local environment = tables.copy(no)
      for name, value in pairs(more) do environment[name] = value end
      return fixture.problems {environment = environment}
    end
    assert.equal("", with {})
    assert.matches("SYNLUA_INTERNAL_PORTS: port 18010 for public of main is also that of nginx %(SYNAPSE_HTTP_PORT%)",
      with {SYNAPSE_HTTP_PORT = "18010"})
    assert.matches("port 18015 for public of synchrotron1 is also that of the Redis server %(SYNAPSE_REDIS_PORT%)",
      with {SYNAPSE_REDIS_HOST = "127.0.0.1", SYNAPSE_REDIS_PORT = "18015"})
    assert.matches("is also that of the PostgreSQL server %(POSTGRES_PORT%)",
      with {POSTGRES_HOST = "localhost", POSTGRES_PORT = "18015"})
    assert.matches("would need ports up to 65538", with {SYNLUA_INTERNAL_PORTS = "65533"})
  end)
end)

describe("what homeserver.yaml says of workers", function()
  local function problems(homeserver, text)
    homeserver.server_name = "example.org"
    return fixture.problems {homeserver = homeserver, environment = {SYNAPSE_WORKER_TYPES = text or "typing,pusher"}}
  end

  it("is a problem that names both sources where it contradicts", function()
    assert.matches("/data/homeserver.yaml: stream_writers.typing is other1, but SYNAPSE_WORKER_TYPES makes it typing1",
      problems {stream_writers = {typing = "other1"}, instance_map = {other1 = {host = "::1", port = 9}}}, 1, true)
    assert.matches("pusher_instances is a, b, but SYNAPSE_WORKER_TYPES makes it pusher1",
      problems {pusher_instances = {"a", "b"}}, 1, true)
    assert.matches("instance_map.main is host: localhost, port: 9093, but SYNAPSE_WORKER_TYPES makes it path: /run",
      problems {instance_map = {main = {host = "localhost", port = 9093}}}, 1, true)
    assert.matches("run_background_tasks_on is bg, but SYNAPSE_WORKER_TYPES makes it background_worker1",
      problems({run_background_tasks_on = "bg"}, "background_worker"), 1, true)
  end)

  it("is a problem if it names a writer that does not exist", function()
    assert.matches("stream_writers.events names ghost1, which is no worker of SYNAPSE_WORKER_TYPES",
      problems {stream_writers = {events = {"master", "ghost1"}}}, 1, true)
  end)

  it("is a problem where it is the old way to say the same", function()
    assert.matches("start_pushers contradicts pusher_instances", problems {start_pushers = false}, 1, true)
    assert.matches("worker_replication_http_port contradicts instance_map",
      problems {worker_replication_http_port = 9093}, 1, true)
    assert.equal("", problems({start_pushers = false}, "typing"))
  end)

  it("is merged where it does not", function()
    local made, view = fixture.workers("typing", {homeserver = {server_name = "example.org",
      stream_writers = {typing = {"typing1"}, presence = "far1"}, enable_media_repo = true,
      instance_map = {far1 = {host = "10.0.0.2", port = 9000}}}})
    assert.equal(2, #made.instances)
    local options = view.homeserver.options
    assert.equal("far1", options.stream_writers.presence)
    assert.same({host = "10.0.0.2", port = 9000}, options.instance_map.far1)
    assert.same({path = "/run/synlua/private/main_replication.sock"}, options.instance_map.main)
  end)

  it("is left alone without workers", function()
    assert.equal("", fixture.problems {homeserver = {server_name = "example.org", pusher_instances = {"a"}}})
  end)
end)

describe("the secret of replication", function()
  it("is a file of its own where there are workers, and nowhere else", function()
    local _, view = fixture.workers "pusher"
    assert.equal("/data/example.org.replication.key", view.homeserver.overlay.worker_replication_secret_path)
    local _, _, _, alone = fixture.make {}
    assert.is_nil(alone.homeserver.options.worker_replication_secret_path)
  end)

  it("is the admin's where there is one", function()
    local _, view = fixture.workers("pusher", {homeserver = {server_name = "example.org",
      worker_replication_secret = "said"}})
    assert.is_nil(view.homeserver.options.worker_replication_secret_path)
    assert.equal("said", view.homeserver.options.worker_replication_secret)
  end)
end)

describe("processes", function()
  it("of workers need database and Redis, and wait for main to have been ready", function()
    local services = fixture.workers "pusher".services
    assert.same({"redis", "postgres_setup"}, services.pusher1.needs)
    assert.same({"synapse"}, services.pusher1.milestone)
    assert.same({"redis", "postgres_setup"}, services.synapse.needs)
    assert.same({"synapse", "pusher1"}, services.nginx.fronts)
    assert.is_true(services.pusher1.heavy)
    assert.same({"private/pusher1_health.sock"}, services.pusher1.sockets)
    assert.same({"-c", "/data/homeserver.yaml", "-c", "/run/synlua/synapse/main.yaml", "-c",
      "/run/synlua/workers/pusher1.yaml"}, {table.unpack(services.pusher1.process.argv, 4)})
  end)

  it("have nginx quiet about their sockets while they start, in every state of those", function()
    local about = fixture.workers "pusher".services.nginx.quiet[1]
    assert.equal("synapse", about.service)
    local said = {}
    for i, text in ipairs(about.texts) do said[i] = text[1]:match "^connect%(%) to unix:/.* failed %((.*)%) while " end
    assert.same({"2: No such file or directory", "13: Permission denied", "111: Connection refused"}, said)
  end)

  it("stop in the order of what needs what", function()
    local services = fixture.workers "pusher".services
    local function stage(name) return services[name].process.stage end
    assert.is_true(stage "nginx" > stage "pusher1")
    assert.is_true(stage "pusher1" > stage "synapse")
    assert.is_true(stage "synapse" > stage "postgres")
    assert.is_true(stage "synapse" > stage "redis")
  end)

  it("and their cost are described", function()
    local made = fixture.workers "pusher:3"
    local text = describe_plan.text(made)
    assert.matches("pusher2 +pusher", text)
    assert.matches("database: built%-in PostgreSQL, at most 40 connections", text)
    assert.matches("memory: about %d+ MB", text)
    assert.equal(4, #describe_plan.plan(made).instances)
  end)

  it("may have names of any length: those of their sockets are shortened where they have to be", function()
    local long = "account_data+device_lists+presence+push_rules+receipts+thread_subscriptions+to_device+typing"
    for _, runtime in ipairs {"/run/synlua", "/run/" .. ("x"):rep(77)} do
      local list = {long, ("x"):rep(80) .. "=pusher:3", ("x"):rep(80) .. "y=synchrotron", "typing=appservice"}
      local environment = {SYNLUA_RUNTIME_DIR = runtime, SYNAPSE_METRICS = "yes", POSTGRES_HOST = "db",
        SYNAPSE_REDIS_HOST = "redis"}
      local made = fixture.workers(table.concat(list, ","), {environment = environment})
      local seen = {}
      for _, path in pairs(made.sockets) do
        assert.is_true(#path <= 107, path)
        assert.is_nil(seen[path], path)
        seen[path] = true
      end
      local services = {}
      for _, instance in ipairs(made.instances) do
        assert.is_true(#instance.service <= 63, instance.service)
        assert.is_nil(services[instance.service])
        services[instance.service] = true
        for _, address in pairs(instance.addresses) do assert.is_true(seen[address.socket]) end
        for _, relative in ipairs(made.services[instance.service].sockets) do
          assert.is_true(seen[runtime .. "/" .. relative], relative)
        end
      end
      assert.same(made.sockets, fixture.workers(table.concat(list, ","), {environment = environment}).sockets)
    end
  end)

  it("that fit keep the sockets they had", function()
    local made = fixture.workers("typing", {environment = {POSTGRES_HOST = "db"}})
    assert.equal("/run/synlua/private/typing1_replication.sock", made.sockets.typing1_replication)
  end)

  it("leave the length of the runtime directory alone to its own check", function()
    local _, problems = require "settings_fixture".read {
      SYNAPSE_WORKER_TYPES = ("x"):rep(80) .. "=pusher", SYNLUA_RUNTIME_DIR = "/run/synlua"}
    assert.same({}, problems)
  end)
end)

describe("a long name of a worker", function()
  it("stays whole in Synapse's configuration, and is shortened for the supervisor only", function()
    local name = "account_data+device_lists+presence+push_rules+receipts+to_device+typing"
    local made, view = fixture.workers(name, {environment = {POSTGRES_HOST = "db"}})
    assert.same({name .. "1"}, view.shared.stream_writers.typing)
    local service = made.instances[2].service
    assert.equal("account_data+device_lists+presence+push_rules+receip-", service:sub(1, 53))
    assert.equal(63, #service)
    assert.is_not_nil(made.services[service])
  end)
end)

describe("lists of homeserver.yaml", function()
  it("stay lists", function()
    assert.equal("seq", document.kind(select(2, fixture.workers "pusher").homeserver.merged.listeners))
  end)
end)
