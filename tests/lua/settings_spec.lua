local fixture = require "settings_fixture"
local schema = require "settings.schema"
local settings = require "settings"

local read, value = fixture.read, fixture.value

describe("an environment", function()
  it("needs a server name and a word on statistics, and nothing else", function()
    local got, problems, warnings = read()
    assert.same({}, problems)
    assert.same({}, warnings)
    assert.equal("example.org", got.SYNAPSE_SERVER_NAME)
    assert.is_false(got.SYNAPSE_REPORT_STATS)
  end)

  it("without them is a problem only while there is no homeserver.yaml", function()
    local bare = {SYNAPSE_SERVER_NAME = false, SYNAPSE_REPORT_STATS = false, SYNAPSE_CONFIG_DIR = "/etc/synapse"}
    local _, problems = read(bare)
    assert.same({
      {where = "SYNAPSE_REPORT_STATS", what = "is required as long as there is no /etc/synapse/homeserver.yaml",
        hint = "set it to yes or no"},
      {where = "SYNAPSE_SERVER_NAME", what = "is required as long as there is no /etc/synapse/homeserver.yaml",
        hint = "set it to the domain of your user ids, such as example.org; it can never be changed later"},
    }, problems)
    local got, none = read(bare, {homeserver_exists = true})
    assert.same({}, none)
    assert.is_nil(got.SYNAPSE_SERVER_NAME)
  end)

  it("has all problems reported at once, in the order of names", function()
    local _, problems = read {SYNAPSE_HTTP_PORT = "x", POSTGRES_PORT = "y", SYNAPSE_EMAIL = "z",
      SYNAPSE_SERVER_NAME = "a b"}
    local places = {}
    for index, found in ipairs(problems) do places[index] = found.where end
    assert.same({"POSTGRES_PORT", "SYNAPSE_EMAIL", "SYNAPSE_HTTP_PORT", "SYNAPSE_SERVER_NAME"}, places)
  end)

  it("is not changed by being read", function()
    local input = {environment = {SYNAPSE_HTTP_PORT = "", POSTGRES_PORT = "tcp://1.2.3.4:5"}, files = {},
      homeserver_exists = true, container = false}
    settings.read(input)
    assert.same({SYNAPSE_HTTP_PORT = "", POSTGRES_PORT = "tcp://1.2.3.4:5"}, input.environment)
  end)

  it("may have an empty value for unset", function()
    local got, problems, warnings = read {SYNAPSE_HTTP_PORT = "", POSTGRES_PASSWORD = "", SYNAPSE_METRICS = "",
      SYNAPSE_X = "",
      POSTGRES_PASSWORD_FILE = ""}
    assert.same({{}, {}}, {problems, warnings})
    assert.equal(8008, got.SYNAPSE_HTTP_PORT)
    assert.is_nil(got.POSTGRES_PASSWORD)
    assert.is_nil(got.sources.SYNAPSE_HTTP_PORT)
  end)
end)

describe("settings", function()
  it("are read-only, and raise for a name that does not exist", function()
    local got = read()
    assert.error_matches(function() return got.SYNAPSE_HTP_PORT end, "no field")
    assert.error_matches(function() got.SYNAPSE_HTTP_PORT = 1 end, "read%-only")
    assert.is_nil(got.SYNAPSE_PUBLIC_BASEURL)
  end)

  it("record what the admin has set, and by which name", function()
    local got = read({SYNAPSE_HTTP_PORT = "9000", POSTGRES_PASSWORD_FILE = "/s/pw", PUID = "99"},
      {files = {["/s/pw"] = {text = "x"}}})
    assert.equal("SYNAPSE_HTTP_PORT", got.sources.SYNAPSE_HTTP_PORT)
    assert.equal("POSTGRES_PASSWORD_FILE", got.sources.POSTGRES_PASSWORD)
    assert.equal("PUID", got.sources.UID)
    assert.is_nil(got.sources.GID)
    assert.is_nil(got.sources.POSTGRES_PORT)
  end)

  it("have defaults that follow other values", function()
    local got = read {SYNAPSE_CONFIG_DIR = "/c/", SYNAPSE_DATA_DIR = "/d"}
    assert.equal("/c/homeserver.yaml", got.SYNAPSE_CONFIG_PATH)
    assert.equal("/d/media_store", got.SYNAPSE_MEDIA_STORE_PATH)
    assert.equal("/d/synlua", got.SYNLUA_USER_DIR)
  end)

  it("listen everywhere in a container and on this host alone outside", function()
    assert.same({"all"}, (read().NGINX_LISTEN_ADDRESS))
    assert.same({"127.0.0.1"}, (read(nil, {container = false}).NGINX_LISTEN_ADDRESS))
    assert.same({"all"}, (read({SYNLUA_CONTAINER = "yes"}, {container = false}).NGINX_LISTEN_ADDRESS))
    assert.same({"127.0.0.1"}, (read({SYNLUA_CONTAINER = "no"}).NGINX_LISTEN_ADDRESS))
    assert.is_true(read().SYNLUA_CONTAINER)
    assert.is_false(read(nil, {container = false}).SYNLUA_CONTAINER)
  end)

  it("choose the port and TLS mode of mail by each other", function()
    local function mail(environment)
      local got = read(environment)
      return got.SYNAPSE_EMAIL_SMTP_PORT, got.SYNAPSE_EMAIL_TLS
    end
    assert.same({25, "required"}, {mail {}})
    assert.same({465, "implicit"}, {mail {SYNAPSE_EMAIL_SMTP_PORT = "465"}})
    assert.same({465, "implicit"}, {mail {SYNAPSE_EMAIL_TLS = "implicit"}})
    assert.same({587, "required"}, {mail {SYNAPSE_EMAIL_SMTP_PORT = "587"}})
    assert.same({25, "off"}, {mail {SYNAPSE_EMAIL_TLS = "Off"}})
  end)

  it("are complete even where there are problems", function()
    local got, problems = read {SYNAPSE_CONFIG_DIR = "relative", SYNAPSE_HTTP_PORT = "x"}
    assert.equal(2, #problems)
    assert.equal("/data/homeserver.yaml", got.SYNAPSE_CONFIG_PATH)
    assert.equal(8008, got.SYNAPSE_HTTP_PORT)
  end)
end)

describe("PUID and PGID", function()
  it("are other names of UID and GID", function()
    local got = read {PUID = "99", PGID = "100"}
    assert.same({99, 100}, {got.UID, got.GID})
    got = read {PUID = "99", UID = "99"}
    assert.equal(99, got.UID)
    assert.equal("UID", got.sources.UID)
  end)

  it("may not say something else", function()
    local _, problems = read {PUID = "99", UID = "991"}
    assert.same({{where = "PUID", what = "is another name of UID, which has a different value",
      hint = "unset one of the two"}}, problems)
  end)

  it("have their own problems named by their own names", function()
    local _, problems = read {PUID = "me"}
    assert.equal("PUID", problems[1].where)
    local _, both = read {PUID = "me", UID = "5"}
    assert.equal(1, #both)
  end)
end)

describe("the schema", function()
  it("has a kind, a doc line and a place of action for every variable", function()
    local acts = {Prometheus = true, Synapse = true, coturn = true, nginx = true, synlua = true}
    for _, entry in ipairs(schema.entries) do
      assert.is_true(require "settings.kinds".known(entry.kind), entry.name)
      assert.is_true(acts[entry.acts], entry.name)
      assert.matches("^%u?[%l%u].*%.$", entry.doc)
      assert.is_nil(entry.doc:find("\n"))
    end
  end)

  it("has defaults that their own kinds would give", function()
    local got = read()
    for _, entry in ipairs(schema.entries) do
      local default = entry.default
      if type(default) == "string" or math.type(default) then
        assert.equal(default, value(entry.name, tostring(default)), entry.name)
        assert.equal(default, got[entry.name], entry.name)
      end
      assert.is_true(type(default) ~= "function" or entry.default_text ~= nil, entry.name)
    end
  end)

  it("knows no name twice", function()
    for name in pairs(schema.owner) do
      assert.is_nil(schema.later[name])
      assert.is_nil(schema.obsolete[name])
    end
    for name in pairs(schema.obsolete) do assert.is_nil(schema.later[name]) end
  end)
end)

describe("what Synapse inherits", function()
  it("is the text of the variables that it reads itself", function()
    local got, problems, warnings = read {TZ = "Europe/Berlin", SYNAPSE_ASYNC_IO_REACTOR = "Yes",
      SYNAPSE_CACHE_FACTOR = "1.5",
      SYNAPSE_CACHE_FACTOR_GET_USERS = "2", http_proxy = "http://u:p@proxy:3128", SYNAPSE_HTTP_PORT = "9000"}
    assert.same({{}, {}}, {problems, warnings})
    assert.same({TZ = "Europe/Berlin", SYNAPSE_ASYNC_IO_REACTOR = "Yes", SYNAPSE_CACHE_FACTOR = "1.5",
      SYNAPSE_CACHE_FACTOR_GET_USERS = "2", http_proxy = "http://u:p@proxy:3128"}, got.inherited)
  end)

  it("holds the content of files too, and nothing that is wrong", function()
    local got = read({https_proxy_FILE = "/s", SYNAPSE_CACHE_FACTOR = "x"}, {files = {["/s"] = {text = "http://p\n"}}})
    assert.same({https_proxy = "http://p"}, got.inherited)
  end)
end)
