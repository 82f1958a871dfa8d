-- `synlua override`: what becomes of the files of the user directory, copies of shipped ones, and starts of new ones.

local dkjson = require "dkjson"
local file = require "core.file"
local support = require "run.support"

local base

local function run(words, more)
  local list = {"env -i PATH=/usr/bin:/bin:/usr/sbin"}
  local all = {
    SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no", SYNAPSE_CONFIG_DIR = base .. "/data",
    SYNAPSE_DATA_DIR = base .. "/data", SYNLUA_RUNTIME_DIR = base .. "/run", SYNAPSE_WORKER_TYPES = "typing",
    SYNLUA_SYNAPSE_PYTHON = os.getenv "SYNLUA_SYNAPSE_PYTHON" or package.home .. "/.venv/bin/python",
  }
  for name, value in pairs(more or {}) do all[name] = value end
  for name, value in pairs(all) do list[#list + 1] = support.quote(name .. "=" .. value) end
  return support.capture(("%s timeout -s KILL 60 %s %s 2>&1"):format(table.concat(list, " "),
    support.quote(support.SYNLUA), words))
end

local function says(pattern, status, words)
  local text, got = run(words)
  assert.matches(pattern, text)
  assert.equal(status, got, text)
end

local function user(path) return base .. "/data/synlua/" .. path end

local function states()
  local made = {}
  for _, one in ipairs(dkjson.decode((run "override list --json"))) do made[one.path] = one end
  return made
end

before_each(function()
  base = support.directory()
  assert(os.execute(("mkdir %s/data"):format(base)))
end)

after_each(function() support.remove(base) end)

describe("override new", function()
  it("makes a start for a slot, which changes nothing yet", function()
    local slots = require "contract.slots"
    for _, slot in ipairs(slots.fields) do
      local path = ("%s/own%s"):format(slots.folder(slot), slots.ending(slot))
      says(path:gsub("%p", "%%%0") .. " is made", 0, "override new slot " .. path:gsub("^templates/", ""))
      assert.truthy(support.read(user(path)):find("^# "), path)
    end
    local text, status = run("check", {SYNAPSE_METRICS = "yes"})
    assert.equal(0, status, text)
  end)

  it("makes starts that pass check, and that do something once they are used", function()
    says("/workers/gatherer.lua is made", 0, "override new worker gatherer")
    says("/services/bridge.lua is made", 0, "override new service bridge")
    says("/init.lua is made", 0, "override new hook plan")
    local text, status = run "plan"
    assert.equal(0, status, text)
    assert.matches("\n  bridge +991:991 +ready by started", text)
    text, status = run("plan", {SYNAPSE_WORKER_TYPES = "gatherer"})
    assert.equal(0, status, text)
    assert.matches("\n  gatherer1 +gatherer\n", text)
    assert.is_nil(text:find("problem", 1, true) or text:find("warning", 1, true), text)
  end)

  it("puts the name into its own places, so that each line can be used", function()
    says("/services/bridge.lua is made", 0, "override new service bridge")
    local path = user "services/bridge.lua"
    local text = support.read(path)
    assert.matches("^%-%- The service bridge%.", text)
    local used = text:match "^(.-\n}\n)":gsub("  %-%- (%l[%w_]+ = )", "  %1"):gsub("every = 60", "every = 30")
    used = used:gsub('  needs = {"synapse"},\n', ""):gsub('  after = {"nginx"},\n', "")
    support.write(path, used)
    local shown, status = run "plan --json"
    assert.equal(0, status, shown)
    assert.matches("HOMESERVER=example.org", (run "eval -e plan.services.bridge.process.environment"))
    assert.matches("EXAMPLE_PORT", (run "env"))
  end)

  it("makes each hook, and shows the lines where there is an init.lua", function()
    for _, name in ipairs {"settings", "plan", "files", "on"} do
      support.remove(user "")
      says("/init.lua is made", 0, "override new hook " .. name)
      local text, status = run "plan"
      assert.equal(0, status, text)
    end
    says("^  %-%- Changes variables.*/init.lua exists already: put the lines above into its table\n$", 1,
      "override new hook settings")
  end)

  it("refuses names that are taken, wrong or unknown", function()
    says("typing.lua is shipped: synlua override copy workers/typing.lua", 64, "override new worker typing")
    says("a name has small letters", 64, "override new service ../x")
    says("the hooks are settings, plan, files, on", 64, "override new hook of")
    says("did you mean prometheus.yml.d/rules/own.yml", 64, "override new slot prometheus.yml.d/rules/own.conf")
    says("a slot is named such as nginx.conf.d/location/own.conf", 64, "override new slot ../own.conf")
    says("must be one of 'worker', 'service', 'job', 'hook'", 64, "override new thing x")
    says("is made", 0, "override new service bridge")
    says("bridge.lua exists already", 1, "override new service bridge")
  end)
end)

describe("override copy", function()
  it("copies every shipped file so that nothing changes but what it says of itself", function()
    assert.equal(0, (select(2, run(("render %s/before"):format(base)))))
    for folder, inner in pairs {["lua/services"] = "services/", ["lua/workers"] = "workers/",
      templates = "templates/"} do
      for name in pairs(assert(file.list(package.home, folder))) do
        local text, status = run("override copy " .. inner .. name)
        assert.equal(0, status, text)
      end
    end
    local text, status = run(("render %s/after"):format(base))
    assert.same({"", 0}, {text, status})
    local different = support.capture(("diff -rq %s/before %s/after"):format(base, base))
    assert.matches("^Files [^\n]+sitecustomize.py differ\n$", different)
    for path, one in pairs(states()) do assert.is_true(one.state == "used" or one.state == "unused", path) end
  end)

  it("takes a short name, and says which files a name may mean", function()
    says("/templates/nginx.conf is made", 0, "override copy nginx.conf")
    says("/services/nginx.lua is made", 0, "override copy nginx")
    says("/workers/typing.lua is made", 0, "override copy typing.lua")
    says("nothing shipped is called ngnix, did you mean nginx?", 64, "override copy ngnix")
    says("nginx.conf exists already", 1, "override copy nginx.conf")
  end)
end)

it("override diff shows what you changed, and whether the shipped one has changed since", function()
  run "override copy nginx.conf"
  says("^templates/nginx.conf is as the shipped one\n$", 0, "override diff nginx.conf")
  local path = user "templates/nginx.conf"
  support.write(path, support.read(path) .. "# mine\n")
  says("\n%+# mine\n$", 1, "override diff templates/nginx.conf")
  support.write(path, (support.read(path):gsub("replaces: %w+", "replaces: abc")))
  says("^it stands in for abc; the shipped version is %w+\n", 1, "override diff nginx.conf")
  says("the user directory has no templates/redis.conf", 1, "override diff redis.conf")
  assert.equal("stale", states()["templates/nginx.conf"].state)
end)

describe("override list", function()
  it("says of each file what becomes of it, and why", function()
    says("^there is no file in .*/data/synlua\n$", 0, "override list")
    for _, words in ipairs {"copy typing", "copy synchrotron", "copy redis_outside", "copy redis", "new service bridge",
      "copy redis.conf", "copy pg_hba.conf"} do
      assert.equal(0, (select(2, run("override " .. words))))
    end
    support.write(user "nginx.lua", "")
    support.write(user "services/broken.lua", "return {\n  api = 2,\n  argw = 1,\n}\n")
    assert(os.execute(("chown 991 %s; chmod 664 %s"):format(user "services/redis.lua", user "templates/redis.conf")))
    local path = user "templates/pg_hba.conf"
    support.write(path, (support.read(path):gsub("replaces: %w+", "replaces: abc")))
    local found, wanted = states(), {
      ["workers/typing.lua"] = {"used", ""}, ["services/bridge.lua"] = {"used", ""},
      ["workers/synchrotron.lua"] = {"unused", "no worker is of this type"},
      ["services/redis_outside.lua"] = {"unused", "it plans no process"},
      ["nginx.lua"] = {"unused", "did you mean services/nginx.lua?"},
      ["services/broken.lua"] = {"refused", "line 3: argw: is not known; did you mean argv?"},
      ["services/redis.lua"] = {"refused", "it belongs to uid 991: "},
      ["templates/redis.conf"] = {"refused", "it belongs to uid 0, mode 0664: "},
      ["templates/pg_hba.conf"] = {"stale", "synlua override diff templates/pg_hba.conf"},
    }
    for name, want in pairs(wanted) do
      assert.equal(want[1], found[name] and found[name].state, name)
      assert.is_truthy((found[name].note or ""):find(want[2], 1, true), found[name].note)
      found[name] = nil
    end
    assert.same({}, found)
    says("\nrefused  services/redis.lua\n         it belongs to uid 991: ", 0, "override list")
  end)

  it("knows the variables of the files, and calls a file refused whose function fails", function()
    support.write(user "services/greeter.lua", [[
return {
  api = 2,
  argv = function(view) return {"/bin/sleep", tostring(view.settings.GREETER_SECONDS)} end,
  settings = {{name = "GREETER_SECONDS", kind = "integer", default = 9, doc = "How long."}},
}
]])
    support.write(user "services/other.lua", [[
return {
  api = 2,
  argv = function(view) return {"/bin/sleep", view.settings.GREETER_SECONDS} end,
}
]])
    local found = states()
    assert.same({state = "used", path = "services/greeter.lua"}, found["services/greeter.lua"])
    assert.equal("refused", found["services/other.lua"].state)
    assert.matches("^line 3: argv%[2%]: must be text, but is 9", found["services/other.lua"].note)
  end)
end)

describe("migrate-database", function()
  it("says which files of the user directory the move does not take up", function()
    support.write(user "init.lua", "return {api = 2, settings = function(all) return all end}\n")
    support.write(user "services/synapse.lua", "return {api = 2, extends = function(shipped) return shipped end}\n")
    local text = run "migrate-database"
    assert.matches("/services/synapse.lua: has no effect on the move of the database, which has its own plan", text)
    assert.matches("/init.lua: has no effect on the move of the database", text)
    assert.is_nil((run "check"):find("has no effect on the move", 1, true))
  end)
end)
