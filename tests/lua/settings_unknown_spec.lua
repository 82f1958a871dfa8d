local distance = require "settings.distance"
local fixture = require "settings_fixture"
local schema = require "settings.schema"

local read = fixture.read

local function outcome(environment)
  local _, problems, warnings = read(environment)
  return problems, warnings
end

local function meant(name)
  local problems, warnings = outcome {[name] = "x"}
  assert.same({}, warnings, name)
  assert.equal(1, #problems, name)
  assert.equal(name, problems[1].where)
  return problems[1].what:match("did you mean ([%w_]+)%?")
end

local function warning(name, value)
  local problems, warnings = outcome {[name] = value or "x"}
  assert.same({}, problems, name)
  assert.equal(1, #warnings, name)
  assert.equal(name, warnings[1].where)
  return warnings[1]
end

describe("the distance of two words", function()
  it("counts insertions, deletions, replacements and swaps of neighbours", function()
    local cases = {{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ab", 1},
      {"abc", "abcd", 1}, {"abc", "acb", 1}, {"ab", "ba", 1}, {"abcd", "badc", 2}, {"ca", "abc", 3},
      {"kitten", "sitting", 3}}
    for _, case in ipairs(cases) do
      assert.equal(case[3], distance.of(case[1], case[2]), case[1] .. "/" .. case[2])
      assert.equal(case[3], distance.of(case[2], case[1]), case[2] .. "/" .. case[1])
    end
  end)
end)

describe("a misspelt name", function()
  it("is a problem that names what was meant", function()
    assert.equal("SYNAPSE_SERVER_NAME", meant "SYNAPSE_SERVERNAME")
    assert.equal("SYNAPSE_SERVER_NAME", meant "SYNAPSE_SEVRER_NAME")
    assert.equal("SYNAPSE_SERVER_NAME", meant "SYNAPSE_SEVER_NMAE")
    assert.equal("SYNAPSE_REPORT_STATS", meant "SYNAPSE_REPORT_STAT")
    assert.equal("POSTGRES_PASSWORD", meant "POSTGRES_PASWORD")
    assert.equal("POSTGRES_PASSWORD_FILE", meant "POSTGRES_PASSWORDFILE")
    assert.equal("POSTGRES_HOST", meant "POSTGRES_HOSTS")
    assert.equal("POSTGRES_DB", meant "POSTGRES_DBS")
    assert.equal("SYNAPSE_METRICS", meant "SYNAPSE_METRIC")
    assert.equal("SYNAPSE_METRICS_FILE", meant "SYNAPSE_METRIC_FILE")
    assert.equal("SYNAPSE_NO_TLS", meant "SYNAPSE_NOTLS")
    assert.equal("SYNAPSE_CACHE_FACTOR", meant "SYNAPSE_CACHE_FACTORS")
  end)

  it("in small letters is one too", function()
    assert.equal("SYNAPSE_SERVER_NAME", meant "synapse_server_name")
    assert.equal("NGINX_LISTEN_ADDRESS", meant "Nginx_Listen_Address")
  end)

  it("never shows its value", function()
    local problems = outcome {POSTGRES_PASWORD = "hunter2"}
    assert.is_nil(problems[1].what:find("hunter2", 1, true))
    assert.equal("set POSTGRES_PASSWORD, and unset this name", problems[1].hint)
  end)

  it("is not seen in a known name close to another, nor in their file forms", function()
    for name in pairs(schema.owner) do
      local _, warnings = read({[name .. "_FILE"] = "/s"}, {files = {["/s"] = {text = "x"}}})
      for _, found in ipairs(warnings) do assert.is_nil(found.what:find("not known"), name) end
    end
    local known = {}
    for _, names in ipairs {schema.owner, schema.later, schema.obsolete} do
      for name in pairs(names) do known[name] = "x" end
    end
    known.SYNAPSE_SERVER_NAME, known.SYNAPSE_REPORT_STATS = "a", "no"
    for _, found in ipairs(outcome(known)) do assert.is_nil(found.what:find("did you mean"), found.where) end
  end)

  it("needs to be close: two slips at most, one where the name is short", function()
    for _, name in ipairs {"POSTGRES_IP", "POSTGRES_PASS", "POSTGRES_INITDB_ARGS", "POSTGRES_URL", "NGINX_VERSION",
      "SYNAPSE_SEVER_NMAES", "SYNLUA_X", "SYNAPSE_"} do
      assert.equal("is not known and has no effect", warning(name).what, name)
    end
  end)
end)

describe("an unknown name", function()
  it("outside our families is nobody's business", function()
    local problems, warnings = outcome {PATH = "/bin", HOME = "/", SERVER_NAM = "x", SYNAPS_SERVER_NAME = "x",
      UIDD = "1"}
    assert.same({{}, {}}, {problems, warnings})
  end)

  it("is printed so that it cannot spoil the terminal", function()
    local _, warnings = outcome {["SYNAPSE_\27[31m-SOMETHING"] = "x"}
    assert.equal('"SYNAPSE_\\u{1B}[31m-SOMETHING"', warnings[1].where)
  end)
end)

describe("what container engines inject", function()
  it("is ignored without a word where the name is not ours", function()
    local problems, warnings = outcome {
      SYNAPSE_SERVICE_HOST = "10.0.0.1", SYNAPSE_SERVICE_PORT = "8008", SYNAPSE_SERVICE_PORT_HTTP = "8008",
      SYNAPSE_PORT = "tcp://10.0.0.1:8008", SYNAPSE_PORT_8008_TCP = "tcp://10.0.0.1:8008",
      SYNAPSE_PORT_8008_TCP_ADDR = "10.0.0.1", SYNAPSE_PORT_8008_TCP_PORT = "8008",
      SYNAPSE_PORT_8008_TCP_PROTO = "tcp", COTURN_PORT_3478_UDP = "udp://10.0.0.2:3478",
      COTURN_PORT_3478_UDP_ADDR = "10.0.0.2", COTURN_PORT = "udp://10.0.0.2:3478", POSTGRES_SERVICE_HOST = "10.0.0.3",
      POSTGRES_PORT_5432_TCP_PORT = "5432", NGINX_PORT = "tcp://10.0.0.4:80", PROMETHEUS_ENV_GOPATH = "/go",
      POSTGRES_HTTPS_SERVICE_HOST = "10.0.0.1",
    }
    assert.same({{}, {}}, {problems, warnings})
  end)

  it("is ignored with a warning where it hides a variable of ours", function()
    for _, name in ipairs {"POSTGRES_PORT", "SYNAPSE_HTTP_PORT", "SYNAPSE_EMAIL_SMTP_PORT", "COTURN_MIN_PORT"} do
      local found = warning(name, "tcp://1.2.3.4:5432")
      assert.equal("looks like a service link set by a container engine and is ignored", found.what)
    end
    local got = read {POSTGRES_PORT = "tcp://1.2.3.4:5432"}
    assert.equal(5432, got.POSTGRES_PORT)
    assert.is_nil(got.sources.POSTGRES_PORT)
  end)

  it("does not hide what the admin says", function()
    local got, problems, warnings = read {POSTGRES_HOST = "pg", POSTGRES_PORT = "6432", SYNAPSE_HTTP_PORT = "9000"}
    assert.same({{}, {}}, {problems, warnings})
    assert.same({6432, 9000}, {got.POSTGRES_PORT, got.SYNAPSE_HTTP_PORT})
    assert.equal(1, #(outcome {POSTGRES_PORT = "1.2.3.4:5432"}))
    assert.equal("is not known and has no effect", warning("SYNAPSE_SOME_PORT", "8008").what)
  end)
end)

describe("names with a meaning of their own", function()
  it("SYNAPSE_CACHE_FACTOR_<CACHE> must be a number", function()
    assert.same({{}, {}}, {outcome {SYNAPSE_CACHE_FACTOR_GET_USERS_IN_ROOM = "2.5"}})
    local problems = outcome {SYNAPSE_CACHE_FACTOR_X = "big"}
    assert.same({{where = "SYNAPSE_CACHE_FACTOR_X", what = 'must be a number of at least 0 (value: "big")',
      hint = "write it as 2 or 0.5"}}, problems)
  end)

  it("SYNAPSE_CONFIG__a__b are options of Synapse, and none of our business", function()
    local _, problems, warnings = fixture.read {SYNAPSE_CONFIG__caches__global_factor = "1",
      SYNAPSE_CONFIG__x_FILE = "/x"}
    assert.same({{}, {}}, {problems, warnings})
  end)

  it("known for later do nothing, with one warning each", function()
    for name in pairs(schema.later) do
      assert.equal("is not acted on by this version", warning(name).what)
      assert.equal("is not acted on by this version", warning(name .. "_FILE").what)
    end
  end)

  it("obsolete by design say why", function()
    for name, reason in pairs(schema.obsolete) do
      assert.equal("has no meaning here: " .. reason, warning(name).what)
    end
  end)
end)

describe("every variable of earlier images", function()
  -- One line per group of the older images' documentation.
  local EARLIER = [[
    SYNAPSE_SERVER_NAME SYNAPSE_REPORT_STATS SYNAPSE_CONFIG_DIR SYNAPSE_CONFIG_PATH SYNAPSE_DATA_DIR UID GID TZ
    SYNAPSE_WORKER
    SYNAPSE_WORKER_TYPES SYNAPSE_USE_EXPERIMENTAL_FORKING_LAUNCHER SYNAPSE_ASYNC_IO_REACTOR SYNAPSE_VERSION_STRING
    SYNAPSE_COMPLEMENT_FORKING_LAUNCHER_ASYNC_IO_REACTOR SYNAPSE_CACHE_FACTOR NOTIFY_SOCKET LD_PRELOAD
    SYNAPSE_HTTP_PORT SYNAPSE_HTTP_FED_PORT SYNAPSE_NO_TLS SYNAPSE_TLS_CERT SYNAPSE_TLS_KEY SYNAPSE_PUBLIC_UNIX_SOCKETS
    SYNAPSE_HTTP_REPLICATION_UNIX_SOCKETS SYNAPSE_METRICS_UNIX_SOCKETS SYNAPSE_USE_UNIX_SOCKET NGINX_LISTEN_UNIX_SOCKET
    SYNAPSE_MANHOLE_MASTER SYNAPSE_MANHOLE_WORKERS SYNAPSE_HTTP_PROXY SYNAPSE_HTTPS_PROXY SYNAPSE_NO_PROXY
    http_proxy https_proxy no_proxy
    POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_HOST POSTGRES_PORT POSTGRES_CP_MIN POSTGRES_CP_MAX
    SYNAPSE_POSTGRES_ENABLE_SYNCHRONOUS_COMMIT SYNAPSE_EVENT_CACHE_SIZE SYNAPSE_CACHES_GLOBAL_FACTOR
    SYNAPSE_MAX_UPLOAD_SIZE
    SYNAPSE_MEDIA_STORE_PATH SYNAPSE_TURN_URIS SYNAPSE_TURN_SECRET SYNAPSE_ENABLE_REGISTRATION SYNAPSE_ALLOW_GUEST
    SYNAPSE_REGISTRATION_SHARED_SECRET SYNAPSE_MACAROON_SECRET_KEY SYNAPSE_FORM_SECRET SYNAPSE_RECAPTCHA_PUBLIC_KEY
    SYNAPSE_RECAPTCHA_PRIVATE_KEY SYNAPSE_SERVE_SERVER_WELLKNOWN SYNAPSE_DEFAULT_IDENTITY_SERVER
    SYNAPSE_URL_PREVIEW_ENABLED
    SYNAPSE_EMAIL SYNAPSE_EMAIL_SMTP_HOST SYNAPSE_EMAIL_SMTP_USER SYNAPSE_EMAIL_SMTP_PASS SYNAPSE_EMAIL_SMTP_PORT
    SYNAPSE_PUBLIC_BASEURL SYNAPSE_APPSERVICES SYNAPSE_AS_REGISTRATION_DIR SYNAPSE_LOG_CONFIG
    SYNAPSE_LOG_LEVEL SYNAPSE_LOG_SENSITIVE SYNAPSE_LOG_TESTING SYNAPSE_WORKERS_WRITE_LOGS_TO_DISK
    SYNAPSE_METRICS SYNAPSE_METRICS_ENABLE_LISTENERS SYNAPSE_METRICS_HTTP_PORT SYNAPSE_ENABLE_METRICS
    SYNAPSE_ENABLE_REDIS_METRIC_EXPORT SYNAPSE_ENABLE_POSTGRES_METRIC_EXPORT PROMETHEUS_INSTANCE_NAME
    PROMETHEUS_SCRAPE_INTERVAL
    PROMETHEUS_STORAGE_RETENTION_TIME PROMETHEUS_REMOTE_WRITE_HTTP_URL PROMETHEUS_REMOTE_WRITE_CAPACITY
    PROMETHEUS_REMOTE_WRITE_MAX_SAMPLES_PER_SEND PROMETHEUS_REMOTE_WRITE_MIN_SHARDS PROMETHEUS_REMOTE_WRITE_MAX_SHARDS
    PROMETHEUS_REMOTE_WRITE_BATCH_SEND_DEADLINE PROMETHEUS_REMOTE_WRITE_MIN_BACKOFF PROMETHEUS_REMOTE_WRITE_MAX_BACKOFF
    PROMETHEUS_REMOTE_WRITE_RETRY_ON_HTTP_429 PROMETHEUS_REMOTE_WRITE_REMOTE_TIMEOUT PROMETHEUS_REMOTE_WRITE_TIMEOUT
    PROMETHEUS_REMOTE_WRITE_SEND_NATIVE_HISTOGRAMS PROMETHEUS_REMOTE_WRITE_SEND_EXEMPLARS
    PROMETHEUS_REMOTE_WRITE_ROUND_ROBIN_DNS PROMETHEUS_REMOTE_WRITE_SAMPLE_AGE_LIMIT
    SYNAPSE_ENABLE_COMPRESSOR SYNAPSE_ENABLE_BUILTIN_COTURN COTURN_MIN_PORT COTURN_MAX_PORT COTURN_METRICS
    COTURN_EXTERNAL_IP
    COTURN_INTERNAL_IP
    NGINX_WORKER_PROCESSES NGINX_WORKER_CONNECTIONS NGINX_GENERAL_PAGE_SIZE_BYTES NGINX_GZIP_COMP_LEVEL
    NGINX_GZIP_HTTP_VERSION
    NGINX_GZIP_MIN_LENGTH NGINX_MAP_HASH_MAX_SIZE NGINX_CLIENT_KEEPALIVE_ENABLE NGINX_CLIENT_KEEPALIVE_TIMEOUT_SECONDS
    NGINX_CLIENT_BODY_BUFFER_SIZE_BYTES NGINX_PROXY_BUFFERING NGINX_PROXY_REQUEST_BUFFERING
    NGINX_PROXY_BUFFERING_DISABLED_PAGE_MULTIPLIER NGINX_PROXY_BUFFER_SIZE_BYTES NGINX_PROXY_BUSY_BUFFERS_SIZE_BYTES
    NGINX_PROXY_TEMP_FILE_WRITE_SIZE_BYTES NGINX_PROXY_READ_TIMEOUT NGINX_UPSTREAM_KEEPALIVE_ENABLE
    NGINX_UPSTREAM_KEEPALIVE_TIMEOUT_SECONDS NGINX_UPSTREAM_KEEPALIVE_CONNECTION_MULTIPLIER
    NGINX_KEEPALIVE_CONNECTION_MULTIPLIER
    NGINX_UPSTREAM_SERVER_MAX_FAILS NGINX_UPSTREAM_SERVER_FAIL_TIMEOUT NGINX_DISABLE_LOGROTATE
    SERVER_NAME SYNAPSE_COMPLEMENT_DATABASE SYNAPSE_COMPLEMENT_USE_WORKERS SYNAPSE_COMPLEMENT_USE_ASYNCIO_REACTOR
    START_POSTGRES
    PGDATA _SYNAPSE_COMPLEMENT_EXTRA_CONFIG_DIR]]

  for name in EARLIER:gmatch("%S+") do
    it(name .. " is known", function()
      assert.is_truthy(schema.owner[name] or schema.later[name] or schema.obsolete[name])
    end)
  end
end)
