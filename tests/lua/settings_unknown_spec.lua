local distance = require "lib.distance"
local fixture = require "settings_fixture"
local report = require "settings.report"
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

describe("the distance of two words up to a limit", function()
  it("is the same as without a limit, and nil above the limit", function()
    local letters, seed = {"a", "b", "c"}, 1
    local function random(below)
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed // 65536 % below
    end
    local function word()
      local made = {}
      for at = 1, random(8) do made[at] = letters[random(3) + 1] end
      return table.concat(made)
    end
    for _ = 1, 20000 do
      local a, b, most = word(), word(), random(4)
      local full = distance.of(a, b)
      assert(distance.within(a, b, most) == (full <= most and full or nil), ("%s/%s/%d"):format(a, b, most))
    end
  end)
end)

describe("a misspelt name", function()
  it("is a problem that suggests the right name", function()
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

  it("under the other prefix, or with one too many, is one too", function()
    assert.equal("SYNAPSE_DATA_DIR", meant "SYNLUA_DATA_DIR")
    assert.equal("SYNLUA_LOG_FORMAT", meant "SYNAPSE_LOG_FORMAT")
    assert.equal("SYNAPSE_DATA_DIR", meant "SYNLUA_DATADIR")
    assert.equal("SYNAPSE_SERVER_NAME", meant "synlua_server_name")
    assert.equal("SYNAPSE_TURN_SECRET_FILE", meant "SYNLUA_TURN_SECRET_FILE")
    assert.equal("POSTGRES_PASSWORD", meant "SYNAPSE_POSTGRES_PASSWORD")
    assert.equal("SYNAPSE_WORKER_TYPES", meant "SYNLUA_SYNAPSE_WORKER_TYPES")
  end)

  it("that has a word more, fewer or elsewhere is a warning that suggests the right name", function()
    for name, right in pairs {SYNAPSE_NAME_SERVER = "SYNAPSE_SERVER_NAME",
      SYNAPSE_SMTP_HOST = "SYNAPSE_EMAIL_SMTP_HOST",
      SYNLUA_RUNTIME_DIR_PATH = "SYNLUA_RUNTIME_DIR", POSTGRES_SERVER_PASSWORD = "POSTGRES_PASSWORD"} do
      assert.equal(("is not known and has no effect; did you mean %s?"):format(right), warning(name).what, name)
    end
  end)

  it("that could be several is none of them", function()
    assert.equal("is not known and has no effect", warning("SYNAPSE_PORT", "8008").what)
  end)

  it("needs to be close: two slips at most, one where the name is short", function()
    for _, name in ipairs {"POSTGRES_IP", "POSTGRES_PASS", "POSTGRES_INITDB_ARGS", "POSTGRES_URL", "NGINX_VERSION",
      "SYNAPSE_SEVER_NMAES", "SYNLUA_X", "SYNAPSE_"} do
      assert.equal("is not known and has no effect", warning(name).what, name)
    end
  end)
end)

describe("an unknown name", function()
  it("with another prefix than ours is ignored", function()
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
  it("is ignored without a warning if the name is not ours", function()
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

  it("is ignored with a warning if it hides a variable of ours", function()
    for _, name in ipairs {"POSTGRES_PORT", "SYNAPSE_HTTP_PORT", "SYNAPSE_EMAIL_SMTP_PORT", "COTURN_MIN_PORT"} do
      local found = warning(name, "tcp://1.2.3.4:5432")
      assert.equal("looks like a service link set by a container engine and is ignored", found.what)
    end
    local got = read {POSTGRES_PORT = "tcp://1.2.3.4:5432"}
    assert.equal(5432, got.POSTGRES_PORT)
    assert.is_nil(got.sources.POSTGRES_PORT)
  end)

  it("does not hide a value of the admin's", function()
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

  it("SYNAPSE_CONFIG__a__b are options of Synapse, and are not checked here", function()
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
  -- What each kind takes; a name with another default is set to it.
  local SAMPLES = {
    boolean = "yes", yes_no = "no", integer = "4", number = "2", port = "4711", size = "10M", duration = "5m",
    path = "/data/x", server_name = "example.org", url = "https://example.org/", host = "example.org",
    string = "x", list = "turn:example.org", workers = "typing", sender = "a@example.org", addresses = "127.0.0.1",
    timespan = "3h", endpoint = "127.0.0.1:9090",
  }

  local function sample(entry) return entry.kind == "word" and entry.words[1] or SAMPLES[entry.kind] end

  local shown = report.format_table(schema, "text")

  for name in io.lines "tests/earlier_variables.txt" do
    if not name:find "^#" then
      local entry = schema.owner[name]
      local is_cache = name:find "^SYNAPSE_CACHE_FACTOR_"

      it(name .. " is accepted, and synlua env shows what it does or why it does nothing", function()
        local value = entry and sample(entry) or is_cache and "2" or "x"
        local problems, warnings = outcome {[name] = assert(value, entry and entry.kind)}
        for _, found in ipairs {problems, warnings} do
          for _, one in ipairs(found) do assert.is_nil(one.what:find("not known", 1, true), name) end
        end
        assert.truthy(is_cache or shown:find("  " .. name .. "%f[^%w_]") or shown:find("Also: [^.]*" .. name), name)
        if not entry and not is_cache then assert.equal(1, #warnings) end
      end)
    end
  end

  it("SYNAPSE_WORKER is refused where it asks for a worker process alone", function()
    local problems = outcome {SYNAPSE_WORKER = "synapse.app.generic_worker"}
    assert.equal("SYNAPSE_WORKER", problems[1].where)
    assert.same({}, (outcome {SYNAPSE_WORKER = "synapse.app.homeserver"}))
  end)
end)

describe("a proxy for Synapse alone", function()
  it("is passed on in both spellings, and replaces values that are set already", function()
    local read_settings = fixture.read {SYNAPSE_HTTP_PROXY = "http://p:1", SYNAPSE_NO_PROXY = "localhost",
      http_proxy = "http://old", HTTPS_PROXY = "http://kept"}
    assert.same({http_proxy = "http://p:1", HTTP_PROXY = "http://p:1", no_proxy = "localhost", NO_PROXY = "localhost",
      HTTPS_PROXY = "http://kept"}, read_settings.inherited)
  end)
end)
