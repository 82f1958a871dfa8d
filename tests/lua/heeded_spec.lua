-- Each variable that somebody sets acts, or a warning names it: with workers and without, beside a homeserver.yaml and
-- without one.

local document = require "lib.document"
local fixture = require "plan_fixture"
local plan = require "plan"
local schema = require "settings.schema"
local settings = require "settings"
local tables = require "lib.tables"

local map, seq = document.map, document.seq

-- Each run makes functions of its own.
local function shown(value) return type(value) == "function" and "function" or tostring(value) end

local function text_of(value) return fixture.text(value, shown) end

-- What is written and run: all results of the plan, and what the files are made of.
local function everything(view)
  local parts = {}
  for _, step in ipairs(plan.STEPS) do
    if step.make then parts[#parts + 1] = text_of(view[step.name]) end
  end
  local function made(...) return text_of {...} end
  for _, service in tables.sorted(view.catalog) do
    local files = service.files and service.files(view, {yaml = made, program = made, text = made, raw = made,
      template = function(_, _, values) return text_of(values) end})
    parts[#parts + 1] = text_of(files)
  end
  return table.concat(parts, "\n")
end

local function run(situation, more)
  local environment = tables.copy(situation.environment or {})
  for name, value in pairs(more or {}) do environment[name] = value end
  local input = fixture.input {environment = environment, homeserver = situation.homeserver, host = {ipv6 = true}}
  if situation.log_config then input.log_config = {path = "/data/log.config", document = map {version = 1}} end
  local read, problems, warnings = settings.read(input)
  if #problems > 0 then return nil, problems[1].where .. problems[1].what end
  local _, faults, told, view = plan.make(read, input, fixture.catalog())
  local texts = {}
  for _, list in ipairs {warnings, faults, told} do
    for _, one in ipairs(list) do texts[#texts + 1] = one.where .. " " .. one.what end
  end
  return #faults == 0 and everything(view) or "", table.concat(texts, "\n")
end

-- What acts before the plan is made, or after.
local ELSEWHERE = {
  SYNLUA_CONTAINER = "it is the default of other variables", SYNAPSE_AS_REGISTRATION_DIR = "it is read for the input",
  SYNLUA_HEALTH_STARTING = "the running instance", SYNLUA_NEW_SIGNING_KEY = "the input of keys",
  SYNLUA_START_CONCURRENCY = "the supervisor", SYNLUA_STOP_TIMEOUT = "the stop",
  SYNLUA_TRUST_OVERRIDES = "the input of overrides", SYNLUA_USER_DIR = "the input of overrides",
  SYNAPSE_SERVER_NAME = "every situation has it",
  SYNLUA_BACKUP_DIR = "a backup", SYNLUA_BACKUP_KEEP = "a backup", SYNLUA_BACKUP_MEDIA = "a backup",
  SYNLUA_BACKUP_BEFORE_UPGRADE = "a start of a newer Synapse", SYNLUA_POSTGRES_DIR = "the input of versions",
  SYNLUA_FORK_SERVER = "without any value it is used where that is worth it",
  SYNLUA_IMMORTAL_HEAP = "a way of the fork server, see fork_spec.lua",
}

local SITUATIONS = {
  ["without a file"] = {}, ["with workers"] = {environment = {SYNAPSE_WORKER_TYPES = "synchrotron"}},
  ["beside a file"] = {log_config = true, homeserver = {server_name = "example.org", report_stats = false,
    log_config = "/data/log.config", database = map {name = "sqlite3", args = map {database = "/data/db"}},
    listeners = seq {map {type = "http", port = 9, resources = seq {map {names = seq {"client", "federation"}}}}}}},
}

local SAMPLES = {
  number = "0.7", port = "4711", path = "/data/x", size = "77M", duration = "7m", host = "far.example.org",
  endpoint = "10.0.0.7:9", cron = "7 7 * * *", levels = "70,7", token = "0123456789abcdef",
  url = "https://elsewhere.example.org/", addresses = "10.0.0.7", workers = "pusher", yes_no = "yes",
}
local OWN = {
  SYNAPSE_TURN_URIS = "turn:turn.example.org", SYNAPSE_REGISTRATIONS_REQUIRE_3PID = "email",
  SYNAPSE_EMAIL_NOTIF_FROM = "me@example.org",
}
local PAIRS = {
  SYNAPSE_TLS_CERT = {SYNAPSE_TLS_KEY = "/key"}, SYNAPSE_TLS_KEY = {SYNAPSE_TLS_CERT = "/cert"},
  SYNAPSE_REDIS_USER = {SYNAPSE_REDIS_PASSWORD = "secret"},
}

-- A value that is not the default.
local function sample(entry)
  local default = entry.default
  if OWN[entry.name] then return OWN[entry.name] end
  if entry.kind == "boolean" then return default == true and "no" or "yes" end
  if entry.kind == "integer" then return tostring((math.tointeger(default) or entry.min or 0) + 1) end
  for _, word in ipairs(entry.words or {}) do
    if word ~= default then return word end
  end
  return SAMPLES[entry.kind] or "text"
end

for where, situation in tables.sorted(SITUATIONS) do
  it("every variable that is set acts or is named " .. where, function()
    local silent, alone = {}, run(situation)
    for _, entry in ipairs(schema.entries) do
      if not ELSEWHERE[entry.name] then
        local beside = PAIRS[entry.name]
        local before, after = beside and run(situation, beside) or alone, tables.copy(beside or {})
        after[entry.name] = sample(entry)
        local made, told = run(situation, after)
        if made == before and not told:find(entry.name, 1, true) then silent[#silent + 1] = entry.name end
      end
    end
    assert.same({}, silent)
  end)
end

describe("a variable without effect", function()
  local function told(environment, more)
    local input = fixture.input {environment = environment, homeserver = more}
    local _, problems, warnings = fixture.run(input)
    assert.same({}, problems)
    local lines = {}
    for at, warning in ipairs(warnings) do lines[at] = warning.where .. ": " .. warning.what end
    return table.concat(lines, "\n")
  end

  it("is told with the reason, all of one reason at once", function()
    local file = {server_name = "example.org", log_config = "/data/log.config"}
    assert.equal("SYNAPSE_LOG_LEVEL, SYNAPSE_LOG_SENSITIVE: no effect on what Synapse logs: /data/homeserver.yaml "
      .. "names a logging configuration", told({SYNAPSE_LOG_LEVEL = "DEBUG", SYNAPSE_LOG_SENSITIVE = "yes"}, file))
    assert.matches("SYNAPSE_LOG_LEVEL: no effect", told({SYNAPSE_LOG_LEVEL = "INFO"}, file), 1, true)
    assert.equal("SYNAPSE_LOG_CONFIG: not used: /data/homeserver.yaml says log_config",
      told({SYNAPSE_LOG_CONFIG = "/data/other"}, file))
    assert.equal("", told {SYNAPSE_LOG_CONFIG = "/data/other", SYNAPSE_LOG_LEVEL = "DEBUG"})
    assert.equal("SYNLUA_LOG_FILE_DAYS, SYNLUA_LOG_FILE_SIZE: no effect without log files",
      told {SYNLUA_LOG_FILE_SIZE = "70M", SYNLUA_LOG_FILE_DAYS = "8"})
    assert.equal("SYNLUA_ACCESS_LOG_TO: no effect without an access log", told {SYNLUA_ACCESS_LOG_TO = "files"})
    assert.equal("", told {SYNLUA_ACCESS_LOG_TO = "files", SYNLUA_ACCESS_LOG = "full", SYNLUA_LOG_FILE_DAYS = "8"})
    assert.equal("SYNAPSE_METRICS_UNIX_SOCKETS: no effect without metrics", told {SYNAPSE_METRICS_UNIX_SOCKETS = "no"})
    assert.equal("", told({SYNAPSE_METRICS_UNIX_SOCKETS = "no"}, {server_name = "example.org", enable_metrics = true}))
    assert.equal("SYNAPSE_MANHOLE_WORKERS: no effect without workers", told {SYNAPSE_MANHOLE_WORKERS = "yes"})
    assert.equal("", told {SYNAPSE_MANHOLE_WORKERS = "no", SYNLUA_LOG_FILE_SIZE = "50M"})
    assert.equal("", told {SYNLUA_INTERNAL_PORTS = "20000", SYNAPSE_MANHOLE_MASTER = "yes"})
  end)
end)
