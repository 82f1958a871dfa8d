-- Registrations of application services, in commands.

local support = require "run.support"

local base

local GOOD = [[
id: %s
url: http://127.0.0.1:9000
as_token: as-%s-se-cret
hs_token: hs-%s-se-cret
sender_localpart: bot
namespaces:
  users: [{regex: "@_x_.*", exclusive: true}]
  rooms: []
]]

local function registration(id) return (GOOD:gsub("%%s", id)) end

local function synlua(arguments, environment)
  local words = {
    "env -i PATH=/usr/bin:/bin SYNAPSE_SERVER_NAME=example.org SYNAPSE_REPORT_STATS=no",
    ("SYNAPSE_CONFIG_DIR=%s/data SYNAPSE_DATA_DIR=%s/data"):format(base, base), environment or "",
    support.quote(support.SYNLUA), arguments, "2>&1",
  }
  return support.capture(table.concat(words, " "))
end

local function listed(environment)
  local text, status = synlua("render " .. base .. "/out", environment)
  assert.equal(0, status, text)
  local list = {}
  local overlay = support.read(base .. "/out/run/synlua/synapse/main.yaml")
  for path in (overlay:match "app_service_config_files:\n([ %-][^a-z]*.-)\n%l" or ""):gmatch "%- ([^\n]+)" do
    list[#list + 1] = path:gsub("^[\"']?" .. base .. "/", ""):gsub("[\"']$", "")
  end
  return list
end

-- The report of what is wrong; no token is ever in it.
local function refused(...)
  local text, status = synlua "plan"
  assert.equal(78, status, text)
  for _, part in ipairs {...} do assert.truthy(text:find(part, 1, true), ("no %q in:\n%s"):format(part, text)) end
  assert.is_nil(text:find("se-cret", 1, true), text)
end

local function put(name, text) support.write(base .. "/" .. name, text) end

describe("registrations of application services", function()
  before_each(function() base = support.directory() end)
  after_each(function() support.remove(base) end)

  it("come from both directories, with both suffixes, after those of homeserver.yaml, at each start", function()
    put("named/z.yaml", registration "z")
    put("bridges/b.YML", registration "b")
    put("bridges/ignored.txt", "x")
    put("bridges/.hidden.yaml", "x: [")
    put("data/appservices/a.yaml", registration "a")
    put("data/appservices/deep/x.yaml", "x: [")
    put("data/homeserver.yaml",
      ("server_name: example.org\napp_service_config_files: [%s/named/z.yaml]\n"):format(base))
    local variable = ("SYNAPSE_AS_REGISTRATION_DIR=%s/bridges/"):format(base)
    assert.same({"named/z.yaml", "bridges/b.YML", "data/appservices/a.yaml"}, listed(variable))
    os.remove(base .. "/bridges/b.YML")
    assert.same({"named/z.yaml", "data/appservices/a.yaml"}, listed(variable))
  end)

  it("that are there twice are named with both files", function()
    put("data/appservices/a.yaml", registration "one")
    put("data/appservices/b.yaml", registration "one")
    put("data/appservices/c.yaml", (registration("one"):gsub("^id: one", "id: two")))
    local first = base .. "/data/appservices/a.yaml"
    refused(base .. "/data/appservices/b.yaml: has the same id as " .. first,
      base .. "/data/appservices/b.yaml: has the same as_token as " .. first,
      base .. "/data/appservices/c.yaml: has the same as_token as " .. first)
  end)

  it("that Synapse would refuse are reported all at once, field by field", function()
    put("data/appservices/a.yaml", "id: 5\nhs_token: 7\nsender_localpart: a b\nnamespaces:\n  users: x\n"
      .. "  rooms:\n    - {exclusive: true}\n  aliases:\n    - {regex: x, exclusive: 1}\nas_token: se-cret\n")
    put("data/appservices/b.yaml", "- se-cret\n")
    put("data/appservices/c.yaml", "id: [\n")
    put("data/appservices/d.yaml", registration("d"):gsub("url: [^\n]*", "url: null"):gsub("namespaces:.*", ""))
    local path = base .. "/data/appservices/"
    refused(path .. "a.yaml: id must be text", path .. "a.yaml: hs_token must be text", "a.yaml: sender_localpart may",
      "a.yaml: has no url", "namespaces.users must be a list", "namespaces.rooms[1] needs a regex",
      "namespaces.aliases[1] needs exclusive", path .. "b.yaml: must be a mapping", path .. "c.yaml:2:",
      path .. "d.yaml: has no namespaces")
  end)

  it("may have an empty hs_token or sender_localpart", function()
    put("data/appservices/a.yaml", (registration("a"):gsub("hs_token: [^\n]*", 'hs_token: ""')
      :gsub("localpart: bot", 'localpart: ""')))
    assert.same({"data/appservices/a.yaml"}, listed())
  end)

  it("in a subdirectory are told, unless homeserver.yaml names them", function()
    put("data/appservices/deep/a.yaml", registration "a")
    put("data/appservices/deep/b.yaml", registration "b")
    put("data/appservices/.hidden/c.yaml", registration "c")
    put("bridges/deeper/d.yml", registration "d")
    put("data/homeserver.yaml", ("server_name: example.org\napp_service_config_files: [%s/data/appservices/deep/"
      .. "a.yaml]\n"):format(base))
    local text, status = synlua("render " .. base .. "/out", ("SYNAPSE_AS_REGISTRATION_DIR=%s/bridges"):format(base))
    assert.equal(0, status, text)
    assert.truthy(text:find(("%s/data/appservices/deep/b.yaml: is not read: it lies in a subdirectory\n      move "
      .. "it to %s/data/appservices, or name it in app_service_config_files"):format(base, base), 1, true), text)
    assert.truthy(text:find("bridges/deeper/d.yml: is not read", 1, true), text)
    assert.is_nil(text:find("deep/a.yaml: is not", 1, true), text)
    assert.is_nil(text:find("c.yaml: is not", 1, true), text)
  end)

  it("that homeserver.yaml names are looked at as well", function()
    put("data/homeserver.yaml", ("server_name: example.org\napp_service_config_files: [%s/none.yaml]\n"):format(base))
    refused(base .. "/none.yaml", "No such file")
  end)

  it("that Synapse's user cannot read are reported with that user", function()
    put("bridges/a.yaml", registration "a")
    os.execute(("chmod 600 %s/bridges/a.yaml && chmod 755 %s/bridges"):format(base, base))
    local python = os.getenv "SYNLUA_SYNAPSE_PYTHON" or require("lfs").currentdir() .. "/.venv/bin/python"
    local text, status = synlua("check", ("SYNAPSE_AS_REGISTRATION_DIR=%s/bridges SYNLUA_SYNAPSE_PYTHON=%s")
      :format(base, python))
    assert.equal(78, status, text)
    assert.truthy(text:find("bridges/a.yaml: cannot be read by synapse (uid 991)", 1, true), text)
  end)

  it("in a missing directory are a problem if a variable names it", function()
    local text, status = synlua("plan", "SYNAPSE_AS_REGISTRATION_DIR=/nowhere")
    assert.equal(78, status)
    assert.truthy(text:find("SYNAPSE_AS_REGISTRATION_DIR", 1, true), text)
  end)
end)

describe("a registration that a service asks for", function()
  local SERVICE = [[
return {api = 2, argv = {"/bin/sleep", "9"}, registration = "own.yaml"}
]]
  local TEMPLATE = [[
id: own
url: http://127.0.0.1:9000
as_token: {{ as_token }}
hs_token: {{ hs_token }}
sender_localpart: own
namespaces: {}
]]

  local function made() return support.read(base .. "/data/appservices/own.yaml") end

  before_each(function()
    base = support.directory()
    put("data/synlua/services/own.lua", SERVICE)
    put("data/synlua/templates/own.yaml", TEMPLATE)
  end)

  after_each(function() support.remove(base) end)

  it("is told to Synapse before it is made, and shown without tokens", function()
    assert.same({"data/appservices/own.yaml"}, listed())
    assert.is_nil(io.open(base .. "/data/appservices/own.yaml"))
  end)

  it("is made once, with new tokens, which only Synapse's user can read", function()
    local python = os.getenv "SYNLUA_SYNAPSE_PYTHON" or require("lfs").currentdir() .. "/.venv/bin/python"
    local with = "SYNLUA_SYNAPSE_PYTHON=" .. python
    local text, status = synlua("generate", with)
    assert.equal(0, status, text)
    local first = made()
    local as, hs = first:match 'as_token: "?(%x+)"?\nhs_token: "?(%x+)'
    assert.equal(64, #as)
    assert.equal(64, #hs)
    assert.not_equal(as, hs)
    assert.matches("^640 ", support.capture("stat -c '%a %u' " .. base .. "/data/appservices/own.yaml"))
    assert.equal(0, (select(2, synlua("generate", with))))
    assert.equal(first, made())
    assert.same({"data/appservices/own.yaml"}, listed())
  end)

  it("is refused by file and line where its template is missing or wrong", function()
    support.remove(base .. "/data/synlua/templates/own.yaml")
    refused("data/synlua/services/own.lua:1: registration: there is no template own.yaml",
      "put it into the user directory")
    put("data/synlua/templates/own.yaml", (TEMPLATE:gsub("as_token }}", "token }}")))
    refused("data/synlua/templates/own.yaml:3")
    put("data/synlua/templates/own.yaml", (TEMPLATE:gsub("id: own\n", "")))
    refused("data/appservices/own.yaml: has no id")
  end)
end)
