local fixture = require "settings_fixture"
local options = require "plan.homeserver.variables"
local schema = require "settings.schema"

local function layer(environment)
  local settings, problems = fixture.read(environment)
  assert.same({}, problems)
  local made = options.layer(settings)
  made.server_name, made.report_stats = nil, nil
  return made
end

local function without(block, names)
  for _, name in ipairs(names) do block[name] = nil end
  return block
end

describe("the options that variables mean", function()
  it("are only those of variables that are set", function()
    assert.same({}, layer {})
    local settings = fixture.read({SYNAPSE_SERVER_NAME = false, SYNAPSE_REPORT_STATS = false},
      {homeserver_exists = true})
    assert.same({}, options.layer(settings))
    assert.same({server_name = "example.org", report_stats = false}, options.layer((fixture.read())))
  end)

  it("have the types that Synapse asks for", function()
    assert.same({
      public_baseurl = "https://m.example.org", serve_server_wellknown = true,
        default_identity_server = "https://id.example.org",
      event_cache_size = "20K", caches = {global_factor = 1.5}, max_upload_size = "2G", media_store_path = "/media",
      enable_registration = true, registration_requires_token = true, allow_guest_access = false,
      enable_registration_without_verification = false,
      registration_shared_secret = "0123", macaroon_secret_key = "1e3", form_secret = "42",
      turn_uris = {"turn:a", "turns:b"}, turn_shared_secret = "yes", turn_user_lifetime = "30m",
    }, layer {
      SYNAPSE_PUBLIC_BASEURL = "https://m.example.org", SYNAPSE_SERVE_SERVER_WELLKNOWN = "1",
      SYNAPSE_DEFAULT_IDENTITY_SERVER = "https://id.example.org", SYNAPSE_EVENT_CACHE_SIZE = "20k",
      SYNAPSE_CACHES_GLOBAL_FACTOR = "1.5", SYNAPSE_MAX_UPLOAD_SIZE = "2g", SYNAPSE_MEDIA_STORE_PATH = "/media/",
      SYNAPSE_ENABLE_REGISTRATION = "on", SYNAPSE_REGISTRATION_REQUIRES_TOKEN = "on", SYNAPSE_ALLOW_GUEST = "no",
      SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION = "no",
      SYNAPSE_REGISTRATION_SHARED_SECRET = "0123", SYNAPSE_MACAROON_SECRET_KEY = "1e3", SYNAPSE_FORM_SECRET = "42",
      SYNAPSE_TURN_URIS = "turn:a, turns:b", SYNAPSE_TURN_SECRET = "yes", SYNAPSE_TURN_USER_LIFETIME = "30m",
    })
  end)

  it("are the same for NAME_FILE", function()
    local settings = fixture.read({SYNAPSE_FORM_SECRET_FILE = "/s"}, {files = {["/s"] = {text = "x\n"}}})
    assert.equal("x", options.layer(settings).form_secret)
  end)

  it("share no table with the settings", function()
    local settings = fixture.read {SYNAPSE_TURN_URIS = "turn:a", SYNAPSE_TURN_SECRET = "s"}
    options.layer(settings).turn_uris[1] = "x"
    assert.same({"turn:a"}, settings.SYNAPSE_TURN_URIS)
  end)

  it("leave out a value that has a problem", function()
    local settings = fixture.read {SYNAPSE_PUBLIC_BASEURL = "x", SYNAPSE_TURN_URIS = ","}
    local made = options.layer(settings)
    assert.is_nil(made.public_baseurl)
    assert.is_nil(made.turn_uris)
  end)

  it("name no option twice", function()
    local seen = {}
    for _, entry in ipairs(schema.entries) do
      if entry.option then
        assert.is_nil(seen[entry.option], entry.option)
        seen[entry.option] = true
      end
    end
  end)
end)

describe("the database block", function()
  it("is made by a host or a password, with defaults for the rest", function()
    local args = {host = "db", port = 5432, dbname = "synapse", user = "synapse", password = 'p"%;', cp_min = 5,
      cp_max = 10}
    assert.same({database = {name = "psycopg2", args = args}}, layer {POSTGRES_PASSWORD = 'p"%;'})
    args = {host = "/run/pg", port = 6432, dbname = "d", user = "u", cp_min = 1, cp_max = 3}
    assert.same({database = {name = "psycopg2", args = args}}, layer {POSTGRES_HOST = "/run/pg", POSTGRES_PORT = "6432",
      POSTGRES_DB = "d", POSTGRES_USER = "u", POSTGRES_CP_MIN = "1", POSTGRES_CP_MAX = "3"})
  end)

  it("is not made by anything else", function()
    assert.same({}, layer {POSTGRES_USER = "u", POSTGRES_DB = "d", POSTGRES_PORT = "1", POSTGRES_CP_MAX = "20"})
  end)

  it("has synchronous_commit as a boolean, where it is set", function()
    assert.is_false(layer {POSTGRES_HOST = "h",
      SYNAPSE_POSTGRES_ENABLE_SYNCHRONOUS_COMMIT = "false"}.database.synchronous_commit)
    assert.is_true(layer {POSTGRES_HOST = "h",
      SYNAPSE_POSTGRES_ENABLE_SYNCHRONOUS_COMMIT = "1"}.database.synchronous_commit)
    assert.is_nil(layer {POSTGRES_HOST = "h"}.database.synchronous_commit)
  end)
end)

describe("the email block", function()
  local function email(more)
    local environment = {SYNAPSE_EMAIL = "yes", SYNAPSE_EMAIL_SMTP_HOST = "mail", SYNAPSE_EMAIL_NOTIF_FROM = "A <a@b>"}
    for name, value in pairs(more or {}) do environment[name] = value end
    return layer(environment).email
  end

  it("has what Synapse needs, and nothing empty", function()
    assert.same({smtp_host = "mail", smtp_port = 25, notif_from = "A <a@b>", enable_notifs = true, enable_tls = true,
      require_transport_security = true}, email())
    local full = email {SYNAPSE_EMAIL_SMTP_USER = "u", SYNAPSE_EMAIL_SMTP_PASS = "p", SYNAPSE_EMAIL_APP_NAME = "N"}
    assert.same({"u", "p", "N"}, {full.smtp_user, full.smtp_pass, full.app_name})
  end)

  it("has a sender at the server's name if none is set", function()
    local function from(name, homeserver)
      local case = {homeserver = homeserver}
      case.environment = {SYNAPSE_EMAIL = "yes", SYNAPSE_EMAIL_SMTP_HOST = "m", SYNAPSE_SERVER_NAME = name}
      local _, problems, _, view = require "plan_fixture".make(case)
      assert.same({}, problems)
      return view.homeserver.options.email.notif_from
    end
    assert.equal("Synapse homeserver <noreply@a.example>", from "a.example")
    assert.equal("Synapse homeserver <noreply@a.example>", from "a.example:8448")
    assert.equal("Synapse homeserver <noreply@[127.0.0.1]>", from "127.0.0.1:8448")
    assert.equal("Synapse homeserver <noreply@[IPv6:::1]>", from "[::1]:8448")
    assert.equal("Synapse homeserver <noreply@b.example>", from("", {server_name = "b.example"}))
  end)

  it("speaks TLS as asked", function()
    local rest = {"smtp_host", "smtp_port", "notif_from", "enable_notifs"}
    local function tls(word) return without(email {SYNAPSE_EMAIL_TLS = word}, rest) end
    assert.same({enable_tls = true, require_transport_security = true}, tls "required")
    assert.same({enable_tls = true, force_tls = true}, tls "implicit")
    assert.same({enable_tls = true, require_transport_security = false}, tls "optional")
    assert.same({enable_tls = false, require_transport_security = false}, tls "off")
    assert.is_true(email {SYNAPSE_EMAIL_SMTP_PORT = "465"}.force_tls)
  end)

  it("is not there while SYNAPSE_EMAIL is off", function()
    assert.same({}, layer {SYNAPSE_EMAIL = "no", SYNAPSE_EMAIL_SMTP_HOST = "mail"})
  end)
end)

describe("other blocks", function()
  it("switch the captcha on with both keys", function()
    assert.same({recaptcha_public_key = "a", recaptcha_private_key = "b", enable_registration_captcha = true},
      layer {SYNAPSE_RECAPTCHA_PUBLIC_KEY = "a", SYNAPSE_RECAPTCHA_PRIVATE_KEY = "b"})
    local settings = fixture.read({SYNAPSE_RECAPTCHA_PUBLIC_KEY = "a"}, {homeserver_exists = true})
    assert.is_nil(options.layer(settings).enable_registration_captcha)
  end)

  it("bar private ranges from link previews", function()
    local made = layer {SYNAPSE_URL_PREVIEW_ENABLED = "yes"}
    assert.is_true(made.url_preview_enabled)
    local barred = {}
    for _, network in ipairs(made.url_preview_ip_range_blacklist) do barred[network] = true end
    for _, network in ipairs {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
      "::1/128", "fc00::/7", "fe80::/10"} do
      assert.is_true(barred[network], network)
    end
    assert.same({url_preview_enabled = false}, layer {SYNAPSE_URL_PREVIEW_ENABLED = "no"})
  end)
end)

describe("a homeserver.yaml above the options", function()
  local made = {database = {name = "psycopg2"}, email = {smtp_host = "m"}, form_secret = "f",
    turn_shared_secret = "t", max_upload_size = "1M"}

  it("removes nothing that it does not mention", function()
    assert.same(made, options.beneath(made, {}))
    assert.same(made, options.beneath(made, {max_upload_size = "2M", form_secret = "g", listeners = {}}))
  end)

  it("replaces the database of variables by its own", function()
    for _, name in ipairs {"database", "databases", "database_path"} do
      assert.is_nil(options.beneath(made, {[name] = "x"}, {[name] = "x"}).database)
    end
  end)

  it("takes away the database with the engine of one in a layer above, but not with an argument", function()
    assert.is_nil(options.beneath(made, {database = {name = "sqlite3"}}).database)
    assert.same(made.database, options.beneath(made, {database = {args = {cp_max = 3}}}).database)
  end)

  it("replaces the mail server of variables by its own, and a secret by the path of one", function()
    assert.is_nil(options.beneath(made, {email = {}}, {email = {}}).email)
    local kept = options.beneath(made, {form_secret_path = "/x"})
    assert.is_nil(kept.form_secret)
    assert.equal("t", kept.turn_shared_secret)
    assert.equal("f", made.form_secret)
  end)
end)
