local fixture = require "settings_fixture"

local read, at = fixture.read, fixture.at

local function problem(environment, where)
  local _, problems, warnings = read(environment)
  assert.equal(1, #problems)
  assert.equal(where, problems[1].where)
  assert.same({}, at(warnings, where))
  return problems[1]
end

local function warning(environment, where, more)
  local _, problems, warnings = read(environment, more)
  assert.same({}, problems)
  assert.equal(1, #warnings)
  assert.equal(where, warnings[1].where)
  return warnings[1]
end

local function clean(environment, more)
  local _, problems, warnings = read(environment, more)
  assert.same({}, problems)
  assert.same({}, warnings)
end

local EXISTS = {homeserver_exists = true}

describe("SYNAPSE_SERVER_NAME", function()
  it("in upper case is warned of before it is used for the first time", function()
    assert.matches("upper case", warning({SYNAPSE_SERVER_NAME = "Example.org"}, "SYNAPSE_SERVER_NAME").what)
    clean({SYNAPSE_SERVER_NAME = "Example.org"}, EXISTS)
  end)
end)

describe("UID and GID", function()
  it("may be 0 with a warning", function()
    assert.matches("run as root", warning({UID = "0"}, "UID").what)
    assert.matches("run as root", warning({PGID = "0"}, "PGID").what)
    clean {UID = "1000", GID = "100"}
  end)
end)

describe("SYNLUA_RUNTIME_DIR", function()
  local longest = "/run/" .. ("x"):rep(77)

  it("leaves room for the names of sockets", function()
    clean {SYNLUA_RUNTIME_DIR = longest}
    assert.equal("is longer than 82 bytes: sockets in it would have paths of more than 107",
      problem({SYNLUA_RUNTIME_DIR = longest .. "x"}, "SYNLUA_RUNTIME_DIR").what)
  end)

  it("is a directory of its own", function()
    for _, dir in ipairs {"/", "/run", "/data", "/home"} do
      assert.matches("^is a top%-level directory", problem({SYNLUA_RUNTIME_DIR = dir}, "SYNLUA_RUNTIME_DIR").what)
    end
  end)

  it("holds nothing that must last", function()
    local function inside(environment)
      environment.SYNLUA_RUNTIME_DIR = "/srv/synlua"
      return problem(environment, "SYNLUA_RUNTIME_DIR").what
    end
    assert.equal("holds what is named by SYNAPSE_DATA_DIR, SYNAPSE_MEDIA_STORE_PATH, SYNLUA_USER_DIR, "
      .. "and would be emptied at each start",
      inside {SYNAPSE_DATA_DIR = "/srv/synlua"})
    assert.matches("SYNAPSE_CONFIG_DIR", inside {SYNAPSE_CONFIG_DIR = "/srv/synlua/data"})
    for _, name in ipairs {"SYNAPSE_CONFIG_PATH", "SYNAPSE_MEDIA_STORE_PATH", "SYNAPSE_AS_REGISTRATION_DIR",
      "SYNAPSE_LOG_CONFIG", "SYNLUA_USER_DIR", "SYNLUA_SYNAPSE_PYTHON", "SYNLUA_POSTGRES_DIR"} do
      assert.matches(name, inside {[name] = "/srv/synlua/x"})
    end
    clean {SYNLUA_RUNTIME_DIR = "/srv/synlua", SYNAPSE_DATA_DIR = "/srv/synlua2"}
    clean {SYNLUA_RUNTIME_DIR = "/data/run"}
  end)
end)

describe("SYNAPSE_HTTP_PORT", function()
  it("on a port of TLS is warned of", function()
    for _, port in ipairs {"443", "8448"} do
      assert.matches("speaks plain HTTP", warning({SYNAPSE_HTTP_PORT = port}, "SYNAPSE_HTTP_PORT").what)
    end
  end)
end)

describe("POSTGRES_*", function()
  it("without host and password have no effect, with one warning", function()
    assert.equal("no effect without POSTGRES_HOST or POSTGRES_PASSWORD",
      warning({POSTGRES_USER = "a", POSTGRES_DB = "b", POSTGRES_PORT = "5432"},
        "POSTGRES_DB, POSTGRES_PORT, POSTGRES_USER").what)
    clean {POSTGRES_USER = "a", POSTGRES_HOST = "h"}
    clean {POSTGRES_USER = "a", POSTGRES_PASSWORD = "p"}
  end)

  it("must have room between the ends of the pool", function()
    assert.equal("makes a pool of at least 20 and at most 10 connections",
      problem({POSTGRES_HOST = "h", POSTGRES_CP_MIN = "20"}, "POSTGRES_CP_MIN").what)
    assert.equal("makes a pool of at least 5 and at most 3 connections",
      problem({POSTGRES_HOST = "h", POSTGRES_CP_MAX = "3"}, "POSTGRES_CP_MAX").what)
    clean {POSTGRES_HOST = "h", POSTGRES_CP_MIN = "3", POSTGRES_CP_MAX = "3"}
    problem({POSTGRES_HOST = "h", POSTGRES_CP_MIN = "20", POSTGRES_CP_MAX = "x"}, "POSTGRES_CP_MAX")
  end)

  it("may name a socket directory that is not too long", function()
    local longest = "/" .. ("x"):rep(107 - #"//.s.PGSQL.5432")
    clean {POSTGRES_HOST = longest}
    assert.matches("is too long", problem({POSTGRES_HOST = longest .. "x"}, "POSTGRES_HOST").what)
  end)
end)

describe("a captcha", function()
  it("needs both keys", function()
    local found = problem({SYNAPSE_RECAPTCHA_PUBLIC_KEY = "k"}, "SYNAPSE_RECAPTCHA_PRIVATE_KEY")
    assert.equal("is missing beside SYNAPSE_RECAPTCHA_PUBLIC_KEY; a captcha needs both keys", found.what)
    assert.equal("unset SYNAPSE_RECAPTCHA_PUBLIC_KEY, or set SYNAPSE_RECAPTCHA_PRIVATE_KEY", found.hint)
    problem({SYNAPSE_RECAPTCHA_PRIVATE_KEY = "k"}, "SYNAPSE_RECAPTCHA_PUBLIC_KEY")
    clean {SYNAPSE_RECAPTCHA_PUBLIC_KEY = "k", SYNAPSE_RECAPTCHA_PRIVATE_KEY = "k"}
  end)

  it("may have the other key in an existing homeserver.yaml", function()
    warning({SYNAPSE_RECAPTCHA_PUBLIC_KEY = "k"}, "SYNAPSE_RECAPTCHA_PRIVATE_KEY", EXISTS)
  end)
end)

describe("mail", function()
  it("needs a server, and has a sender of its own with a warning", function()
    local _, problems, warnings = read {SYNAPSE_EMAIL = "yes"}
    assert.same({
      {where = "SYNAPSE_EMAIL_SMTP_HOST", what = "is missing beside SYNAPSE_EMAIL",
        hint = "set it, or unset SYNAPSE_EMAIL"},
    }, problems)
    assert.same({
      {where = "SYNAPSE_EMAIL_NOTIF_FROM",
        what = "is missing beside SYNAPSE_EMAIL: mail comes from Synapse homeserver <noreply@SERVER_NAME>",
        hint = "set it to an address that your mail server sends for"},
    }, warnings)
    clean {SYNAPSE_EMAIL = "yes", SYNAPSE_EMAIL_SMTP_HOST = "m", SYNAPSE_EMAIL_NOTIF_FROM = "a@b"}
  end)

  it("may have them in an existing homeserver.yaml", function()
    local _, problems, warnings = read({SYNAPSE_EMAIL = "yes"}, EXISTS)
    assert.same({0, 2}, {#problems, #warnings})
  end)

  it("does not repeat a problem that one of them has of its own", function()
    problem({SYNAPSE_EMAIL = "yes", SYNAPSE_EMAIL_SMTP_HOST = "m m", SYNAPSE_EMAIL_NOTIF_FROM = "a@b"},
      "SYNAPSE_EMAIL_SMTP_HOST")
    local _, problems = read({SYNAPSE_EMAIL = "yes", SYNAPSE_EMAIL_SMTP_HOST = "m", SYNAPSE_EMAIL_NOTIF_FROM = "a@b",
      SYNAPSE_EMAIL_SMTP_HOST_FILE = "/s"}, {files = {["/s"] = {text = "m"}}})
    assert.equal(1, #problems)
  end)

  it("logs in with user and password or not at all", function()
    local base = {SYNAPSE_EMAIL = "yes", SYNAPSE_EMAIL_SMTP_HOST = "m", SYNAPSE_EMAIL_NOTIF_FROM = "a@b",
      SYNAPSE_EMAIL_SMTP_USER = "u"}
    problem(base, "SYNAPSE_EMAIL_SMTP_PASS")
    base.SYNAPSE_EMAIL_SMTP_PASS = "p"
    clean(base)
  end)

  it("switched off makes the rest idle, with one warning", function()
    assert.equal("no effect while SYNAPSE_EMAIL is not yes",
      warning({SYNAPSE_EMAIL_SMTP_HOST = "m", SYNAPSE_EMAIL_TLS = "off"},
        "SYNAPSE_EMAIL_SMTP_HOST, SYNAPSE_EMAIL_TLS").what)
  end)
end)

describe("registration", function()
  it("without verification is a problem with the ways out", function()
    local found = problem({SYNAPSE_ENABLE_REGISTRATION = "yes"}, "SYNAPSE_ENABLE_REGISTRATION")
    assert.equal("opens registration without verification, with which Synapse does not start", found.what)
    for _, way in ipairs {"SYNAPSE_REGISTRATION_REQUIRES_TOKEN=yes", "SYNAPSE_RECAPTCHA_",
      "SYNAPSE_REGISTRATIONS_REQUIRE_3PID=email", "SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION=yes"} do
      assert.is_truthy(found.hint:find(way, 1, true), way)
    end
  end)

  it("is only warned of where homeserver.yaml may ask for verification", function()
    warning({SYNAPSE_ENABLE_REGISTRATION = "yes"}, "SYNAPSE_ENABLE_REGISTRATION", EXISTS)
  end)

  it("with a token, a captcha or mail is fine", function()
    clean {SYNAPSE_ENABLE_REGISTRATION = "yes", SYNAPSE_REGISTRATION_REQUIRES_TOKEN = "yes"}
    clean {SYNAPSE_ENABLE_REGISTRATION = "yes", SYNAPSE_RECAPTCHA_PUBLIC_KEY = "k", SYNAPSE_RECAPTCHA_PRIVATE_KEY = "k"}
    clean {SYNAPSE_ENABLE_REGISTRATION = "yes", SYNAPSE_REGISTRATIONS_REQUIRE_3PID = "email", SYNAPSE_EMAIL = "yes",
      SYNAPSE_EMAIL_SMTP_HOST = "m", SYNAPSE_EMAIL_NOTIF_FROM = "a@b"}
    clean {SYNAPSE_ENABLE_REGISTRATION = "no"}
  end)

  it("for everybody must be asked for, and is warned of", function()
    assert.matches("spammers", warning({SYNAPSE_ENABLE_REGISTRATION = "yes",
      SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION = "yes"},
      "SYNAPSE_ENABLE_REGISTRATION_WITHOUT_VERIFICATION").what)
  end)

  it("by mail needs mail, by phone needs homeserver.yaml", function()
    assert.matches("may not send mail", problem({SYNAPSE_REGISTRATIONS_REQUIRE_3PID = "email"},
      "SYNAPSE_REGISTRATIONS_REQUIRE_3PID").what)
    assert.matches("account_threepid_delegates",
      problem({SYNAPSE_REGISTRATIONS_REQUIRE_3PID = "msisdn"}, "SYNAPSE_REGISTRATIONS_REQUIRE_3PID").what)
    warning({SYNAPSE_REGISTRATIONS_REQUIRE_3PID = "msisdn"}, "SYNAPSE_REGISTRATIONS_REQUIRE_3PID", EXISTS)
  end)
end)

describe("TURN", function()
  it("needs URIs and a secret to be of use", function()
    warning({SYNAPSE_TURN_SECRET = "s"}, "SYNAPSE_TURN_URIS")
    warning({SYNAPSE_TURN_URIS = "turn:a"}, "SYNAPSE_TURN_SECRET")
    clean {SYNAPSE_TURN_SECRET = "s", SYNAPSE_TURN_URIS = "turn:a"}
  end)
end)

describe("SYNAPSE_TLS_CERT and SYNAPSE_TLS_KEY", function()
  it("go together", function()
    clean {SYNAPSE_TLS_CERT = "/tls/cert.pem", SYNAPSE_TLS_KEY = "/tls/key.pem"}
    assert.equal("is missing beside SYNAPSE_TLS_CERT: TLS needs both",
      problem({SYNAPSE_TLS_CERT = "/tls/cert.pem"}, "SYNAPSE_TLS_KEY").what)
    assert.equal("is missing beside SYNAPSE_TLS_KEY: TLS needs both",
      problem({SYNAPSE_TLS_KEY = "/tls/key.pem"}, "SYNAPSE_TLS_CERT").what)
  end)
end)
