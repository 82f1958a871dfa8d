local fixture = require "plan_fixture"
local fork = require "plan.process.fork"

local JEMALLOC = "/usr/lib/libjemalloc.so.2"

local function plan(types, environment, host)
  local options = {environment = environment or {}, host = host}
  if types then return (fixture.workers(types, options)) end
  return (fixture.make(options))
end

local environment = fixture.environment

describe("the fork server", function()
  it("is planned where there are workers, for all of Synapse's processes", function()
    local services = plan("pusher:2").services
    assert.is_true(services.forkserver.process.fork_server)
    for _, name in ipairs {"synapse", "pusher1", "pusher2"} do
      assert.equal("forkserver", services[name].process.fork)
      assert.same({"forkserver"}, services[name].prefers)
    end
    assert.is_nil(services.redis.process.fork)
  end)

  it("is not planned for one process, or where it is not wanted", function()
    assert.is_nil(plan().services.forkserver)
    local services = plan("pusher", {SYNLUA_FORK_SERVER = "no"}).services
    assert.is_nil(services.forkserver)
    assert.is_nil(services.pusher1.process.fork)
    assert.is_nil(services.pusher1.prefers)
    assert.is_table(plan(nil, {SYNLUA_FORK_SERVER = "yes"}).services.forkserver)
  end)

  it("makes its objects immortal, and says where it cannot only if that was asked for", function()
    for value, wanted in pairs {[""] = "try", yes = "yes", no = "no"} do
      local service = plan("pusher", {SYNLUA_IMMORTAL_HEAP = value ~= "" and value or nil}).services.forkserver
      assert.equal("--immortal=" .. wanted, service.process.argv[3])
    end
  end)

  it("never prevents a process from starting", function()
    local service = plan("pusher").services.forkserver
    assert.equal("degrade", service.on_failure)
    assert.is_number(service.start_limit_ms)
  end)

  it("ends after the processes that it has forked", function()
    local services = plan("pusher").services
    assert.is_true(services.synapse.process.stage > services.forkserver.process.stage)
    assert.is_true(services.pusher1.process.stage > services.forkserver.process.stage)
  end)

  it("has the environment of its children without variables that may be secret", function()
    local services = plan("pusher", {https_proxy = "http://user:secret@proxy", SYNAPSE_CACHE_FACTOR = "2"}).services
    local its, theirs = environment(services.forkserver), environment(services.pusher1)
    assert.equal("http://user:secret@proxy", theirs.https_proxy)
    theirs.https_proxy = nil
    assert.same(theirs, its)
    assert.equal("2", its.SYNAPSE_CACHE_FACTOR)
  end)
end)

describe("jemalloc", function()
  it("is preloaded for Synapse alone, before libraries that the admin preloads", function()
    local services = plan("pusher", {LD_PRELOAD = "/lib/x.so"}).services
    assert.equal(JEMALLOC .. ":/lib/x.so", environment(services.pusher1).LD_PRELOAD)
    assert.equal("narenas:1,tcache:false,dirty_decay_ms:1000,muzzy_decay_ms:0",
      environment(services.pusher1).MALLOC_CONF)
    assert.equal(JEMALLOC, environment(plan().services.synapse).LD_PRELOAD)
    assert.is_nil(environment(services.redis).LD_PRELOAD)
    assert.is_nil(environment(services.nginx).LD_PRELOAD)
  end)

  it("is left out where it is not installed or not wanted", function()
    local without = environment(plan("pusher", {}, {libraries = {}}).services.pusher1)
    assert.is_nil(without.LD_PRELOAD)
    assert.is_nil(without.MALLOC_CONF)
    local services = plan("pusher", {SYNLUA_JEMALLOC = "no", LD_PRELOAD = "/lib/x.so"}).services
    assert.equal("/lib/x.so", environment(services.pusher1).LD_PRELOAD)
  end)
end)

describe("a process of Synapse's", function()
  it("keeps what comes to it in the data directory, not in memory, in a directory that each start empties", function()
    local services = plan("pusher").services
    for _, name in ipairs {"synapse", "pusher1", "forkserver"} do
      assert.equal("/data/.synlua.tmp", environment(services[name]).TMPDIR)
    end
    local found
    for _, item in ipairs(plan("pusher").directories) do
      if item.path == ".synlua.tmp" then found = item end
    end
    assert.same({"/data", 448, 991, 991, true, true},
      {found.base, found.mode, found.uid, found.gid, found.optional, found.emptied})
  end)

  it("is not changed if there is no fork server", function()
    local part = {process = {}}
    assert.equal(part, fork.offer({settings = {SYNLUA_FORK_SERVER = false}, instances = {}}, part))
    assert.same({process = {}}, part)
  end)
end)
