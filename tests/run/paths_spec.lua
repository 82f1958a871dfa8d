-- Variables that are read before the settings work as NAME_FILE and with superfluous slashes too.

local support = require "run.support"

local base

local function synlua(arguments, environment, program)
  local words = {"cd / && env -i PATH=/usr/bin:/bin:/usr/sbin NGINX_LISTEN_ADDRESS=127.0.0.1"}
  for name, value in pairs(environment) do words[#words + 1] = support.quote(name .. "=" .. value) end
  words[#words + 1] = ("timeout -s KILL 60 %s %s 2>&1"):format(support.quote(program or support.SYNLUA), arguments)
  return support.capture(table.concat(words, " "))
end

-- Every way to set a variable to a value: the environment that does.
local function ways(name, value)
  local list = {["NAME"] = {[name] = value}}
  local function in_file(what, text)
    local path = ("%s/secrets/%s.%s"):format(base, name, what)
    support.write(path, text .. "\n")
    list[what] = {[name .. "_FILE"] = path}
  end
  in_file("file", value)
  if value:sub(1, 1) == "/" then
    list["slash at the end"] = {[name] = value .. "/"}
    list["slashes"] = {[name] = (value:gsub("^/", "//") .. "//")}
    in_file("file with slashes", value:gsub("/([^/]*)$", "//%1") .. "/")
  end
  return list
end

-- Runs `check` of a command's output and status for every way, with these variables beside.
local function each_way(name, value, arguments, beside, check)
  for way, set in pairs(ways(name, value)) do
    local environment = {SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no",
      SYNAPSE_DATA_DIR = base .. "/data", SYNAPSE_CONFIG_DIR = base .. "/data",
      SYNLUA_RUNTIME_DIR = base .. "/run/synlua"}
    for other, text in pairs(beside or {}) do environment[other] = text or nil end
    environment[name] = nil
    for other, text in pairs(set) do environment[other] = text end
    local output, status = synlua(arguments, environment)
    check(output, status, ("%s by %s"):format(name, way))
  end
end

local function says(part)
  return function(output, _, what)
    assert.truthy(output:find(part, 1, true), ("%s: no %q in:\n%s"):format(what, part, output))
  end
end

describe("a variable that is read first", function()
  before_each(function()
    base = support.directory()
    assert(os.execute(("mkdir -p %s/data %s/other"):format(base, base)))
  end)
  after_each(function() support.remove(base) end)

  it("names the data directory, and its database stays in use", function()
    support.write(base .. "/other/homeserver.db", "SQLite format 3\0")
    each_way("SYNAPSE_DATA_DIR", base .. "/other", "plan", {SYNAPSE_WORKER_TYPES = "typing"},
      says "asks for workers, but the database is SQLite")
  end)

  it("names the directory of homeserver.yaml and homeserver.d, or the file itself", function()
    support.write(base .. "/other/homeserver.yaml", "server_name: other.example\n")
    support.write(base .. "/other/homeserver.d/x.yaml", "max_upload_size: 7M\n")
    local without = {SYNAPSE_SERVER_NAME = false, SYNAPSE_REPORT_STATS = false}
    each_way("SYNAPSE_CONFIG_DIR", base .. "/other", "explain server_name", without,
      says(("set by %s/other/homeserver.yaml:1"):format(base)))
    each_way("SYNAPSE_CONFIG_DIR", base .. "/other", "explain max_upload_size", without,
      says(("set by %s/other/homeserver.d/x.yaml:1"):format(base)))
    support.write(base .. "/other/a.yaml", "server_name: a.example\n")
    for way, set in pairs(ways("SYNAPSE_CONFIG_PATH", base .. "/other/a.yaml")) do
      set.SYNAPSE_DATA_DIR, set.SYNAPSE_CONFIG_DIR = base .. "/data", base .. "/data"
      says(("set by %s/other/a.yaml:1"):format(base))((synlua("explain server_name", set)), nil, way)
    end
  end)

  it("names the user's directory", function()
    support.write(base .. "/other/templates/nginx.conf", "mine\n")
    each_way("SYNLUA_USER_DIR", base .. "/other", "plan", {},
      says("taken from the user directory: " .. base .. "/other/templates/nginx.conf"))
    support.write(base .. "/data/synlua/templates/nginx.conf", "mine\n")
    each_way("SYNAPSE_DATA_DIR", base .. "/data", "plan", {},
      says("taken from the user directory: " .. base .. "/data/synlua/templates/nginx.conf"))
  end)

  it("names the user whose files root must not run", function()
    support.write(base .. "/other/templates/nginx.conf", "mine\n")
    assert(os.execute(("chown 4242 %s/other/templates/nginx.conf"):format(base)))
    for _, name in ipairs {"UID", "PUID"} do
      each_way(name, "4242", "plan", {SYNLUA_USER_DIR = base .. "/other"}, says "look at it first")
    end
    each_way("SYNLUA_TRUST_OVERRIDES", "yes", "plan", {SYNLUA_USER_DIR = base .. "/other", UID = "4242"},
      says "taken from the user directory")
  end)

  it("names the Python beside which Synapse's tools are", function()
    support.write(base .. "/opt/python", "#!/bin/sh\n")
    support.write(base .. "/opt/synapse_tool", "#!/bin/sh\necho tool\n")
    assert(os.execute(("chmod 755 %s/opt/python %s/opt/synapse_tool"):format(base, base)))
    for _, arguments in ipairs {"synapse_tool", "exec synapse_tool"} do
      each_way("SYNLUA_SYNAPSE_PYTHON", base .. "/opt/python", arguments, {}, says "tool\n")
    end
  end)

  it("names the directory of registrations", function()
    support.write(base .. "/other/bad.yaml", "[\n")
    each_way("SYNAPSE_AS_REGISTRATION_DIR", base .. "/other", "plan", {}, says(base .. "/other/bad.yaml:"))
  end)

  it("names the logging configuration that workers copy", function()
    support.write(base .. "/other/log.yaml",
      "version: 1\nhandlers:\n  f: {class: logging.FileHandler, filename: /x.log}\n")
    each_way("SYNAPSE_LOG_CONFIG", base .. "/other/log.yaml", "render " .. base .. "/out",
      {SYNAPSE_WORKER_TYPES = "pusher"}, function(output, status, what)
        assert.equal(0, status, what .. output)
        local path = ("%s/out%s/run/synlua/workers/pusher1.log.config"):format(base, base)
        assert.matches("/x.pusher1.log", support.read(path), 1, true)
        support.remove(base .. "/out")
      end)
  end)

  it("says the memory by which SYNAPSE_WORKER_TYPES=auto chooses", function()
    each_way("SYNLUA_MEMORY", "100M", "plan", {SYNAPSE_WORKER_TYPES = "auto"},
      says "auto runs the main process only here")
    each_way("SYNAPSE_WORKER_TYPES", "auto", "plan", {SYNLUA_MEMORY = "100M"},
      says "auto runs the main process only here")
  end)

  it("of SYNAPSE_CONFIG__ names its file by an absolute path, as any other does", function()
    local text, status = synlua("plan", {SYNAPSE_SERVER_NAME = "example.org", SYNAPSE_REPORT_STATS = "no",
      SYNAPSE_DATA_DIR = base .. "/data", SYNAPSE_CONFIG_DIR = base .. "/data",
      SYNAPSE_CONFIG__a_FILE = "etc/hostname"})
    assert.equal(78, status, text)
    says "SYNAPSE_CONFIG__a_FILE: must be the absolute path of a file"(text, nil, "a relative one")
  end)
end)

describe("SYNLUA_RUNTIME_DIR", function()
  after_each(support.finish)

  it("leads health and the other commands to the instance, however it is set", function()
    local run = support.ready_pair()
    base = run.directory
    for way, set in pairs(ways("SYNLUA_RUNTIME_DIR", run:path "run")) do
      local text, status = synlua("health", set)
      assert.equal("healthy: 2 of 2 services are ready\n", text, way)
      assert.equal(0, status)
    end
  end)
end)
