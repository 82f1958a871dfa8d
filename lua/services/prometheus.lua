-- Prometheus, which asks everything here for its metrics, keeps them, and judges them by rules.

local metrics_address = require "plan.metrics.address"
local octal = require "lib.octal"
local slots = require "files.slots"

local prometheus = {api = 2}

-- MB of itself, and for each of Synapse's processes that it asks.
local MEMORY, TARGET = 50, 2

local DIRECTORY = "prometheus" -- below the runtime directory
local TOKEN = "token" -- there: what the metrics address asks for

-- What it says of a configuration with a variable that this version does not know.
local function unknown(name, field, since)
  return {match = "field " .. field .. " not found", where = name,
    what = "is not known to the Prometheus installed here",
    hint = ("unset it, or install Prometheus %s or later"):format(since)}
end

local UNKNOWN = {
  unknown("PROMETHEUS_REMOTE_WRITE_ROUND_ROBIN_DNS", "round_robin_dns", "3.1"),
  unknown("PROMETHEUS_REMOTE_WRITE_SAMPLE_AGE_LIMIT", "sample_age_limit", "2.50"),
}

-- Variables that not every version knows, where they are set.
local function newer(settings)
  return {
    age = settings.PROMETHEUS_REMOTE_WRITE_SAMPLE_AGE_LIMIT ~= "0s"
      and settings.PROMETHEUS_REMOTE_WRITE_SAMPLE_AGE_LIMIT,
    robin = settings.PROMETHEUS_REMOTE_WRITE_ROUND_ROBIN_DNS,
  }
end

-- Where the admin's own rules lie.
local function pieces(view, user)
  return {base = view.paths.runtime, path = DIRECTORY .. "/conf.d", uid = view.users.own.uid, gid = user.gid}
end

local function directories(view, said)
  local own, user, chown = view.users.own, said.user, view.settings.SYNLUA_CHOWN
  local data = said.volume
    and {base = said.data, path = "", mode = octal "0700", uid = user.uid, gid = user.gid,
      adopt = chown ~= false and "empty" or nil, tried = true}
    or {base = view.paths.data, path = said.data:match "[^/]+$", mode = octal "0700", uid = user.uid, gid = user.gid,
      only = user.drop}
  return {data, {base = view.paths.runtime, path = DIRECTORY, mode = octal "0750", uid = own.uid, gid = user.gid},
    table.unpack(slots.directories(view, "prometheus.yml", pieces(view, user)))}
end

local function arguments(view, said, config)
  local settings = view.settings
  local argv = {said.program, "--config.file=" .. config, "--storage.tsdb.path=" .. said.data,
    "--storage.tsdb.retention.time=" .. settings.PROMETHEUS_STORAGE_RETENTION_TIME,
    "--web.listen-address=" .. said.word, "--log.level=warn",
    "--storage.remote.flush-deadline=3s"} -- a stop has less time than its own minute
  if #said.features > 0 then argv[#argv + 1] = "--enable-feature=" .. table.concat(said.features, ",") end
  return argv
end

-- promtool reads the configuration and the rules that it names.
local function trial(view, said, config)
  local more = newer(view.settings)
  return said.promtool and {directory = DIRECTORY, argv = {said.promtool, "check", "config", config}, always = true,
    doubtful = (more.age or more.robin) and true or nil, known = UNKNOWN}
end

-- The URL without user and password: Prometheus and promtool show a URL in their messages.
local function remote_of(settings)
  local url = settings.PROMETHEUS_REMOTE_WRITE_HTTP_URL
  local scheme, login, rest = (url or ""):match "^(https?://)([^/?#]*)@(.*)$"
  if not scheme then return {url = url} end
  local function plain(text)
    return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
  end
  local user, password = login:match "^([^:]*):?(.*)$"
  return {url = scheme .. rest, login = {user = plain(user), password = plain(password)}}
end

---@param view View
---@return table|nil
---@return Problem?
function prometheus.plan(view)
  local said = view.prometheus
  if not said then return end
  local login = remote_of(view.settings).login
  if login and not utf8.len(login.user .. login.password) then
    return nil, {where = view.settings.sources.PROMETHEUS_REMOTE_WRITE_HTTP_URL,
      what = "has a user or a password that is not UTF-8", hint = "choose another one"}
  end
  local user, config = said.user, view.paths.runtime .. "/" .. DIRECTORY .. "/prometheus.yml"
  local function probe(uri) return {kind = "http", address = said.ask.address, port = said.ask.port, uri = uri} end
  return {
    process = {
      argv = arguments(view, said, config), environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"}, cwd = "/",
      uid = user.drop and user.uid, gid = user.drop and user.gid, stop_signal = "TERM", grace_ms = 5000,
      open_files = 8192, oom_score_adj = 200,
    },
    -- Ready once it has read its own log, which after a crash takes a while.
    ready = {probe = probe "/-/ready"}, start_limit_ms = 600000, on_failure = "keep-trying",
    alive = {probe = probe "/-/healthy", every_ms = 60000, timeout_ms = 10000, patience = 6, restart_after = 12},
    metrics = {address = said.ask.address, port = said.ask.port, uri = "/metrics"},
    give_up_after = 5, memory = MEMORY + TARGET * #view.instances,
    listens = said.listens, directories = directories(view, said), trial = trial(view, said, config),
    reaches = {{path = said.program, uid = user.uid, gid = user.gid, program = true, hint = "install prometheus"}},
  }
end

-- The values of the template.
local function values(view, said)
  local settings, made = view.settings, newer(view.settings)
  made.interval, made.targets = settings.PROMETHEUS_SCRAPE_INTERVAL, "http://" .. said.scrapes .. "/targets"
  made.token = said.asks and ("%s/%s/%s"):format(view.paths.runtime, DIRECTORY, TOKEN)
  local remote = remote_of(settings)
  remote.login = remote.login or false
  for _, name in ipairs {"BATCH_SEND_DEADLINE", "CAPACITY", "MAX_BACKOFF", "MAX_SAMPLES_PER_SEND", "MAX_SHARDS",
    "MIN_BACKOFF", "MIN_SHARDS", "REMOTE_TIMEOUT", "RETRY_ON_HTTP_429", "SEND_EXEMPLARS", "SEND_NATIVE_HISTOGRAMS"} do
    remote[name:lower()] = settings["PROMETHEUS_REMOTE_WRITE_" .. name]
  end
  made.remote = remote.url and remote or false
  return made
end

---@param view View
---@param make table see files
---@return table[]
function prometheus.files(view, make)
  local said = view.prometheus
  if not said then return {} end
  local function file(name, bytes, from)
    return {base = view.paths.runtime, path = DIRECTORY .. "/" .. name, mode = octal "0640", uid = view.users.own.uid,
      gid = said.user.gid, bytes = bytes, from = from}
  end
  local text, inside = make.template("prometheus.yml", "yaml", values(view, said), pieces(view, said.user))
  local config = file("prometheus.yml", text)
  config.inside = inside
  config.secret = view.settings.PROMETHEUS_REMOTE_WRITE_HTTP_URL and true or nil -- a URL may hold a password
  local list = {config, file("records.rules", make.text "prometheus_records.rules"),
    file("alerts.rules", make.text "prometheus_alerts.rules")}
  if said.asks then
    list[4] = file(TOKEN, metrics_address.token(view) or "made at the first start")
    list[4].secret = true
  end
  return list
end

return prometheus
