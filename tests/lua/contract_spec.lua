-- Which paths of the user directory are open, and what their files may hold.

local contract = require "contract"

local SHIPPED = {"services/nginx.lua", "services/synapse.lua", "templates/nginx.conf", "templates/redis.conf",
  "workers/typing.lua"}

local function place(path) return contract.place(path, SHIPPED) end

local function nearest(path)
  local found, near = place(path)
  assert.is_nil(found, path)
  return near
end

describe("a path of the user directory", function()
  it("is open for worker types, services, templates, slots and hooks", function()
    assert.same({kind = "hooks", name = "init"}, place "init.lua")
    assert.same({kind = "worker", name = "my_type"}, place "workers/my_type.lua")
    assert.same({kind = "service", name = "my-bridge"}, place "services/my-bridge.lua")
    assert.same({kind = "template", name = "nginx.conf"}, place "templates/nginx.conf")
    assert.same({kind = "slot", file = "nginx.conf", slot = "server", name = "10-size.conf"},
      place "templates/nginx.conf.d/server/10-size.conf")
    assert.same({kind = "slot", file = "redis.conf", name = "mine.conf"}, place "templates/redis.conf.d/mine.conf")
    assert.same({kind = "slot", file = "prometheus.yml", slot = "rules", name = "mine.yml"},
      place "templates/prometheus.yml.d/rules/mine.yml")
  end)

  it("is open nowhere else", function()
    for _, path in ipairs {"nginx.lua", "plan/init.lua", "workers/a/b.lua", "templates/a/b.conf", "cli/init.lua",
      "workers/my-type.lua", "workers/typing.txt", "templates/nginx.conf.d/mine.conf", "x/init.lua",
      "templates/redis.conf.d/server/mine.conf", "templates/nginx.conf.d/servers/mine.conf"} do
      assert.is_nil((contract.place(path)), path)
    end
  end)

  it("is told the open path that was most likely meant", function()
    assert.equal("services/nginx.lua", nearest "nginx.lua")
    assert.equal("templates/nginx.conf", nearest "nginx.conf")
    assert.equal("services/bridge.lua", nearest "service/bridge.lua")
    assert.equal("workers/mine.lua", nearest "wokers/mine.lua")
    assert.equal("templates/nginx.conf.d/server/mine.conf", nearest "templates/nginx.conf.d/servers/mine.conf")
    assert.equal("templates/nginx.conf.d/http/mine.conf", nearest "templates/nginx.conf.d/mine.conf")
    assert.equal("templates/nginx.conf.d/server/mine.conf", nearest "templates/nginx.conf.d/server/mine.txt")
    assert.equal("templates/redis.conf.d/mine.conf", nearest "templates/redis.conf.d/server/mine")
    assert.equal("templates/prometheus.yml.d/rules/mine.yml", nearest "templates/prometheus.yml.d/rules/mine.conf")
    assert.equal("templates/prometheus.yml.d/scrape_configs/mine.yml",
      nearest "templates/prometheus.yml.d/scrape_config/mine.yml")
    assert.equal("init.lua", nearest "inti.lua")
    assert.is_nil(nearest "somewhere/else.lua")
  end)
end)

local lines = require "contract.lines"

local TEXT = [[
local HOST = {argv = {"no"}} -- argv = 2
local function helper(a, b)
  local c = {x = a, y = b}
  return c
end
--[=[ ready = "notify" ]=]
return {
  api = 2, doc = "ready = { 'x'",
  argv = {"/bin/true",
    "second"},
  ready = {
    http = "http://x/",
  },
  limits = {tries = 3},
  environment = function(view)
    local it = {A = 1}
    if view then it.B = 2 end
    return {NAME = view.paths.data, OTHER = it}
  end,
  settings = {
    {name = "A_B", kind = "port"},
    {name = "C_D",
      kind = "prot"},
  },
}
]]

describe("the line of a field", function()
  local function at(path) return lines.of(TEXT, path) end

  it("is found in the table that the file returns", function()
    assert.equal(8, at "api")
    assert.equal(9, at "argv")
    assert.equal(9, at "argv[1]")
    assert.equal(10, at "argv[2]")
    assert.equal(11, at "ready")
    assert.equal(12, at "ready.http")
    assert.equal(14, at "limits.tries")
    assert.equal(21, at "settings[1].kind")
    assert.equal(23, at "settings[2].kind")
  end)

  it("is found in what a function returns", function()
    assert.equal(18, at "environment.NAME")
  end)

  it("is that of the table around a field that is missing", function()
    assert.equal(11, at "ready.tcp")
    assert.equal(22, at "settings[2].doc")
    assert.equal(7, at "on_failure")
    assert.equal(7, at "")
    assert.equal(1, lines.of("local x = 1", "argv"))
  end)

  it("is found where the fields are set one by one", function()
    local text = "local service = {api = 2}\n\nfunction service.plan(view)\n  return {\n    process = {argv = {}},\n"
      .. "  }\nend\nservice.files = function() end\nreturn service\n"
    assert.equal(3, lines.of(text, "plan"))
    assert.equal(8, lines.of(text, "files"))
    assert.equal(5, lines.of(text, "process.argv"))
    assert.equal(1, lines.of(text, "api"))
  end)
end)

local check = require "contract.check"

local function shipped_in(directory)
  local list = {}
  for name in require "lfs".dir("lua/" .. directory) do
    local short = name:match "^([%w_]+)%.lua$"
    if short then list[short] = require(directory .. "." .. short) end
  end
  return list
end

describe("what is shipped", function()
  it("keeps to the schema of worker types", function()
    for name, kind in pairs(shipped_in "workers") do
      assert.same({}, check.value(contract.schema "worker", kind), name)
    end
  end)

  it("keeps to the schema of services", function()
    for name, service in pairs(shipped_in "services") do
      assert.same({}, check.value(contract.schema "service", service), name)
    end
  end)
end)

describe("what is shipped", function()
  it("keeps to the schema of jobs", function()
    for name, job in pairs(shipped_in "jobs") do
      assert.same({}, check.value(contract.schema "job", job), name)
    end
  end)
end)

local function faults(kind, value)
  local list = {}
  for at, fault in ipairs(check.value(contract.schema(kind), value)) do
    list[at] = fault.path .. ": " .. fault.what
  end
  return list
end

describe("a check", function()
  it("names every fault at once, with what was meant", function()
    assert.same({
      'argvv: is not known; did you mean argv?', 'on_failure: must be one of "degrade", "exit", "keep-trying", but is '
        .. '"degrad"; did you mean "degrade"?', "limits.tris: is not known; did you mean tries?",
    }, faults("service", {api = 2, argvv = {"/bin/true"}, on_failure = "degrad", limits = {tris = 3}}))
  end)

  it("names wrong types and what is missing", function()
    assert.same({"doc: is missing", "endpoints[1].methods: is missing",
      'endpoints[2].methods[1]: must be one of "GET", "PUT", "POST", "DELETE", "PATCH", but is "get"; '
        .. 'did you mean "GET"?', "max: must be a whole number of at least 1, but is 0"},
      faults("worker", {api = 2, resources = {}, max = 0,
        endpoints = {{path = "/a"}, {path = "/b", methods = {"get"}}}}))
    assert.same({"argv: must be a list of texts, but is \"/bin/true\""},
      faults("service", {api = 2, argv = "/bin/true"}))
    assert.same({"argv[2]: must be text, but is 7"}, faults("service", {api = 2, argv = {"/bin/true", 7}}))
    assert.same({"environment.A: must be text or a number, but is a table"},
      faults("service", {api = 2, argv = {"/bin/true"}, environment = {A = {}}}))
  end)

  it("takes each form of readiness and no other", function()
    local function of(ready) return faults("service", {api = 2, argv = {"/bin/true"}, ready = ready}) end
    for _, ready in ipairs {"notify", "started", "exit", {http = "http://127.0.0.1:80/x"}, {tcp = 80},
      {tcp = "127.0.0.1:80"}, {socket = "/run/x.sock"}, function() end} do
      assert.same({}, of(ready))
    end
    assert.same({"ready.htpp: is not known; did you mean http?"}, of {htpp = "x"})
    assert.same({"ready: asks nothing"}, of {})
    assert.matches("^ready.http: must have an IP address", of {http = "http://localhost:80/"}[1])
    assert.matches("^ready: must be one of .* but is 5", of(5)[1])
  end)

  it("says that a service needs argv, plan or extends, and which fields plan leaves without effect", function()
    assert.same({"argv: is missing: a service needs argv, plan or extends"}, faults("service", {api = 2}))
    assert.same({"needs: has no effect beside plan, which returns all that is planned"},
      faults("service", {api = 2, plan = function() end, needs = {"redis"}}))
    assert.same({}, faults("service", {api = 2, extends = function() end}))
  end)

  it("takes no path that leads out", function()
    local function of(path) return faults("service", {api = 2, argv = {"/x"}, directories = {path}})[1] or "fine" end
    assert.equal("fine", of "bridge/state")
    for _, path in ipairs {"../x", "a/../../b", "/etc", "a/", "a//b"} do
      assert.are_not.equal("fine", of(path), path)
    end
  end)

  it("takes only data where options of homeserver.yaml are meant", function()
    local options = require "contract.worker_type".options
    local function of(value)
      local list = {}
      check.field(options, value, "shared", list)
      return #list
    end
    local ring = {}
    ring.ring = ring
    assert.equal(0, of {a = {b = {1, 2, "x", true}}})
    for _, value in ipairs {ring, {a = print}, 5, {[{}] = 1}, {a = 0 / 0}} do assert.equal(1, of(value)) end
  end)
end)

describe("the version of a description", function()
  it("is said to be old, missing or unknown", function()
    assert.matches("^api: = 1 is of an earlier synlua", faults("service", {api = 1})[1])
    assert.equal(1, #faults("service", {api = 1}))
    assert.same({"api: must be 2, but is 3"}, faults("worker", {api = 3}))
    assert.same({"api: is missing", "doc: is missing"}, faults("worker", {resources = {}, endpoints = {}}))
  end)
end)

describe("a file that extends a shipped one", function()
  it("has no other field", function()
    assert.same({}, faults("worker", {api = 2, extends = print}))
    assert.same({"max: has no effect beside extends", "mox: is not known; did you mean max?"},
      faults("worker", {api = 2, extends = print, max = 2, mox = 1}))
  end)
end)

describe("the reference", function()
  local reference = require "contract.reference"

  local function read(path)
    local from <close> = assert(io.open(path))
    return from:read "a"
  end

  it("in docs/lua.md is what make docs writes", function()
    local text = read "docs/lua.md"
    local _, to = text:find("\n<!%-%- [^\n]*\n\n")
    assert.equal(reference.markdown(), text:sub(to + 1))
  end)

  it("for editors in meta/ is what make docs writes, and Lua", function()
    local text = read "meta/synlua.lua"
    assert.equal(reference.stubs(), text)
    assert.is_truthy(load(text))
  end)

  it("names every field of every schema, and no other", function()
    local known = {}
    local function add(field, path)
      for _, inner in ipairs(field.fields or {}) do
        known[path .. "." .. inner.name] = true
        add(inner, path .. "." .. inner.name)
      end
      for _, one in ipairs(field.either or {}) do add(one, path) end
      if field.of then add(field.of, path) end
    end
    local classes = {worker = "synlua.WorkerType", service = "synlua.Service", job = "synlua.Job",
      hooks = "synlua.Hooks"}
    for kind, class in pairs(classes) do add(contract.schema(kind), class) end
    add(require "contract.view", "synlua.View")
    local class
    for line in read "meta/synlua.lua":gmatch "[^\n]+" do
      class = line:match "^%-%-%-@class (%S+)" or class
      local name = line:match "^%-%-%-@field ([%w_]+)"
      if name then
        assert.is_true(known[class .. "." .. name] ~= nil, class .. "." .. name)
        known[class .. "." .. name] = false
      end
    end
    for name, left in pairs(known) do assert.is_false(left, name .. " is not in meta/synlua.lua") end
  end)
end)
